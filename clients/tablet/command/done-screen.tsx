import { OPERATION, parseCommand } from '../../../server/protocol/command.ts';
import type { Receipt } from '../../../server/protocol/receipt.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { Icon } from '../../common/page/icon.tsx';
import { type Moved, movedIn } from '../../common/page/moved.ts';
import { SecondPerson } from '../colleague/colleague-notice.tsx';
import { StillSafe } from '../review/still-safe-notice.tsx';
import { ReadBackTable, type TherapyRow } from './read-back-table.tsx';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import type { Run } from '../state.ts';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { clock, dayOf, modeSays, operationDone, operationSays, texts, wholeValue } from '../words.ts';

/** What the device does now, by its own word: shown when the tablet has verified receipt, read-back and log. */
export function DoneScreen({
  state,
  act,
  run,
  outcome,
}: Screen & { run: Run; outcome: Extract<Run['outcome'], { kind: 'done' }> }) {
  const { command } = texts.value;
  const { receipt } = outcome;
  const { changes } = parseCommand(run.bytes);
  const rows = run.reading.profile.parameters.filter(({ code }) => changes.has(code));
  const what = rows
    .map((of) => `${of.name} ${wholeValue(of, receipt.readBack.get(of.code) ?? 0)}`)
    .join('; '); // a name of a setting may hold a comma
  const back = [...(run.draft.back ?? [])].some(([code, value]) => receipt.readBack.get(code) !== value);
  const bar = (
    <>
      {rows.length > 0 && (
        <Button tall onClick={act.undo}>
          {command.undo}
        </Button>
      )}
      <Button
        tall
        onClick={() => {
          print();
          state.report.value = 'printed';
        }}
      >
        {command.print}
      </Button>
      <Button tall onClick={() => act.go('end')}>
        {texts.value.overview.end}
      </Button>
      <Button {...(back ? {} : ({ kind: 'main', focus: true } as const))} tall onClick={act.finish}>
        {command.finish}
      </Button>
      {back && (
        <Button kind="main" tall focus onClick={act.undo}>
          {command.setBack}
        </Button>
      )}
    </>
  );
  const checks = [command.checkReceipt, command.checkReadBack, command.checkLog];
  return (
    <Stage
      state={state}
      act={act}
      bar={bar}
      side={
        <>
          <h2>{command.checks}</h2>
          <ul class="checks">
            {checks.map((says) => (
              <li key={says}>
                <Icon kind="verified" />
                {says}
              </li>
            ))}
          </ul>
          <p>
            {command.receipt} <b>{receipt.number}</b>
          </p>
          <p>
            {command.index} <b>{outcome.index}</b>
          </p>
          <SecondPerson said={run.colleague} />
          <h3>{command.words}</h3>
          <p class="words">{run.rendering.words}</p>
        </>
      }
    >
      <Notice kind="verified" level="h1" title={command.doneTitle}>
        <p>
          {rows.length > 0
            ? command.doneSays(what)
            : operationDone(run.draft.operation, run.rendering.title, run.reading.attestation.mode)}
        </p>
      </Notice>
      <p class="printed">
        {command.printed(
          dayOf(state.now.value),
          clock(state.now.value),
          state.person.value?.name ?? '',
          state.site.value,
        )}
      </p>
      <StillSafe state={state} />
      {outcome.modified && <Notice kind="caution" title={command.modified} />}
      <TroubleNotice state={state} />
      <ReadBackTable moved={movedBy(run, changes, receipt)} therapy={therapyOf(run)} />
      {rows.length > 0 && <p class="undo-says">{command.undoSays}</p>}
    </Stage>
  );
}

/** What was asked and what moved with it; of a command about therapy, also the settings that it goes on with. */
function movedBy(
  { reading, draft }: Run,
  changes: ReadonlyMap<number, number>,
  receipt: Receipt,
): readonly Moved[] {
  const { profile, attestation } = reading;
  const moved = movedIn(profile, attestation.settings, changes, receipt);
  if (draft.operation !== OPERATION.resume) return moved;
  const others = profile.parameters.filter(
    ({ code }) => profile.safeState.has(code) && !moved.some(({ of }) => of.code === code),
  );
  const stayed = others.map((of): Moved => ({
    of,
    before: receipt.before.get(of.code),
    asked: undefined,
    after: receipt.readBack.get(of.code),
  }));
  return [...moved, ...stayed];
}

function therapyOf({ reading, draft, rendering }: Run): TherapyRow | undefined {
  if (draft.operation === OPERATION.program) return undefined;
  const { mode } = reading.attestation;
  return { before: modeSays(mode), asked: operationSays(draft.operation, rendering.title, mode) };
}
