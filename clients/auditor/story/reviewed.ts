import { holds } from '../../common/page/holds.ts';
import { equal, hex, unbase64url } from '../../../server/protocol/encoding/bytes.ts';
import type { Crypto } from '../../../server/protocol/crypto.ts';
import { parseEntry } from '../../../server/protocol/log/entry.ts';
import { type LogTrust, placeProof, verifySeal } from '../../../server/protocol/log/prove.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { parseStatement, PURPOSE } from '../../../server/protocol/statement.ts';
import type { Reviewing } from '../wire.ts';

/** What somebody signed about an emergency, who used the door or looked at it afterwards, judged on this computer. */
export interface Reviewed {
  /**
   * VERIFIED: the log has the digest of these words, under a checkpoint that the witnesses cosigned. NOT CHECKED: no witness
   * has seen it yet. FAILED: the log has something else.
   */
  readonly verdict: 'VERIFIED' | 'NOT CHECKED' | 'FAILED';
  readonly index: number;
  /** Unix ms, as the log has it. */
  readonly time: number;
  /** Who signed: the key is the log's word, the name of it the gateway's. */
  readonly by: Reviewing['by'];
  /** A word of the form, and their own text after ": ". */
  readonly found: string;
}

/**
 * Judges a reason or a review by the log: its statement is about this command, the entry has its digest and the key, and the path of the
 * entry leads to a checkpoint of log and witnesses. Undefined where it cannot be read.
 *
 * @param command hash of the emergency's command, hexadecimal
 */
export async function judgeSaid(
  crypto: Crypto,
  trust: LogTrust,
  command: string,
  wanted: 'reason' | 'review',
  { index, by, entry: text, statement, path, checkpoint }: Reviewing,
): Promise<Reviewed | undefined> {
  try {
    const [bytes, signed] = [unbase64url(text), unbase64url(statement)];
    const entry = parseEntry(bytes);
    const { purpose, detail } = parseStatement(signed);
    const [about, word, more] = [detail.get(2), detail.get(3), detail.get(4) ?? ''];
    if (typeof word !== 'string' || typeof more !== 'string') return undefined;
    const found = [word, more].filter((part) => part !== '').join(': ');
    const said = { index, time: entry.time, by, found };
    const same =
      entry.type === 'statement' &&
      entry.number === PURPOSE[wanted] &&
      purpose === wanted &&
      about instanceof Uint8Array &&
      hex(about) === command &&
      entry.digest !== undefined &&
      equal(crypto.sha256(signed), entry.digest) &&
      entry.kids?.length === 1 &&
      entry.kids.every((kid) => hex(kid) === by.kid);
    if (!same) return { ...said, verdict: 'FAILED' };
    if (path === undefined || checkpoint === undefined) return { ...said, verdict: 'NOT CHECKED' };
    const proof = { entry: bytes, index, path: path.map(unbase64url), checkpoint };
    const stands = await holds(async () => {
      await verifySeal(crypto, checkpoint, trust);
      await placeProof(crypto, proof);
    });
    return { ...said, verdict: stands ? 'VERIFIED' : 'FAILED' };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
