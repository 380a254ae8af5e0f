import { useSignal } from '@preact/signals';
import type { Mode } from '../../../server/protocol/attestation.ts';
import { useEffect } from 'preact/hooks';
import { OPERATION } from '../../../server/protocol/command.ts';
import { Button } from '../../common/page/button.tsx';
import { Chip, Notice } from '../../common/page/chip.tsx';
import { Blocked } from '../device/blocked.tsx';
import { blockedBy, blockedSays, goesOn } from '../device/blocks.ts';
import { cautionsOf } from '../cautions/cautions.ts';
import { Cautions, PacingNotice } from '../cautions/caution-parts.tsx';
import { cautionTexts } from '../cautions/texts.ts';
import { brokenRule, type Draft, limitsNow, peopleFor, type Row, rowsOf, timeToSign } from './draft.ts';
import type { Reading } from '../device/reading.ts';
import { withRange } from '../site/range.ts';
import { siteTexts } from '../site/texts.ts';
import { SafeModeEnd } from '../review/safe-mode-end.tsx';
import type { Screen } from '../screen.ts';
import { rangeOf } from '../device/settings-screen.tsx';
import { Stage } from '../frame/stage.tsx';
import type { State } from '../state.ts';
import { TimeLeft } from './time-left.tsx';
import { ReaderOther } from '../tap/tap-screen.tsx';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { tapTexts } from '../tap/texts.ts';
import { Value } from '../frame/value.tsx';
import type { COMMAND_EN } from '../texts/command-en.ts';
import { clock, operationMeans, operationSays, texts } from '../words.ts';

/** As many rows as fit without scrolling. */
const SHOWN = 5;

/** Old beside new, what changes first; who has to sign, and why. */
export function ChangeScreen({ state, act, reading }: Screen & { reading: Reading }) {
  const { change } = texts.value;
  const all = useSignal(false);
  const draft = state.draft.value;
  const stopped = state.stopped.value;
  useEffect(() => stopped?.follow(), [stopped]);
  const picks = draft?.operation === OPERATION.program;
  if (!draft || (picks && draft.changes.size === 0)) {
    const bar = (
      <Button kind="main" tall focus off={blockedSays(state, reading)} onClick={() => act.startChange()}>
        {change.pick}
      </Button>
    );
    return (
      <Stage state={state} act={act} bar={bar}>
        <Blocked state={state} act={act} reading={reading} />
        <div class="centre">
          <h1>{change.none}</h1>
          {blockedBy(state, reading) === undefined && <p>{change.noneSays}</p>}
        </div>
      </Stage>
    );
  }
  const { mode } = reading.attestation;
  const rows = rowsOf(reading, draft);
  const changed = rows.filter((row) => row.changed);
  const cautions = cautionsOf(reading, draft);
  const shown = all.value ? rows : rows.slice(0, Math.max(SHOWN - cautions.length, changed.length));
  const why = cannotSign(state, reading, draft, changed);
  const count = change.changes(String(Math.max(1, changed.length)));
  const bar = (
    <>
      <Button tall onClick={act.discard}>
        {change.discard}
      </Button>
      {picks && (
        <Button tall onClick={() => act.go('settings')}>
          {change.edit}
        </Button>
      )}
      <Button kind="main" tall focus off={why} onClick={act.openSigning}>
        {picks ? change.sign(count) : change.signIt}
      </Button>
    </>
  );
  return (
    <Stage
      state={state}
      act={act}
      bar={bar}
      side={<Side state={state} act={act} reading={reading} draft={draft} />}
    >
      <div class="heading">
        <h1>
          {picks
            ? change.title(String(changed.length), String(rows.length))
            : operationSays(draft.operation, '', mode)}
        </h1>
        <span class="quiet">{change.read(clock(reading.at))}</span>
      </div>
      <TroubleNotice state={state} />
      <ReaderOther state={state} />
      {(picks || reading.review !== undefined) && <Blocked state={state} act={act} reading={reading} />}
      {changed.some(({ moved }) => moved) && <Notice kind="caution" title={change.movedSays} />}
      {isStopped(state, reading, draft) && <Notice kind="blocked" loud title={cautionTexts.value.stopped} />}
      {draft.limits !== limitsNow(reading) && <Notice kind="blocked" title={siteTexts.value.limits} />}
      <Cautions of={cautions} />
      {picks ? (
        <>
          <ChangeTable reading={reading} rows={shown} />
          {rows.length > shown.length || all.value ? (
            <Button wide onClick={() => void (all.value = !all.value)}>
              {all.value ? change.hide : change.showAll(String(rows.length - changed.length))}
            </Button>
          ) : null}
        </>
      ) : draft.operation === OPERATION.resume && mode === 'safe-mode' ? (
        <SafeModeEnd state={state} act={act} reading={reading} draft={draft} />
      ) : (
        <Notice kind="caution" title={operationMeans(draft.operation, mode)}>
          {draft.operation === OPERATION.stop && <PacingNotice of={reading} />}
        </Notice>
      )}
    </Stage>
  );
}

/** Why the draft cannot be signed now; undefined when it can. */
function cannotSign(
  state: State,
  reading: Reading,
  draft: Draft,
  changed: readonly Row[],
): string | undefined {
  const { change } = texts.value;
  if (state.link.value.kind === 'away') return change.needLink;
  if (isStopped(state, reading, draft)) return cautionTexts.value.noCommands;
  if (draft.limits !== limitsNow(reading)) return cautionTexts.value.otherLimits;
  if (reading.transport === 'nfc' && state.tap.value?.phase === 'two') return tapTexts.value.two;
  if (!goesOn(blockedBy(state, reading), draft.operation)) return blockedSays(state, reading);
  if (changed.some(({ moved }) => moved)) return change.moved;
  if (brokenRule(reading.profile, reading.attestation.settings, draft.changes) !== undefined)
    return change.needRule;
  if (draft.reason === '') return change.needReason;
  const high = peopleFor(reading, draft) === 2;
  return high && !isInWords(draft.note) ? change.needNote : undefined;
}

/** The gateway says that it takes no commands; what lowers the risk, by the maker's word, waits for nothing but its log. */
function isStopped({ stopped }: State, { profile }: Reading, { operation }: Draft): boolean {
  const rule = profile.operations.find((one) => one.operation === operation);
  return stopped.value?.is.value === true && rule?.lowers !== true;
}

/** The hospital takes a change of high risk with a note that is more than a mark or two, as its gateway counts it. */
const isInWords = (note: string): boolean =>
  (note.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= 3 ||
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]{2}/u.test(note);

export function ChangeTable({ reading, rows }: { reading: Reading; rows: readonly Row[] }) {
  const { change } = texts.value;
  return (
    <table class="table change">
      <thead>
        <tr>
          <th scope="col">{change.setting}</th>
          <th scope="col">{change.on}</th>
          <th scope="col">{change.proposed}</th>
          <th scope="col">{change.check}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ parameter, on, proposed, changed, moved, high, outside }) => (
          <tr key={parameter.code} class={changed ? 'changed' : ''}>
            <th scope="row">
              {parameter.name}
              <div class="small">{withRange(reading, parameter, change.limits(rangeOf(parameter)))}</div>
            </th>
            <td>
              <Value of={parameter} value={on} />
            </td>
            <td>
              {changed && (
                <span class="arrow" aria-hidden="true">
                  →{' '}
                </span>
              )}
              <Value of={parameter} value={proposed} />
            </td>
            <td>
              {moved ? (
                <Chip kind="caution">{change.moved}</Chip>
              ) : outside ? (
                <Chip kind="caution">{siteTexts.value.check}</Chip>
              ) : high ? (
                <Chip kind="caution">{change.high}</Chip>
              ) : changed ? (
                <Chip kind="verified">{change.fine}</Chip>
              ) : (
                <span class="quiet">{change.same}</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Reason = keyof typeof COMMAND_EN.reasons;
const REASONS: readonly Reason[] = ['titration', 'symptoms', 'procedure', 'alarms', 'battery', 'other'];

/** Reasons that fit what is asked for, and the one that the draft came with. */
function reasonsFor({ operation, reason }: Draft, mode: Mode): readonly string[] {
  const fit: readonly Reason[] =
    operation === OPERATION.program
      ? REASONS
      : operation === OPERATION.stop
        ? ['symptoms', 'procedure', 'other']
        : mode === 'safe-mode'
          ? ['over', 'mistake', 'drill', 'other']
          : ['procedureOver', 'mistake', 'other'];
  return reason === '' || fit.some((one) => one === reason) ? fit : [...fit, reason];
}

function Side({ state, act, reading, draft }: Screen & { reading: Reading; draft: Draft }) {
  const { change, reasons } = texts.value;
  const words: Readonly<Record<string, string>> = reasons;
  const picks = draft.operation === OPERATION.program;
  const two = peopleFor(reading, draft) === 2;
  const left = timeToSign(reading, draft, state.now.value);
  const outside = rowsOf(reading, draft).some((row) => row.outside);
  return (
    <>
      <h2>{two ? change.two : change.one}</h2>
      {outside && <p>{siteTexts.value.why}</p>}
      <p>{!two ? change.oneSays : picks ? change.twoSays : change.twoAgree}</p>
      <TimeLeft state={state} left={left} two={two} />
      <div class="field">
        <label for="reason">{change.reason}</label>
        <select
          id="reason"
          class="input"
          value={draft.reason}
          onChange={({ currentTarget }) => act.explain('reason', currentTarget.value)}
        >
          <option value="">{change.reasonPick}</option>
          {reasonsFor(draft, reading.attestation.mode).map((name) => (
            <option key={name} value={name}>
              {words[name] ?? name}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="note">{change.note}</label>
        <textarea
          id="note"
          class="input"
          rows={2}
          maxLength={400}
          value={draft.note}
          onInput={({ currentTarget }) => act.explain('note', currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for="order">{change.order}</label>
        <input
          id="order"
          class="input"
          maxLength={60}
          autocomplete="off"
          value={draft.order}
          onInput={({ currentTarget }) => act.explain('order', currentTarget.value)}
        />
      </div>
      {picks && <p class="small">{change.undoSays}</p>}
    </>
  );
}
