import { holds } from '../../common/page/holds.ts';
import * as z from 'zod/mini';
import { type Bytes, equal, hex, unbase64url, unhex } from '../../../server/protocol/encoding/bytes.ts';
import type { Crypto, PublicKey } from '../../../server/protocol/crypto.ts';
import { type Entry, parseEntry } from '../../../server/protocol/log/entry.ts';
import { type LogTrust, placeProof, verifySeal } from '../../../server/protocol/log/prove.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { parseStatement, type Statement } from '../../../server/protocol/statement.ts';
import { read } from '../../common/page/gate/json.ts';
import type { World } from '../../common/page/gate/world.ts';
import type { Staff } from '../actions.ts';
import { judgeEntry, type Judged, NOT_CHECKED, type Verdict } from './judge.ts';

/** Somebody who signed, as the hospital calls them. A name is the gateway's word: the log holds keys. */
export interface Signer {
  /** Key id of the passkey, hexadecimal. */
  readonly kid: string;
  readonly name?: string | undefined;
}

/** What somebody signed about a device beside commands. */
export interface Review {
  /** Hash of the emergency command, hexadecimal. */
  readonly command: string;
  readonly found: string;
}

/** What whoever used the emergency door signed about why they did. */
export interface OwnReason {
  /** Hash of the emergency command, hexadecimal. */
  readonly command: string;
  readonly reason: string;
  readonly text: string;
}

/** One entry of the log about a device. Everything but the names, the time it ends and the reason was read from its own bytes. */
export interface PastEntry {
  readonly index: number;
  readonly entry: Entry;
  readonly people: readonly Signer[];
  /** Does it stand in the log under a checkpoint that the witnesses cosigned? Judged on this tablet. */
  readonly verdict: Verdict;
  readonly review?: Review | undefined;
  readonly why?: OwnReason | undefined;
  /** Break-glass: until when (Unix ms) and why, by the gateway's word. */
  readonly until?: number | undefined;
  readonly reason?: string | undefined;
}

export interface Page {
  /** Newest first. */
  readonly entries: readonly PastEntry[];
  readonly more: boolean;
}

export type Rows = 'alarms' | 'others';

/** The past of a device. */
export interface Past {
  /** Entries of the log about a device (EUI-64, hexadecimal), before an index if one is given. Throws like any request. */
  read(device: string, rows: Rows, limit: number, before?: number): Promise<Page>;
  /** Fetches the evidence of a command from the gateway and judges it here. Never throws: what is not to be had is not checked. */
  prove(hash: string, device: PublicKey): Promise<Judged>;
}

const HISTORY = z.object({
  entries: z.array(
    z.object({
      index: z.number(),
      people: z.array(z.object({ kid: z.string(), name: z.optional(z.string()) })),
      entry: z.string(),
      path: z.optional(z.array(z.string())),
      statement: z.optional(z.string()),
      until: z.optional(z.number()),
      reason: z.optional(z.string()),
    }),
  ),
  more: z.boolean(),
  checkpoint: z.optional(z.string()),
});
type Answer = z.infer<typeof HISTORY>;

export const newPast = (
  world: Pick<World, 'crypto' | 'anchors' | 'renew'>,
  staff: Pick<Staff, 'gateway'>,
): Past => ({
  async prove(hash, device) {
    try {
      const answer = await staff.gateway?.http.send('GET', `/v1/commands/${hash}/evidence`);
      if (!answer) return NOT_CHECKED;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const judge = () => judgeEntry(world.crypto, world.anchors, bytes, hash, device);
      return await underNewest(world, judge, ({ verdict }) => verdict === 'VERIFIED');
    } catch {
      return NOT_CHECKED;
    }
  },
  async read(device, rows, limit, before) {
    const query = `limit=${limit}&alarms=${rows === 'alarms' ? 'only' : 'none'}`;
    const from = before === undefined ? '' : `&before=${before}`;
    const said = await staff.gateway?.http.json('GET', `/v1/devices/${device}/history?${query}${from}`);
    const answer = read(HISTORY, said, 'the history');
    const judge = () => judgePage(world.crypto, world.anchors, answer, unhex(device));
    return underNewest(world, judge, (page) => page.entries.every(({ verdict }) => verdict !== 'FAILED'));
  },
});

/**
 * Judges, and judges once more under newer anchors where there are some. Several things are judged at once, so what counts
 * is whether the anchors are others than before, and not who of them fetched them.
 */
async function underNewest<T>(
  world: Pick<World, 'anchors' | 'renew'>,
  judge: () => Promise<T>,
  fine: (judged: T) => boolean,
): Promise<T> {
  const { version } = world.anchors;
  const judged = await judge();
  if (fine(judged)) return judged;
  await world.renew();
  return world.anchors.version > version ? judge() : judged;
}

/** Judges each entry of an answer: its path to the checkpoint, and log and witnesses behind that. Throws Refusal for entries that do not read. */
export async function judgePage(
  crypto: Crypto,
  trust: LogTrust,
  { entries, more, checkpoint }: Answer,
  device: Bytes,
): Promise<Page> {
  const sealed = checkpoint === undefined ? false : await holds(() => verifySeal(crypto, checkpoint, trust));
  const judged = await Promise.all(
    entries.map(async ({ entry: text, path, statement, ...said }): Promise<PastEntry> => {
      const bytes = unbase64url(text);
      const entry = parseEntry(bytes);
      const signed = statement === undefined ? undefined : unbase64url(statement);
      const proof =
        path && checkpoint !== undefined
          ? { entry: bytes, index: said.index, path: path.map(unbase64url), checkpoint }
          : undefined;
      const verdict = !isOf(crypto, entry, signed, device)
        ? 'FAILED'
        : !proof
          ? 'NOT CHECKED'
          : sealed && (await holds(() => placeProof(crypto, proof)))
            ? 'VERIFIED'
            : 'FAILED';
      return { ...said, entry, verdict, ...(signed && saidIn(signed)) };
    }),
  );
  return { entries: judged, more };
}

/** Is it about this device, by its own word or by that of the statement whose digest it has? */
function isOf({ sha256 }: Crypto, entry: Entry, signed: Bytes | undefined, device: Bytes): boolean {
  if (entry.device) return equal(entry.device, device);
  if (!signed || !entry.digest || !equal(sha256(signed), entry.digest)) return false;
  const about = statementIn(signed)?.detail.get(1);
  return about instanceof Uint8Array && equal(about, device);
}

/** A review, or a rescuer's reason, by the purpose that was signed; nothing else is said about a device. */
function saidIn(signed: Bytes): Pick<PastEntry, 'review' | 'why'> {
  const { purpose, detail } = statementIn(signed) ?? {};
  const [of, word, text] = [detail?.get(2), detail?.get(3), detail?.get(4)];
  if (!(of instanceof Uint8Array) || typeof word !== 'string') return {};
  const command = hex(of);
  if (purpose === 'review') return { review: { command, found: word } };
  if (purpose !== 'reason' || typeof text !== 'string') return {};
  return { why: { command, reason: word, text } };
}

const statementIn = (signed: Bytes): Statement | undefined => {
  try {
    return parseStatement(signed);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
};
