import type { Kind } from '../../common/page/icon.tsx';
import { glassTexts } from '../glass/texts.ts';
import type { PatientRow } from '../patient/patients.ts';
import { safetySaid } from '../safety/safety-marks.tsx';
import { safetyTexts } from '../safety/texts.ts';
import type { State } from '../state.ts';
import { alikeSaid, nameOf, span, texts } from '../words.ts';
import { markTexts } from './texts.ts';

/** One thing that everybody in front of this patient has to know, in a few words. */
export interface Mark {
  readonly kind: Kind;
  readonly says: string;
  /** The same at its full length, for the list. */
  readonly whole?: string;
}

/** Up to so many letters a name leaves room for four marks beside it; a longer one for two. */
const SHORT_NAME = 28;

/** What stands in the header, and what is kept one press away: the name of the patient has the room first. */
export function arranged(
  state: Pick<State, 'patient'>,
  all: readonly Mark[],
): { readonly shown: readonly Mark[]; readonly folded: readonly Mark[] } {
  const { value: patient } = state.patient;
  const room = patient && nameOf(patient).length <= SHORT_NAME ? 4 : 2;
  return all.length <= room ? { shown: all, folded: [] } : { shown: all.slice(0, 2), folded: all.slice(2) };
}

/** Everything that is said beside a patient's name, the gravest first. */
export function marksOf(state: State): readonly Mark[] {
  const { value: patient } = state.patient;
  if (!patient) return [];
  const left = state.glass.value?.left.value;
  const [mode, ...dues] = deviceMarks(state);
  return [
    ...belongs(state),
    ...(mode ?? []),
    ...(left === undefined ? [] : [caution(glassTexts.value.left(span(left)))]),
    ...(patient.lookAlike === true ? [alikeMark(patient)] : []),
    ...dues.flat(),
  ];
}

const caution = (says: string): Mark => ({ kind: 'caution', says });

/** Does the device that was read belong to the patient whose name stands there? */
function belongs({ reading, mismatch, patient }: State): readonly Mark[] {
  const { person } = texts.value;
  if (!reading.value) return [];
  if (!reading.value.belongs || mismatch.value) return [{ kind: 'blocked', says: person.mismatch }];
  const says = patient.value?.wristband === undefined ? person.matchesDirectory : person.matches;
  return [{ kind: 'verified', says }];
}

/** Who else is meant by the warning, as far as whoever reads it may see them. */
function alikeMark({ alike = [] }: Pick<PatientRow, 'alike'>): Mark {
  const t = markTexts.value;
  const [first, ...others] = alike;
  if (!first) return caution(t.alikeSomebody);
  const named = t.alike(first.family.toLocaleUpperCase(), first.bed);
  const says = others.length === 0 ? named : t.andMore(named, String(others.length));
  return { kind: 'caution', says, whole: texts.value.find.lookAlike(alikeSaid(alike)) };
}

/**
 * How the device in front of the tablet is, by its own verified word, with what the log says of it; before it was read, what
 * the log says of it, or of whichever device of the patient has something to say. First its mode, then what is due: who used
 * the emergency stands beside the buttons that it keeps off.
 */
function deviceMarks(state: State): readonly (readonly Mark[])[] {
  const t = safetyTexts.value;
  const now = state.now.value;
  const reading = state.reading.value;
  const assigned = state.patient.value?.assigned ?? [];
  if (!reading) {
    const chosen = assigned.find(({ id }) => id === state.wanted.value);
    const said = (chosen ? [chosen] : assigned).map((one) => safetySaid({ ...one, rescuer: undefined }, now));
    return [[], said.flat().map(caution)];
  }
  // A command that this reading knows nothing of may have ended it: its result says how the device is now.
  const run = state.run.value;
  if (run?.outcome.kind === 'done' && run.reading === reading) return [];
  const { mode } = reading.attestation;
  // The device's word stands above the gateway's: who is not in its safe mode is not said to be.
  const since = mode === 'safe-mode' ? reading.safeSince : undefined;
  const is =
    mode === 'stopped'
      ? [t.stopped]
      : mode === 'safe-mode' && since === undefined
        ? [t.safe]
        : safetySaid({ safeSince: since }, now);
  const { reviewDue, review } = reading;
  return [is.map(caution), safetySaid({ reviewDue, review }, now).map(caution)];
}
