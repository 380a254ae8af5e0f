import { OPERATION } from '../../../server/protocol/command.ts';
import { codeNamed } from '../../../server/protocol/refusal.ts';
import type { Moved } from '../../common/page/moved.ts';
import type { Told } from '../../common/page/told.ts';
import { clock, dayOf, operationSays, texts, valueParts, wholeValue } from '../words.ts';
import { reasonSaid } from '../review/reasons.ts';
import type { Line } from './lines.ts';
import type { PastEntry, Signer } from './past.ts';
import { proofTexts } from './texts.ts';

/** Whoever signed, by name; by the beginning of their key where the hospital has no name for it. */
export const whoSays = ({ name, kid }: Signer): string => name ?? proofTexts.value.somebody(kid.slice(0, 8));

export const whenSays = (at: number): string => `${dayOf(at)} ${clock(at)}`;

/** What a command changed, setting by setting, in the words of the signed profile. */
export function changesSaid({ settings, operation, receipt, title, mode }: Told): readonly string[] {
  const t = proofTexts.value;
  const asked = operation === OPERATION.program || operation === OPERATION.safeMode;
  const moved = settings.filter(
    ({ before, asked: wish, after }) => operation === OPERATION.program || before !== (after ?? wish),
  );
  const lines = moved.map((one) => changeSaid(one, receipt?.result === 'refused'));
  if (operation === OPERATION.program) return lines;
  const names: Readonly<Record<number, string>> = {
    [OPERATION.safeMode]: t.operations.safeMode,
    [OPERATION.associate]: t.operations.associate,
    [OPERATION.firmware]: t.operations.firmware,
    [OPERATION.profile]: t.operations.profile,
  };
  const none = asked && lines.length === 0 ? [t.noValues] : [];
  return [names[operation] ?? operationSays(operation, title, mode), ...lines, ...none];
}

/** @param refused the device did not do it: what was asked is told, and not what it reads */
function changeSaid({ of, before, asked, after }: Moved, refused: boolean): string {
  const t = proofTexts.value;
  const to = refused ? asked : (after ?? asked);
  const says = (value: number | undefined): string => (value === undefined ? '–' : wholeValue(of, value));
  if (!refused && asked !== undefined && after !== undefined && asked !== after)
    return t.wanted(of.name, says(before), says(asked), says(after));
  // The unit once: "60 → 50 per minute".
  const same =
    before !== undefined && to !== undefined && valueParts(of, before).unit === valueParts(of, to).unit;
  return t.changed(of.name, same ? valueParts(of, before).text : says(before), says(to));
}

/** What an event was about, in a sentence; undefined of a command, whose evidence tells it. */
export function eventSaid({ what, at: { entry, until, reason, review, why } }: Line): string | undefined {
  const t = proofTexts.value;
  const code = entry.code === undefined ? undefined : codeNamed(entry.code);
  switch (what) {
    case 'alarm':
      // An alarm of this kind is of a tap alone: the device of one patient, and another one open on the tablet.
      if (code === 'E_PATIENT') return t.says.elsewhere;
      return code ? texts.value.refusal.says(code) : alarmSaid(entry.code);
    case 'attempt':
      return [code ? texts.value.refusal.says(code) : undefined, t.says.attempt].filter(Boolean).join(' ');
    case 'glass': {
      const opened = until === undefined ? t.glassPlain : t.glass(whenSays(until));
      const reasons: Readonly<Record<string, string>> = t.reasons;
      return [opened, reason === undefined ? undefined : reasons[reason]].filter(Boolean).join(' · ');
    }
    case 'review':
      return review && foundSaid(review.found);
    case 'reason':
      return why && reasonSaid(why);
    case 'signed':
    case 'differs':
    case 'lost':
    case 'admitted':
    case 'off':
      return t.says[what];
    default:
      return undefined;
  }
}

function alarmSaid(code = ''): string {
  const { alarms } = proofTexts.value;
  const known: Readonly<Record<string, string>> = alarms;
  const [room = '', change = ''] = code.split('.');
  return known[room === 'alarm' ? change : room] ?? alarms.other;
}

/** What a reviewer found: a word of the form, and their own text as they wrote it. */
export function foundSaid(found: string): string {
  const known: Readonly<Record<string, string>> = proofTexts.value.found;
  const [word = '', ...more] = found.split(': ');
  const says = known[word];
  if (says === undefined) return found;
  return more.length === 0 ? says : `${says}: ${more.join(': ')}`;
}

/** A review is due within a day of the emergency. */
const REVIEW_WITHIN_MS = 24 * 3_600_000;

export const reviewDueOf = ({ entry }: PastEntry): number => entry.time + REVIEW_WITHIN_MS;
