import { hex, unbase64url } from '../../../server/protocol/encoding/bytes.ts';
import { parseEntry } from '../../../server/protocol/log/entry.ts';
import { Button } from '../../common/page/button.tsx';
import { Chip } from '../../common/page/chip.tsx';
import { language } from '../../common/page/texts.ts';
import { BundleSheet } from '../take/bundle-sheet.tsx';
import { MaskPanel } from '../people/mask-panel.tsx';
import { NotesPanel } from './notes-panel.tsx';
import type { Proof } from './proof.ts';
import { ProofPanel, VerdictChip } from './proof-panel.tsx';
import { ReviewedPanel } from './reviewed-panel.tsx';
import type { Screen } from '../screen.ts';
import type { Opened } from '../state.ts';
import type { LoggedEntry } from '../wire.ts';
import { clockMs, dayAndClock, offsetText } from '../frame/times.ts';
import { entryInGerman } from '../texts/entries-de.ts';
import { actionWord, deviceName, operationWord, personName, riskWord, shortHash, texts } from '../words.ts';

/** One command: who, what, where; before, asked, after; two lanes of time; nine checks; the exact bytes. */
export function StoryPanel({ state, act }: Screen) {
  const { story: t } = texts.value;
  const opened = state.opened.value;
  if (!opened) return <p class="note quiet">{state.chosen.value === undefined ? t.choose : t.loading}</p>;
  const { story, proof } = opened;
  const { command } = story;
  return (
    <article>
      <header class="story-head">
        <h1>{command === undefined ? t.entryTitle(String(story.id)) : t.title(shortHash(command))}</h1>
        {command !== undefined && <VerdictChip proof={proof} />}
        <span class="grow" />
        {command !== undefined && (
          <div class="row">
            <Button onClick={() => navigator.clipboard.writeText(command).catch(() => undefined)}>
              {t.copy}
            </Button>
            <Button onClick={act.verify}>{t.verify}</Button>
            <Button onClick={() => void (state.exporting.value = true)}>{t.bundle}</Button>
          </div>
        )}
      </header>
      {state.exporting.value && command !== undefined && <BundleSheet state={state} act={act} />}
      <Facts state={state} opened={opened} />
      <MaskPanel key={story.id} state={state} act={act} opened={opened} />
      <ReviewedPanel opened={opened} />
      {typeof proof === 'object' && <Values proof={proof} />}
      <Timeline opened={opened} />
      {command !== undefined && <ProofPanel proof={proof} />}
      {command !== undefined && <NotesPanel key={command} state={state} act={act} />}
      <Bytes state={state} opened={opened} />
    </article>
  );
}

function Facts({ state, opened: { story, proof } }: Pick<Screen, 'state'> & { opened: Opened }) {
  const { story: t, filters } = texts.value;
  const known = typeof proof === 'object' ? proof : undefined;
  const second = story.people[1];
  const facts: readonly (readonly [string, string])[] = [
    [t.patient, patientWord(state, story.patient)],
    [t.device, `${deviceName(state, story.device)}${known?.model === undefined ? '' : ` · ${known.model}`}`],
    [t.who, story.people.length === 0 ? '–' : personName(story.people[0])],
    [t.second, second ? `${personName(second)} · ${secondWord(story.second, known?.asked)}` : t.one],
    [t.place, story.place ?? (story.link === 2 ? filters.nfc : story.link === 1 ? filters.network : '–')],
    [
      t.action,
      known?.operation === undefined ? actionWord(story.action) : operationWord(known.operation, known.mode),
    ],
    [t.time, `${dayAndClock(story.time)} ${offsetText(story.time)}`],
    [t.risk, riskWord(story.tier)],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {known?.words !== undefined && (
        <div class="whole">
          <dt>{t.words}</dt>
          <dd class="mono" lang="en">
            {known.words}
          </dd>
        </div>
      )}
    </dl>
  );
}

function patientWord({ shown }: Screen['state'], patient: string | undefined): string {
  const { story: t } = texts.value;
  if (patient === undefined) return '–';
  return shown.value?.patient === patient ? t.unmasked(patient) : t.masked(patient);
}

/** @param asked how many settings the command names, where its bytes are known */
function secondWord(second: string, asked: number | undefined): string {
  const { filters, story: t } = texts.value;
  if (second === 'blind' && asked === 0) return t.agreed;
  const words: Readonly<Record<string, string>> = {
    blind: filters.blind,
    differs: filters.differs,
    primed: filters.primed,
  };
  return words[second] ?? filters.none;
}

function Values({ proof }: { proof: Proof }) {
  const { story: t } = texts.value;
  return (
    <>
      <h2>{t.values}</h2>
      {proof.settings.length === 0 ? (
        <p class="quiet">{t.noValues}</p>
      ) : (
        <table class="table" lang="en">
          <thead>
            <tr>
              <th scope="col">{t.setting}</th>
              <th scope="col">{t.before}</th>
              <th scope="col">{t.asked}</th>
              <th scope="col">{t.after}</th>
            </tr>
          </thead>
          <tbody>
            {proof.settings.map(({ code, name, before, asked, after, differs }) => (
              <tr key={code}>
                <th scope="row">{name}</th>
                <td class="unbroken">{before}</td>
                <td class="unbroken">{asked}</td>
                <td>
                  <span class="unbroken">{after}</span> {differs && <Chip kind="blocked">{t.differs}</Chip>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** Entries that may tell of a receipt. */
const ANSWERED: ReadonlySet<string> = new Set(['outcome', 'emergency']);

/** The gateway's entries, and beside each what the device itself signed: joined by command and receipt number. */
function Timeline({ opened: { entries, proof, story } }: { opened: Opened }) {
  const { story: t } = texts.value;
  const device = typeof proof === 'object' ? proof.device : undefined;
  const beside = ({ kind, bytes }: LoggedEntry): string => {
    if (kind === 'intent' && device) return t.nonce(hex(device.nonce).slice(0, 8), String(device.counter));
    if (!device || !ANSWERED.has(kind)) return '';
    // A command that was refused and sent again has two ends; the device answered where its number is named.
    const { number } = parseEntry(unbase64url(bytes));
    if (device.receipt === undefined || number !== device.receipt) return t.noReceipt;
    const results: Readonly<Record<string, string>> = t.results;
    const { result = '', code } = device;
    const said = [results[result] ?? result, code].filter(Boolean).join(' ');
    return t.receipt(String(device.receipt), said, String(device.receiptCounter));
  };
  return (
    <>
      <h2>{t.timeline}</h2>
      <table class="table timeline">
        <thead>
          <tr>
            <th scope="col">{t.when(offsetText(story.time))}</th>
            <th scope="col">{t.gateway}</th>
            <th scope="col">{t.deviceLog}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => {
            const { index, time, bytes, says } = entry;
            const german = language.value === 'de' ? entryInGerman(bytes) : undefined;
            return (
              <tr key={index}>
                <td class="mono">{clockMs(time)}</td>
                <td>
                  {german ?? <span lang="en">{says}</span>} <span class="small">#{index}</span>
                </td>
                <td>{beside(entry)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}

/** What everything above was read from. */
function Bytes({ state, opened: { story, entries, proof } }: Pick<Screen, 'state'> & { opened: Opened }) {
  const { story: t } = texts.value;
  const bytes = typeof proof === 'object' ? proof.bytes : undefined;
  return (
    <>
      <Button onClick={() => void (state.raw.value = !state.raw.value)}>
        {state.raw.value ? t.hideBytes : t.showBytes}
      </Button>
      {state.raw.value && (
        <dl class="bytes">
          {story.command !== undefined && (
            <>
              <dt>{t.hash}</dt>
              <dd class="mono">{story.command}</dd>
            </>
          )}
          {bytes && (
            <>
              <dt>{t.commandBytes}</dt>
              <dd class="mono">{hex(bytes)}</dd>
            </>
          )}
          {entries.map(({ index, bytes }) => (
            <div key={index}>
              <dt>{t.entryBytes(String(index))}</dt>
              <dd class="mono">{hex(unbase64url(bytes))}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
