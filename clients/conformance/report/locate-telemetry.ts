import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { type Cbor, decode, encode } from '../../../server/protocol/encoding/cbor.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { parseContent } from '../../../server/protocol/telemetry/telemetry-content.ts';
import type { Item } from './items.ts';

const FRAME = 201;
const MEMBERS = ['0', 'session', 'number', 'previous', 'at', 'up', 'contents'];
const LOST_MEMBERS = ['0', 'session', 'first', 'next'];
/** Where the rows of a kind of content stand in it, and what the members of a row are called. */
const ROWS: Readonly<Record<number, readonly [at: number, name: string, members: readonly string[]]>> = {
  1: [2, 'metric', ['handle', 'code', 'unit', 'scale', 'period', 'low', 'high', 'name']],
  2: [1, 'numeric', ['handle', 'value', 'quality']],
  4: [2, 'alarm', ['id', 'priority', 'kind', 'presence', 'since', 'metric', 'says']],
  5: [1, 'event', ['at', 'code', 'says']],
};
const WAVE_MEMBERS = ['0', 'handle', 'offset', 'count', 'quality', 'data'];

/** The member of a frame, or of what it holds, that a refusal names; all of the contents where it cannot be told. */
export function inFrame(message: Bytes, whole: Item | undefined, first: string, second: string) {
  if (first === 'telemetry' && second === '') return whole;
  const members = whole?.children[0]?.argument === FRAME ? MEMBERS : LOST_MEMBERS;
  if (first === 'telemetry' || first === 'lost') return whole?.children[members.indexOf(second)];
  const contents = whole?.children[MEMBERS.indexOf('contents')];
  const wrong = contents?.children.find((each) => !parses(valueOf(message, each)));
  return wrong ? inContent(message, wrong, first, second) : contents;
}

function inContent(message: Bytes, content: Item, first: string, second: string): Item {
  if (first === 'wave') return content.children[WAVE_MEMBERS.indexOf(second)] ?? content;
  const [at, name, members] = ROWS[content.children[0]?.argument ?? 0] ?? [];
  if (at === undefined || name !== first || !members) return content;
  const rows = content.children[at];
  const around = valueOf(message, content);
  const row = rows?.children.find((each) => !parses(alone(around, at, valueOf(message, each))));
  return row?.children[members.indexOf(second)] ?? row ?? content;
}

/** The same content with one row in it. */
const alone = (content: Cbor, at: number, row: Cbor): Cbor =>
  Array.isArray(content) ? content.map((member: Cbor, i) => (i === at ? [row] : member)) : content;

const valueOf = (message: Bytes, { start, end }: Item): Cbor => decode(message.slice(start, end));

function parses(content: Cbor): boolean {
  try {
    parseContent(decode(encode(content)));
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
