import { useEffect } from 'preact/hooks';
import { Button } from '../common/page/button.tsx';
import { Chip, Notice } from '../common/page/chip.tsx';
import { Icon, type Kind } from '../common/page/icon.tsx';
import { EntryProof } from './history/entry-proof.tsx';
import type { Screen } from './screen.ts';
import { Stage } from './stage.tsx';
import type { HistoryRow } from './state.ts';
import { TroubleNotice } from './trouble-notice.tsx';
import { clock, dayOf, texts } from './words.ts';

/** What was done to this device, newest first. */
export function HistoryScreen({ state, act }: Screen) {
  const { history } = texts.value;
  const rows = state.history.value;
  useEffect(() => void act.readHistory(), []);
  const bar = (
    <Button tall onClick={act.readHistory}>
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
      ) : rows.length === 0 ? (
        <Notice kind="unknown" title={history.none} />
      ) : (
        <ul class="list history">
          {rows.map((row) => (
            <HistoryLine key={row.hash} state={state} row={row} />
          ))}
        </ul>
      )}
    </Stage>
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
  const prove = state.prove.value;
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
      {device && prove && <EntryProof prove={() => prove(row.hash, device)} />}
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
