import { type Bytes, base64, unbase64 } from '../encoding/bytes.ts';
import { HASH_SIZE, MAX_PATH, MAX_TREE_SIZE } from './merkle.ts';
import { NoteError, parseDecimal, parseNote } from './note.ts';
import { MAX_NOTE } from './note-size.ts';

/** An offline proof (C2SP tlog-proof): entry `index` stands in the log that `checkpoint` describes. */
export interface LogProof {
  readonly index: number;
  /** Inclusion path, hashes of 32 bytes, the leaf's sibling first. */
  readonly path: readonly Bytes[];
  /** Signed and cosigned checkpoint. */
  readonly checkpoint: string;
  /** Opaque bytes for the reader, at most 64 KiB. */
  readonly extra?: Bytes;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
const MAX_EXTRA = 65_536;
const MAX_PROOF = MAX_NOTE + 2 * MAX_EXTRA;

/** The proof as text, for a file that ends in `.tlog-proof`. */
export function formatProof({ index, path, checkpoint, extra }: LogProof): string {
  const lines = [HEADER];
  if (extra !== undefined) lines.push(`extra ${base64(extra)}`);
  lines.push(`index ${index}`, ...path.map(base64), '', checkpoint);
  return lines.join('\n');
}

/** Reads a proof text; printing the result gives back the same text, or this throws NoteError. Verifies nothing. */
export function parseProof(proof: string): LogProof {
  if (proof.length > MAX_PROOF) throw new NoteError('too-large', 'a log proof is too long');
  const blank = proof.indexOf('\n\n');
  if (blank < 0)
    throw new NoteError('malformed', 'a log proof has to have a blank line before its checkpoint');
  const [header, ...lines] = proof.slice(0, blank).split('\n');
  if (header !== HEADER) throw new NoteError('malformed', `a log proof has to begin with ${HEADER}`);
  const extra = lines[0]?.startsWith('extra ') === true ? lines.shift()?.slice('extra '.length) : undefined;
  const index = lines.shift();
  if (index?.startsWith('index ') !== true) throw new NoteError('malformed', 'a log proof has no index line');
  if (lines.length > MAX_PATH) throw new NoteError('too-large', 'a log proof has too many hashes');
  const checkpoint = proof.slice(blank + 2);
  parseNote(checkpoint);
  const parsed = {
    index: parseDecimal(index.slice('index '.length), MAX_TREE_SIZE, 'an index'),
    path: lines.map((line) => decode(line, HASH_SIZE)),
    checkpoint,
  };
  return extra === undefined ? parsed : { ...parsed, extra: decode(extra) };
}

function decode(encoded: string, size?: number): Bytes {
  let bytes: Bytes;
  try {
    bytes = unbase64(encoded);
  } catch {
    throw new NoteError('malformed', 'a line of a log proof is not base64');
  }
  if (size !== undefined && bytes.length !== size) throw new NoteError('malformed', 'a hash has 32 bytes');
  if (bytes.length > MAX_EXTRA)
    throw new NoteError('too-large', 'the extra bytes of a log proof are too long');
  return bytes;
}
