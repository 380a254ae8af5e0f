import { useState } from 'preact/hooks';
import { type Bytes, hex } from '../../server/protocol/bytes.ts';
import { isoTime } from '../../server/protocol/evidence-checks.ts';
import type { BundleReport } from '../../server/protocol/verify/bundle.ts';
import { tellEntry } from '../../server/protocol/verify/tell.ts';
import { Button } from '../common/page/button.tsx';
import { CheckList } from '../common/page/checks.tsx';
import { texts } from './words.ts';

/** Entries a page shows; the program has all of them. */
const MAX_SHOWN = 200;

/** Nine checks, the story of each command, what is proven, and the entries with their bytes one level down. */
export function ReportView({ report, raw }: { report: BundleReport; raw: ReadonlyMap<number, Bytes> }) {
  const t = texts.value;
  const [bytes, setBytes] = useState(false);
  const { checks, commands, proves, entries } = report;
  return (
    <>
      <h2>{t.checks}</h2>
      <CheckList checks={checks} />
      {commands.length > 0 && <h2>{t.commands}</h2>}
      {commands.map(({ hash, verdict, story, checks: own }) => (
        <section key={hash} class="panel">
          {hash !== '' && <h3 class="mono">{t.command(hash.slice(0, 16))}</h3>}
          <ul lang="en">
            {story.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          {commands.length > 1 && verdict !== 'VERIFIED' && <CheckList checks={own} />}
        </section>
      ))}
      {proves.length > 0 && (
        <>
          <h2>{t.proves}</h2>
          <ul class="proves" lang="en">
            {proves.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
      {entries.length > 0 && (
        <>
          <div class="row">
            <h2>{t.entries(String(entries.length))}</h2>
            <Button onClick={() => setBytes(!bytes)}>{bytes ? t.hideBytes : t.showBytes}</Button>
          </div>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.entry}</th>
                <th scope="col">{t.time}</th>
                <th scope="col">{t.says}</th>
              </tr>
            </thead>
            <tbody>
              {entries.slice(0, MAX_SHOWN).map(({ index, entry }) => (
                <tr key={index}>
                  <td>{index}</td>
                  <td>{isoTime(Math.floor(entry.time / 1000))}</td>
                  <td lang="en">
                    {tellEntry(entry)}
                    {bytes && <div class="mono found">{hex(raw.get(index) ?? new Uint8Array())}</div>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {entries.length > MAX_SHOWN && <p class="quiet">{t.more(String(entries.length - MAX_SHOWN))}</p>}
        </>
      )}
    </>
  );
}
