import type { Anchors, NoteKey } from './anchors.ts';
import { base64, type Bytes, join, same, sha256, unbase64, utf8, Wrong } from './bytes.ts';
import { bytes, fields, list, text, whole } from './fields.ts';
import type { Item } from './cbor.ts';

const OUTCOME = 3;

/** What the witnessed log says of the outcome of a command. */
export interface LoggedOutcome {
  readonly device: Bytes;
  readonly command: Bytes;
  /** 1 applied, 2 applied with another value, 3 refused. */
  readonly result: number;
  readonly code: string | undefined;
  /** Digest and number of the receipt. */
  readonly digest: Bytes | undefined;
  readonly number: number | undefined;
  /** Its place in the log. */
  readonly index: number;
}

/** Reads a proof that an outcome stands in the log, under a checkpoint that enough witnesses cosigned. Throws Wrong. */
export async function provenOutcome(proof: Item | undefined, anchors: Anchors): Promise<LoggedOutcome> {
  const [raw, position, path, note] = list(proof, 4, 4);
  const entry = bytes(raw);
  const index = whole(position);
  const { size, root } = await checkpoint(text(note), anchors);
  const siblings = list(path, 0, 40).map((item) => bytes(item, 32));
  const leaf = await sha256(join(Uint8Array.of(0), entry));
  if (!same(await rootFrom(leaf, index, size, siblings), root))
    throw new Wrong('the entry is not in the log that the witnesses saw');
  const said = fields(entry, [1, 2, 3, 4, 12, 13], [7, 8, 9]);
  if (said.get(1) !== OUTCOME) throw new Wrong('the entry is no outcome');
  const [code, digest, number] = [said.get(7), said.get(8), said.get(9)];
  return {
    device: bytes(said.get(3), 8),
    command: bytes(said.get(4), 32),
    result: whole(said.get(13), 0, 3),
    code: code === undefined ? undefined : text(code),
    digest: digest === undefined ? undefined : bytes(digest, 32),
    number: number === undefined ? undefined : whole(number),
    index,
  };
}

/** The root that an inclusion path leads to (RFC 9162, section 2.1.3.2). Throws Wrong when its length is not right. */
export async function rootFrom(
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Bytes[],
): Promise<Bytes> {
  if (index >= size) throw new Wrong('the entry lies beyond the end of the tree');
  let [at, last, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) throw new Wrong('the path is too long');
    const fromLeft = at % 2 === 1 || at === last;
    hash = await sha256(join(Uint8Array.of(1), ...(fromLeft ? [sibling, hash] : [hash, sibling])));
    if (fromLeft && at % 2 === 0)
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new Wrong('the path is too short');
  return hash;
}

/** Size and root that the log signed and enough witnesses cosigned (C2SP signed-note, tlog-cosignature). Throws Wrong. */
async function checkpoint(note: string, { origin: ours, log, witnesses, quorum }: Anchors) {
  const cut = note.indexOf('\n\n');
  const signed = note.slice(0, cut + 1);
  const [origin, size = '', root = '', ...rest] = signed.split('\n');
  if (
    cut < 0 ||
    origin !== ours ||
    log.some(({ name }) => name !== ours) ||
    !/^(?:0|[1-9]\d{0,15})$/u.test(size) ||
    rest.length !== 1
  )
    throw new Wrong('a checkpoint is not well formed, or of another log');
  const lines = note.slice(cut + 2).split('\n');
  if (lines.pop() !== '' || lines.length > 32) throw new Wrong('a checkpoint is not well formed');
  let byLog = false;
  const cosigned = new Set<string>();
  for (const line of lines) {
    const [, name = '', encoded = ''] = /^\u2014 (\S+) (\S+)$/u.exec(line) ?? [];
    const blob = unbase64(encoded);
    const own = log.find((one) => isOf(one, name, blob));
    if (own) {
      await demand(own, blob.slice(4), utf8(signed));
      byLog = true;
    }
    const witness = witnesses.find((one) => isOf(one, name, blob));
    if (!witness) continue;
    const time = blob.slice(4, 12).reduce((sum, byte) => sum * 256 + byte, 0);
    await demand(witness, blob.slice(12), utf8(`cosignature/v1\ntime ${time}\n${signed}`));
    if (!log.some(({ raw }) => same(witness.raw, raw))) cosigned.add(base64(witness.raw));
  }
  if (!byLog) throw new Wrong('the log did not sign its checkpoint');
  if (cosigned.size < quorum) throw new Wrong('too few witnesses saw the checkpoint');
  return { size: Number(size), root: unbase64(root) };
}

const isOf = (key: NoteKey, name: string, blob: Bytes): boolean =>
  key.name === name && same(blob.slice(0, 4), key.id);

async function demand({ key }: NoteKey, signature: Bytes, message: Bytes): Promise<void> {
  const fits = signature.length === 64 && (await crypto.subtle.verify('Ed25519', key, signature, message));
  if (!fits) throw new Wrong('a signature of the log does not verify');
}
