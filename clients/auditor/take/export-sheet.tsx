import { useState } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import type { Screen } from '../screen.ts';
import { offsetText } from '../frame/times.ts';
import { grouped, texts } from '../words.ts';

const FORMATS = ['csv', 'jsonl', 'fhir'] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** The rows of the list as a file: how many, how masked, in which times; and how far it is. */
export function ExportSheet({ state, act }: Screen) {
  const { exportSheet: t, bundleSheet } = texts.value;
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [names, setNames] = useState(false);
  const found = state.found.value;
  const run = state.export.value;
  const total = typeof found === 'object' ? found.total : 0;
  return (
    <section class="dialog wide" role="dialog" aria-labelledby="export-title">
      <h2 id="export-title">{t.title}</h2>
      <p>{t.says(grouped(total), offsetText(Date.now()))}</p>
      <div>
        {FORMATS.map((one) => (
          <label key={one} class="choice">
            <input type="radio" name="format" checked={format === one} onChange={() => setFormat(one)} />
            {t.formats[one]}
          </label>
        ))}
      </div>
      <div>
        {[false, true].map((shown) => (
          <label key={String(shown)} class="choice">
            <input
              type="radio"
              name="export-names"
              checked={names === shown}
              onChange={() => setNames(shown)}
            />
            {shown ? bundleSheet.named : bundleSheet.masked}
          </label>
        ))}
      </div>
      {run !== undefined && (
        <p role="status">
          {run.state === 'running' && t.running(grouped(run.bytes))}
          {run.state === 'done' && t.done(grouped(run.rows), grouped(run.bytes))}
          {run.state === 'broken' && t.broken(grouped(run.bytes))}
        </p>
      )}
      <div class="row">
        <Button kind="main" onClick={() => act.export(format, names)} off={total === 0 ? t.empty : undefined}>
          {t.make}
        </Button>
        <Button onClick={act.closeExport}>{bundleSheet.close}</Button>
      </div>
    </section>
  );
}
