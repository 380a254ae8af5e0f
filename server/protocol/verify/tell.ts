import type { Entry, EntryType } from '../log/entry.ts';
import { SHOWN } from '../primed.ts';

/**
 * What an entry of the log says, as one plain sentence without its time, device and people.
 *
 * @param meaning of a code that stands in it; without one the code itself is told
 */
export function tellEntry(entry: Entry, meaning = (code: string): string => code): string {
  const why = entry.code === undefined ? '' : `: ${meaning(entry.code)}`;
  const detail = entry.detail === undefined || entry.detail === '' ? '' : ` (${entry.detail})`;
  const number = entry.number ?? 0;
  const say: Record<EntryType, () => string> = {
    start: () => 'The log begins.',
    intent: () =>
      `The command was announced${detail}${entry.result === SHOWN ? ', after a second check by review only (primed)' : ''}.`,
    outcome: () =>
      entry.digest
        ? `The device answered ${RESULTS[entry.result ?? 0]}${why} in receipt ${number}.`
        : `The command ended without the device${why}.`,
    refused: () => `Refused${why}${detail}.`,
    receipt: () => `Receipt ${number} was found at the device: ${RESULTS[entry.result ?? 0]}${why}.`,
    signed: () => `The first person signed${detail}; a second one is needed.`,
    secondEntry: () => SECOND[entry.result ?? 0] ?? `A second check of kind ${entry.result}.`,
    credential: () => `A passkey was certified (serial ${number}).`,
    status: () => `Revocation list ${number} came into force.`,
    anchors: () =>
      entry.detail
        ? `From here on, under trust anchors ${number}: ${entry.detail}.`
        : `Trust anchors ${number} came into force.`,
    lock: () => `${entry.result === 1 ? 'Locked' : 'Unlocked'}${detail}.`,
    policy: () => `Policy ${number} came into force.`,
    enrolment: () => `Enrolment ${entry.result === 1 ? 'on' : 'off'}.`,
    statement: () => `A statement was signed (purpose ${number}).`,
    alarm: () => `Alarm${why}${detail}.`,
    cancelled: () => 'The command was cancelled before it was granted.',
    unknown: () => 'What the device did is not known yet.',
    lost: () => 'The device was given up as lost by two people.',
    breakGlass: () => 'The glass was broken: access was widened for an emergency.',
    export: () => `Something was exported${detail}.`,
    logRead: () => `The log was read${detail}.`,
    clientBuild: () => 'A client program was seen for the first time.',
    signedOut: () => `A person ended all their sessions (${number})${detail}.`,
    emergency: () => `The emergency door was used: safe mode, receipt ${number}.`,
  };
  return say[entry.type]();
}

const RESULTS = ['nothing', 'applied', 'applied with a changed value', 'refused'];

/** By the result of a second check (PROTOCOL.md, section 5.1). */
const SECOND = [
  'The second person entered other values.',
  'The second person agreed: they entered the same values without seeing them, or there were none to enter.',
  'The second person declined.',
  'The second person was shown the values: from here on a primed check.',
];
