import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { codeNamed } from '../../server/protocol/refusal.ts';
import { Button } from '../common/page/button.tsx';
import { Chip, Notice } from '../common/page/chip.tsx';
import { Icon, type Kind } from '../common/page/icon.tsx';
import type { PastEvent } from './history/prove.ts';
import { EntryProof } from './history/entry-proof.tsx';
import { proofTexts } from './history/texts.ts';
import type { Screen } from './screen.ts';
import { Stage } from './stage.tsx';
import type { HistoryRow } from './state.ts';
import { TroubleNotice } from './trouble-notice.tsx';
import { clock, dayOf, texts } from './words.ts';

/** What was done to this device, newest first. */
export function HistoryScreen({ state, act }: Screen) {
  const { history } = texts.value;
  const rows = state.history.value;
  const events = useSignal<readonly PastEvent[] | 'failed'>([]);
  const readAll = (): void => {
    void act.readHistory();
    const device = state.wanted.value;
    if (device === undefined) return;
    state.past.value?.events(device).then(
      (found) => void (events.value = found),
      () => void (events.value = 'failed'),
    );
  };
  useEffect(readAll, [state.past.value]);
  const known = events.value === 'failed' ? [] : events.value;
  const bar = (
    <Button tall onClick={readAll}>
      {history.refresh}
    </Button>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <h1>{history.title}</h1>
      {rows === 'loading' ? (
        <p role="status">{history.loading}</p>
      ) : rows === 'failed' ? (
        <Notice kind="blocked" loud title={history.failed} />
      ) : rows.length + known.length === 0 ? (
        <Notice kind="unknown" title={history.none} />
      ) : (
        <ul class="list history">
          {[
            ...rows.map((row) => ({
              at: row.updated,
              line: <HistoryLine key={row.hash} state={state} row={row} />,
            })),
            ...known.map((event) => ({
              at: event.time,
              line: <EventLine key={event.index} event={event} />,
            })),
          ]
            .toSorted((a, b) => b.at - a.at)
            .map(({ line }) => line)}
        </ul>
      )}
      {events.value === 'failed' && <p class="small">{proofTexts.value.part}</p>}
    </Stage>
  );
}

/** What happened beside commands: an alarm, a refusal, an emergency, a device let in or shut out. */
function EventLine({ event }: { event: PastEvent }) {
  const t = proofTexts.value;
  const { type, code, result, people, time } = event;
  const what = type === 'enrolment' && result === 0 ? t.events.off : t.events[type];
  const known = code === undefined ? undefined : codeNamed(code);
  const names = people.flatMap(({ name }) => name ?? []).join(', ');
  return (
    <li class="row">
      <time class="quiet">
        {dayOf(time)} {clock(time)}
      </time>
      <Chip kind={type === 'refused' ? 'blocked' : type === 'enrolment' ? 'verified' : 'caution'}>
        {what}
      </Chip>
      <span class="grow quiet">
        {[names, known && texts.value.refusal.says(known), code].filter(Boolean).join(' · ')}
      </span>
      <span class="mono small">{t.place(String(event.index))}</span>
    </li>
  );
}

const KINDS: Readonly<Record<string, Kind>> = {
  applied: 'verified',
  'applied-modified': 'caution',
  refused: 'blocked',
  unknown: 'unknown',
  lost: 'unknown',
};

function HistoryLine({ state, row }: Pick<Screen, 'state'> & { row: HistoryRow }) {
  const device = state.reading.value?.identity;
  const past = state.past.value;
  const { history, trouble } = texts.value;
  const says: Readonly<Record<string, string>> = history.states;
  return (
    <li class="row">
      <time class="quiet">
        {dayOf(row.updated)} {clock(row.updated)}
      </time>
      <Chip kind={KINDS[row.state] ?? 'busy'}>{says[row.state] ?? row.state}</Chip>
      <span class="grow quiet">
        {row.tier === 2 ? history.two : history.one}
        {row.code !== undefined && ` · ${trouble.code(row.code)}`}
      </span>
      <span class="mono small">{row.hash.slice(0, 12)}</span>
      {device && past && <EntryProof prove={() => past.prove(row.hash, device)} />}
    </li>
  );
}

/** What is left before this tablet forgets everybody. */
export function EndScreen({ state, act }: Screen) {
  const { end, change } = texts.value;
  const elsewhere = state.elsewhere.value;
  const open = state.busy.value || state.unknown.value;
  const draft = (state.draft.value?.changes.size ?? 0) > 0 && !state.run.value;
  const bar = (
    <>
      <Button tall onClick={() => act.go(state.patient.value ? 'devices' : 'patients')}>
        {end.back}
      </Button>
      <Button
        kind="main"
        tall
        onClick={act.endSession}
        off={state.busy.value ? change.needOutcome : undefined}
      >
        {end.end}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="centre">
        <h1>{end.title}</h1>
        <ul class="checks">
          <li>
            <Icon kind={open ? 'unknown' : 'verified'} size={24} />
            {open ? end.unknown : end.noUnknown}
          </li>
          <li>
            <Icon kind={draft ? 'caution' : 'verified'} size={24} />
            {draft ? end.draft : end.noDraft}
          </li>
        </ul>
        <p>{end.lead}</p>
        {elsewhere && <elsewhere.Section state={state} act={act} />}
        <TroubleNotice state={state} />
      </div>
    </Stage>
  );
}
