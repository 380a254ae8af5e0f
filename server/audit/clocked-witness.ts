import { LIMITS } from '../limits.ts';
import { claims, type NoteSignature } from '../protocol/log/note.ts';
import type { Witness } from './witness-client.ts';

/**
 * The same witness, whose cosignature counts only while its clock agrees with ours: a device takes its time from them
 * and never lowers it, so a clock that jumped would end credentials at the bedside for years. Both clocks may be the
 * wrong one; no quorum, no command, and the witness is named.
 *
 * @param now unix ms
 */
export const clocked = (witness: Witness, now: () => number): Witness => ({
  ...witness,
  async add(old, path, note) {
    const answer = await witness.add(old, path, note);
    if (answer.kind !== 'cosigned') return answer;
    const own = answer.signatures.filter((each) => claims(witness.key, each));
    const off = own.map((each) => timeOf(each) - now() / 1000);
    const worst = off.find((seconds) => !(Math.abs(seconds) * 1000 <= LIMITS.witnessClock.max));
    if (worst === undefined) return answer;
    const why = `its clock is ${Math.round(Math.abs(worst))} s ${worst > 0 ? 'ahead of' : 'behind'} this gateway's: set both`;
    return { kind: 'refused', why };
  },
});

/** Unix seconds at which it was made: a cosignature begins with them (C2SP tlog-cosignature). */
const timeOf = ({ payload }: NoteSignature): number =>
  payload.length < 8 ? NaN : Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0));
