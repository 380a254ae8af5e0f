import { type Bytes, hex, unbase64, utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { Crypto, Signer } from '../../server/protocol/crypto.ts';
import { HASH_SIZE, MAX_TREE_SIZE, emptyRoot, verifyConsistency } from '../../server/protocol/log/merkle.ts';
import {
  type Checkpoint,
  LOG_KEY,
  type Note,
  type NoteKey,
  NoteError,
  claims,
  cosign,
  formatNote,
  formatSignatures,
  parseCheckpoint,
  parseDecimal,
  parseNote,
  parseVkey,
  verifySignature,
} from '../../server/protocol/log/note.ts';
import { MAX_NOTE } from '../../server/protocol/log/note-size.ts';
import { equal } from '../../server/protocol/encoding/bytes.ts';
import type { WitnessState } from './state.ts';

export interface WitnessOptions {
  /** Logs to follow: origin and verification key of each; two lines for one that changes its key. */
  readonly logs: readonly { readonly origin: string; readonly vkey: string }[];
  /** This witness's name and Ed25519 key. */
  readonly name: string;
  readonly signer: Signer;
  readonly state: WitnessState;
  readonly crypto: Crypto;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** A witness's answer, as HTTP has it. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface Witness {
  /** POST add-checkpoint: `request` is the body. Rejects when the state cannot be stored: then nothing was signed. */
  add(request: string): Promise<Answer>;
  /** Follows these logs from now on. What it remembers of a log stays. Rejects with NoteError, and follows those before. */
  follow(logs: WitnessOptions['logs']): Promise<void>;
  /** GET <log>/checkpoint, `log` being the hexadecimal SHA-256 of the origin. */
  checkpoint(log: string): Answer;
}

/** The specification's bound; a tree of 2^40 leaves needs 41 lines, so what has more cannot be a proof. */
const MAX_PROOF = 63;
/** Longest add-checkpoint body: as many proof lines, the line before them and a checkpoint. */
export const MAX_REQUEST = MAX_NOTE + (MAX_PROOF + 1) * 46;

interface Log {
  readonly id: string;
  /** Two while the log changes its key. */
  keys: readonly NoteKey[];
  /** Last checkpoint that was stored, with the log's signatures and this witness's own. */
  last: { note: string; checkpoint: Checkpoint } | null;
  /** Requests about one log run one after another: compare-and-store is then atomic. */
  turn: Promise<unknown>;
}

interface Request {
  readonly old: number;
  readonly path: readonly Bytes[];
  readonly parsed: Note;
  readonly checkpoint: Checkpoint;
}

const plain = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body });
const seen = (size: number): Answer => ({ status: 409, type: 'text/x.tlog.size', body: `${size}\n` });

/**
 * Opens a witness (C2SP tlog-witness): it cosigns a checkpoint when that continues the last one it cosigned of the
 * same log. Throws NoteError when a key or the remembered state cannot be read: a witness must not start over.
 */
export async function openWitness(options: WitnessOptions): Promise<Witness> {
  const { crypto, state } = options;
  let logs = new Map<string, Log>();
  const follow = async (wanted: WitnessOptions['logs']): Promise<void> => {
    const next = new Map<string, Log>();
    const wantedKeys = keysByOrigin(crypto, wanted);
    for (const [origin, keys] of wantedKeys) {
      const id = hex(crypto.sha256(utf8(origin)));
      const present = logs.get(origin);
      const last = present ? null : await remembered(crypto, state, id, keys);
      next.set(origin, present ?? { id, keys, last, turn: Promise.resolve() });
    }
    for (const [origin, log] of next) log.keys = wantedKeys.get(origin) ?? [];
    logs = next;
  };
  await follow(options.logs);
  return {
    follow,
    add: async (text) => {
      const request = read(text);
      if (request === null) return plain(400, 'not an add-checkpoint request\n');
      const log = logs.get(request.checkpoint.origin);
      if (log === undefined) return plain(404, 'unknown log\n');
      const answer = log.turn.then(() => consider(options, log, request));
      log.turn = answer.catch(() => undefined);
      return answer;
    },
    checkpoint: (id) => {
      const last = [...logs.values()].find((log) => log.id === id)?.last ?? null;
      return last === null ? plain(404, 'nothing seen of this log\n') : plain(200, last.note);
    },
  };
}

/** The keys of each log, by its origin. Throws NoteError. */
function keysByOrigin(crypto: Crypto, logs: WitnessOptions['logs']): ReadonlyMap<string, readonly NoteKey[]> {
  const keys = new Map<string, readonly NoteKey[]>();
  for (const { origin, vkey } of logs) {
    const key = parseVkey(crypto.sha256, vkey);
    if (key.type !== LOG_KEY || key.name !== origin)
      throw new NoteError('policy', `the key of log ${origin} is not a log key of that name`);
    keys.set(origin, [...(keys.get(origin) ?? []), key]);
  }
  return keys;
}

async function remembered(
  crypto: Crypto,
  state: WitnessState,
  id: string,
  keys: readonly NoteKey[],
): Promise<Log['last']> {
  const note = state.load(id);
  if (note === null) return null;
  const parsed = parseNote(note);
  if (!(await isSigned(crypto, parsed, keys))) {
    const why = `the remembered checkpoint of ${keys[0]?.name ?? id} is damaged, or signed with a key that is not in the configuration any more; if it is damaged, retire this witness key`;
    throw new NoteError('signature', why);
  }
  return { note, checkpoint: parseCheckpoint(parsed.body) };
}

/** Is it signed with one of the log's keys, and with none of them wrongly or twice? */
async function isSigned(
  crypto: Crypto,
  { body, signatures }: Note,
  keys: readonly NoteKey[],
): Promise<boolean> {
  let signed = false;
  for (const key of keys) {
    const [own, again] = signatures.filter((each) => claims(key, each));
    if (own === undefined) continue;
    if (again !== undefined || (await verifySignature(crypto, body, key, own)) === null) return false;
    signed = true;
  }
  return signed;
}

/** Reads an add-checkpoint body; null when it is not one. */
function read(text: string): Request | null {
  const blank = text.indexOf('\n\n');
  if (text.length > MAX_REQUEST || blank < 0) return null;
  const [first = '', ...lines] = text.slice(0, blank).split('\n');
  if (!first.startsWith('old ') || lines.length > MAX_PROOF) return null;
  try {
    const note = text.slice(blank + 2);
    const parsed = parseNote(note);
    const path = lines.map(unbase64);
    if (path.some((hash) => hash.length !== HASH_SIZE)) return null;
    const old = parseDecimal(first.slice('old '.length), MAX_TREE_SIZE, 'the old size');
    return { old, path, parsed, checkpoint: parseCheckpoint(parsed.body) };
  } catch (error) {
    if (error instanceof NoteError || error instanceof RangeError) return null;
    throw error;
  }
}

async function consider(options: WitnessOptions, log: Log, request: Request): Promise<Answer> {
  const { crypto, state, name, signer, now } = options;
  const { old, path, parsed, checkpoint } = request;
  if (!(await isSigned(crypto, parsed, log.keys))) return plain(403, 'no valid signature of this log\n');
  if (old > checkpoint.size) return plain(400, 'the old size is greater than the new one\n');
  const last = log.last?.checkpoint ?? null;
  if (old !== (last?.size ?? 0)) return seen(last?.size ?? 0);
  if (!continues(crypto, last, path, checkpoint)) return plain(422, 'the proof does not hold\n');
  const seconds = Math.floor(now() / 1000);
  const own = await cosign(crypto.sha256, parsed.body, name, signer, seconds);
  if (last === null || checkpoint.size > last.size) {
    // Stored before it is said: after a crash the witness may know more than it told anybody, never less. What others
    // signed beside the log is theirs to show.
    const ofLog = parsed.signatures.filter((each) => log.keys.some((key) => claims(key, each)));
    const note = formatNote({ body: parsed.body, signatures: [...ofLog, own] });
    await state.store(log.id, note);
    log.last = { note, checkpoint };
  }
  return plain(200, formatSignatures([own]));
}

/** Does the new checkpoint begin with what was seen before? */
function continues(
  { sha256 }: Crypto,
  last: Checkpoint | null,
  path: readonly Bytes[],
  { size, root }: Checkpoint,
): boolean {
  if (size === 0 && !equal(root, emptyRoot(sha256))) return false;
  if (last === null || last.size === 0) return path.length === 0;
  return verifyConsistency(sha256, { size1: last.size, size2: size, root1: last.root, root2: root, path });
}
