import { type Mutant, mutantsOf } from './mutant.ts';

const disk = 'faults/disk';
const link = 'nfc/station-link';
const attempts = 'edge/attempts';

/** What bounds a flood, and what keeps a wrong clock away from devices. */
export const loadMutants: readonly Mutant[] = [
  ...mutantsOf('server/edge/admission.ts', [
    ['gate-share', 'one network has its share of new connections', '!this.#rateOf(network).take() || ', '',
      'edge/device-socket', 'the devices’ door gives one network no more than its share of the rate, however often it knocks'],
  ]),
  ...mutantsOf('server/transport/station-link.ts', [
    ['station-flood', 'a station reports what hands can do', 'if (++counts[what] > MOST[what])', 'if (false)',
      link, 'the gateway’s side of a reader station ends a station that reports more cards than hands can lay, or more records than it keeps'],
  ]),
  ...mutantsOf('server/gateway/opening/stages.ts', [
    ['left-closed', 'what a full disk left announced is closed when it is signed again', 'const left = error instanceof StoreConflict && parts.announced(may.request.who.hash);', 'const left = false as false | JournalEntry;',
      disk, 'a disk that fails between intent and grant leaves nothing behind: the same bytes are signed again, and taken'],
  ]),
  ...mutantsOf('server/gateway/desks/front-desk.ts', [
    ['desk-disk', 'a full disk is said, and ends no connection', 'throw asRefusal(refusal);', 'throw refusal;',
      disk, 'a disk that fails and a change for two people is turned away with the same reason, on the connection it came by'],
  ]),
  ...mutantsOf('server/audit/clocked-witness.ts', [
    ['witness-clock', 'a witness counts while its clock agrees with ours', 'if (worst === undefined) return answer;', 'return answer;',
      'faults/clocks', 'a witness whose clock jumps ten years ahead moves no device’s time: its word does not count, it is named, and counts again when it is right'],
  ]),
  ...mutantsOf('server/gateway/devices/attempts.ts', [
    ['attempt-logged', 'who tries to get in stands in the log', 'if (ATTEMPTS.includes(code))', 'if (false)',
      attempts, 'refusals at the people’s door stand in the log when somebody tried to get in, and a flood is a number a minute'],
    ['attempt-usual', 'a day’s work does not', 'if (ATTEMPTS.includes(code))', '',
      attempts, 'refusals at the people’s door do not when they are the ordinary course of a working day'],
  ]),
  ...mutantsOf('server/edge/plain-context.ts', [
    ['plain-context', 'what is read beside a change hides nothing', 'if (!isPlainText(text))', 'if (false)',
      'edge/stream', 'the stream takes no text beside a change that turns round, hides or replaces what stands next to it'],
  ]),
  ...mutantsOf('server/broker/refusals.ts', [
    ['strangers-minute', 'a flood of strangers is a number a minute', 'isStranger(facts) ? STRANGERS_QUIET_MS : 0', '0',
      attempts, 'refusals at the people’s door stand in the log when somebody tried to get in, and a flood is a number a minute'],
  ]),
]; // prettier-ignore
