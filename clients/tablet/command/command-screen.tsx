import { parseCommand } from '../../../server/protocol/command.ts';
import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import type { Stage as StageName } from '../../../server/protocol/stream.ts';
import { Button } from '../../common/page/button.tsx';
import { movedIn } from '../../common/page/moved.ts';
import { Chip, Notice } from '../../common/page/chip.tsx';
import { Icon, type Kind } from '../../common/page/icon.tsx';
import { ColleagueNotice, secondStep } from '../colleague/colleague-notice.tsx';
import { hasMissed, isClosed } from '../colleague/word.ts';
import { useScreenOn } from '../frame/screen-on.ts';
import { deadlineOf, waitsForSecond } from './deadline.ts';
import { DoneScreen } from './done-screen.tsx';
import { ReadBackTable } from './read-back-table.tsx';
import type { Screen } from '../screen.ts';
import { SimulatorLink } from '../set-up/simulator-link.tsx';
import { Stage } from '../frame/stage.tsx';
import type { Run } from '../state.ts';
import { endTexts } from './texts.ts';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { clock, operationSays, refusalSays, span, texts, wholeValue } from '../words.ts';

/** A command on its way, and what became of it. "Done" is said by one of these only, and never early. */
export function CommandScreen({ state, act, run }: Screen & { run: Run }) {
  switch (run.outcome.kind) {
    case 'running':
    case 'awaiting-second':
      return <ProgressScreen state={state} act={act} run={run} />;
    case 'done':
      return <DoneScreen state={state} act={act} run={run} outcome={run.outcome} />;
    default:
      return <EndedScreen state={state} act={act} run={run} />;
  }
}

type Step = StageName | 'signed' | 'second' | 'verified';

function stepsOf(run: Run, who: string): readonly { step: Step; title: string; says: string }[] {
  const { command } = texts.value;
  const middle = ['checked', 'logged', 'granted', 'sent', 'answered', 'verified'] as const;
  return [
    { step: 'signed', title: command.signed(who), says: command.signedSays },
    ...(run.people === 2
      ? [
          {
            step: 'second' as const,
            ...(run.rendering.changes.length > 0
              ? { title: command.second, says: command.secondSays }
              : { title: command.agreed, says: '' }),
            ...secondStep(run.colleague, run.stages.has('second')),
          },
        ]
      : []),
    ...middle.map((step) => ({ step, title: command[step], says: command[`${step}Says`] })),
  ];
}

function ProgressScreen({ state, act, run }: Screen & { run: Run }) {
  const { command } = texts.value;
  const waiting = waitsForSecond(run);
  useScreenOn();
  const said = waiting ? run.colleague : undefined;
  const closed = said !== undefined && isClosed(said);
  const early = !run.stages.has('granted');
  const steps = stepsOf(run, state.person.value?.name ?? '');
  const bar = closed ? (
    <>
      <Button tall onClick={() => act.startChange()}>
        {command.again}
      </Button>
      <Button kind="main" tall focus onClick={act.finish}>
        {command.finish}
      </Button>
    </>
  ) : (
    early && (
      <>
        {waiting && <SimulatorLink state={state} />}
        <Button tall onClick={act.cancel}>
          {command.stop}
        </Button>
      </>
    )
  );
  return (
    <Stage state={state} act={act} bar={bar} side={<Sending run={run} />}>
      <h1 class="aloud">{command.title}</h1>
      <p class="aloud" role="status">
        {steps.find(({ step }) => !run.stages.has(step))?.title}
      </p>
      {said && <ColleagueNotice said={said} />}
      {waiting && !closed && !(said && (hasMissed(said) || said.check === 'primed')) && (
        <Notice kind="busy" title={command.waitTitle}>
          <p>{run.rendering.changes.length > 0 ? command.waitSays : command.waitAgree}</p>
        </Notice>
      )}
      <TroubleNotice state={state} />
      {!closed && <StepList run={run} who={state.person.value?.name ?? ''} now={state.now.value} />}
    </Stage>
  );
}

/** Who is waited for, and how long at most: by the gateway's word, or, for the second person, by the device's own. */
function Waits({ run, now }: { run: Run; now: number }) {
  const { command } = texts.value;
  const waits = waitsForSecond(run) ? { for: 'second' as const, until: deadlineOf(run) } : run.waits;
  if (!waits || waits.for === 'nobody') return null;
  const left = waits.until === undefined ? undefined : waits.until - now;
  return (
    <span class="quiet">
      {command.waitsFor[waits.for]} {left !== undefined && left > 0 && command.atMost(span(left))}
    </span>
  );
}

/** The stages of a command; when nobody knows more, only those up to there. */
function StepList({ run, who, now }: { run: Run; who: string; now?: number }) {
  const steps = stepsOf(run, who);
  const current = steps.findIndex(({ step }) => !run.stages.has(step));
  const stopped = run.outcome.kind === 'unknown';
  return (
    <ol class="progress">
      {(stopped ? steps.slice(0, current + 1) : steps).map(({ step, title, says }, i) => {
        const at = run.stages.get(step);
        const kind: Kind =
          at !== undefined ? 'verified' : i !== current ? 'waiting' : stopped ? 'unknown' : 'busy';
        return (
          <li key={step} aria-current={i === current ? 'step' : undefined}>
            <Icon kind={kind} size={22} />
            <div class="grow">
              {title}
              <p class="small">{says}</p>
            </div>
            {at !== undefined && <time class="quiet">{clock(at)}</time>}
            {kind === 'busy' && now !== undefined && <Waits run={run} now={now} />}
          </li>
        );
      })}
    </ol>
  );
}

/** What is being sent, all the time that it is on its way; and what was asked, once it has ended. */
function Sending({ run }: { run: Run }) {
  const { command } = texts.value;
  const { kind } = run.outcome;
  const closed = run.colleague !== undefined && isClosed(run.colleague);
  const open = !closed && (kind === 'running' || kind === 'awaiting-second' || kind === 'unknown');
  return (
    <>
      <h2>{open ? command.sending : command.wasAsked}</h2>
      <SentLines run={run} />
      <h3>{command.words}</h3>
      <p class="words">{run.rendering.words}</p>
      {open && kind === 'awaiting-second' && run.colleague?.check !== 'primed' && (
        <p class="small">{command.waitWords}</p>
      )}
      {open && (
        <>
          <Chip kind="unknown">{command.lost}</Chip>
          <p>{command.lostSays}</p>
          <p>
            <b>{command.notYet}</b>
          </p>
        </>
      )}
    </>
  );
}

function SentLines({ run }: { run: Run }) {
  if (run.rendering.changes.length === 0)
    return <p>{operationSays(run.draft.operation, run.rendering.title, run.reading.attestation.mode)}</p>;
  const { settings } = run.reading.attestation;
  const { changes } = parseCommand(run.bytes);
  return (
    <ul>
      {run.reading.profile.parameters.map((of) => {
        const value = changes.get(of.code);
        return (
          value !== undefined && (
            <li key={of.code}>
              {of.name} {wholeValue(of, settings.get(of.code) ?? 0)} → <b>{wholeValue(of, value)}</b>
            </li>
          )
        );
      })}
    </ul>
  );
}

/** Refusals of a command that was right and came too late: the same one may be signed over a newer reading. */
const LATE: readonly RefusalCode[] = ['E_NONCE', 'E_COUNTER', 'E_APPROVAL_STALE', 'E_GRANT_EXPIRED'];

/** Every end that is not "Done": refused, unknown, another value, or not proven. */
function EndedScreen({ state, act, run }: Screen & { run: Run }) {
  const { command } = texts.value;
  const { outcome } = run;
  const unknown = outcome.kind === 'unknown';
  const late = outcome.kind === 'refused' && LATE.includes(outcome.code);
  const over = outcome.kind === 'refused' && outcome.code === 'E_DRAFT';
  const t = endTexts.value;
  const beginAgain = (): void => {
    act.compareAgain();
    void act.readAgain();
  };
  const signAgain = (): void => {
    act.compareAgain();
    void act.openSigning();
  };
  const bar = unknown ? (
    <Button kind="main" tall focus onClick={act.resolve}>
      {command.ask}
    </Button>
  ) : (
    <>
      {outcome.kind === 'refused' && !over && (
        <Button tall onClick={() => act.startChange()}>
          {command.again}
        </Button>
      )}
      {late || over ? (
        <>
          <Button tall onClick={act.finish}>
            {command.finish}
          </Button>
          <Button kind="main" tall focus onClick={over ? beginAgain : signAgain}>
            {over ? t.begin : command.signAgain}
          </Button>
        </>
      ) : (
        <Button kind="main" tall focus onClick={act.finish}>
          {command.finish}
        </Button>
      )}
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar} side={<Sending run={run} />}>
      <div class="stop">
        {over && (
          <Notice kind="caution" loud level="h1" title={t.over}>
            <p>
              {outcome.device === 'unchanged' && t.overSays} {command.device[outcome.device]}
            </p>
          </Notice>
        )}
        {outcome.kind === 'refused' && !over && (
          <Notice kind="blocked" loud level="h1" title={command.refusedTitle}>
            <p>
              {command.device[outcome.device]} {outcome.receipt && command.deviceSaid}
            </p>
            <p>{refusalSays(outcome.code)}</p>
          </Notice>
        )}
        {unknown && (
          <Notice kind="unknown" loud level="h1" title={command.unknownTitle}>
            <p>{command.unknownSays}</p>
            {run.reading.transport === 'nfc' && <p>{command.unknownHold}</p>}
          </Notice>
        )}
        {unknown && <StepList run={run} who={state.person.value?.name ?? ''} />}
        {outcome.kind === 'differs' && (
          <Notice kind="blocked" loud level="h1" title={command.differsTitle}>
            <p>{command.differsSays}</p>
          </Notice>
        )}
        {outcome.kind === 'differs' && (
          <ReadBackTable
            moved={movedIn(
              run.reading.profile,
              run.reading.attestation.settings,
              parseCommand(run.bytes).changes,
              { before: run.reading.attestation.settings, readBack: outcome.readBack },
            )}
          />
        )}
        {outcome.kind === 'unverified' && (
          <Notice kind="blocked" loud level="h1" title={command.unverifiedTitle}>
            <p>{command.unverifiedSays}</p>
            <p>{texts.value.trouble.code(outcome.code)}</p>
          </Notice>
        )}
        <TroubleNotice state={state} />
      </div>
    </Stage>
  );
}
