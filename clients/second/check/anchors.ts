import { type Bytes, unbase64, unhex, same, utf8, Wrong, join, sha256 } from './bytes.ts';
import { fields, bytes, list, text, whole } from './fields.ts';
import { ed25519, type Key, opened, readKey } from './signed.ts';
import { read } from './cbor.ts';

/** A key of the log or of a witness (C2SP signed-note). */
export interface NoteKey {
  readonly name: string;
  readonly id: Bytes;
  readonly key: CryptoKey;
  readonly raw: Bytes;
}

/** What this page was set up to believe in: it came with the page and not from the gateway. */
export interface Anchors {
  readonly version: number;
  readonly development: boolean;
  readonly authorities: readonly Key[];
  readonly recovery: Key;
  readonly maker: Key;
  readonly origin: string;
  /** The log's keys: two while one takes the place of the other. */
  readonly log: readonly NoteKey[];
  readonly witnesses: readonly NoteKey[];
  /** How many of them must have cosigned. */
  readonly quorum: number;
  /** A second person may be shown the values instead of entering them (section 5.1). */
  readonly primedChecks: boolean;
}

const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
const PRIMED = 14;
const LOG = 1;
const WITNESS = 4;

/**
 * Reads anchors (protocol, section 3.1), signed by an authority and by the recovery key: those of the anchors that were
 * trusted before, or, at the very first, their own. Throws Wrong.
 */
export async function readAnchors(file: Bytes, before?: Anchors): Promise<Anchors> {
  const [first, second] = list(read(file), 2, 2).map((item) => bytes(item));
  if (!first || !second) throw new Wrong('the anchors need two signatures');
  const said = fields(bytes(list(read(first), 4, 4)[2]), ALL, [PRIMED]);
  if (said.get(1) !== 1) throw new Wrong('the anchors are of another version');
  const authorities = await Promise.all(list(said.get(4), 1, 16).map((key) => readKey(bytes(key))));
  const recovery = await readKey(bytes(said.get(6)));
  const byAuthority = await opened(first, 'anchors', before?.authorities ?? authorities);
  if (!same(byAuthority, await opened(second, 'anchors', [before?.recovery ?? recovery])))
    throw new Wrong('authority and recovery key signed different anchors');
  const version = whole(said.get(2));
  if (before && version <= before.version) throw new Wrong('the anchors are older than those known here');
  const [origin, ...log] = list(said.get(10), 2, 3);
  const [quorum, witnesses] = list(said.get(11), 2, 2);
  return {
    version,
    authorities,
    recovery,
    development: whole(said.get(3), 0, 1) === 1,
    maker: await readKey(bytes(said.get(7))),
    origin: text(origin),
    log: await Promise.all(log.map((vkey) => noteKey(text(vkey), LOG))),
    witnesses: await Promise.all(list(witnesses, 1, 16).map((vkey) => noteKey(text(vkey), WITNESS))),
    quorum: whole(quorum, 1, 16),
    primedChecks: said.has(PRIMED) && whole(said.get(PRIMED), 1, 1) === 1,
  };
}

/** `name+hex key id+base64(type || key)`. */
async function noteKey(vkey: string, type: number): Promise<NoteKey> {
  const [, name = '', id = '', encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(vkey) ?? [];
  const body = unbase64(encoded);
  const expected = (await sha256(join(utf8(`${name}\n`), body))).slice(0, 4);
  if (name === '' || body.length !== 33 || body[0] !== type || !same(expected, unhex(id)))
    throw new Wrong('a key of the log is not well formed');
  const raw = body.slice(1);
  return { name, id: expected, key: await ed25519(raw), raw };
}
