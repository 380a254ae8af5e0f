import { type Bytes, hex } from '../../../server/protocol/encoding/bytes.ts';

/** One item of CBOR where it lies: what a hex view needs to mark the byte that is meant. */
export interface Item {
  readonly start: number;
  readonly end: number;
  /** Of a byte string: where its content begins. */
  readonly content: number;
  readonly major: number;
  /** Of an integer: its value; of anything else: its length. */
  readonly argument: number;
  /** Of an array: its members; of a map: keys and values in turn. */
  readonly children: readonly Item[];
}

const MAX_DEPTH = 16;

/** The item at `at`; undefined where no item can be read. Laxer than the protocol: it is for showing, not for judging. */
export function itemAt(bytes: Bytes, at = 0, limit = bytes.length, depth = 0): Item | undefined {
  const head = headAt(bytes, at, limit);
  if (!head || depth > MAX_DEPTH) return undefined;
  const { major, argument, content } = head;
  if (major < 2) return { start: at, end: content, content, major, argument, children: [] };
  if (major < 4) {
    const end = content + argument;
    return end > limit ? undefined : { start: at, end, content, major, argument, children: [] };
  }
  const children: Item[] = [];
  let next = content;
  for (let i = 0; i < argument * (major === 5 ? 2 : 1); i++) {
    const child = itemAt(bytes, next, limit, depth + 1);
    if (!child) return undefined;
    children.push(child);
    next = child.end;
  }
  return { start: at, end: next, content, major, argument, children };
}

function headAt(bytes: Bytes, at: number, limit: number) {
  const first = bytes[at];
  if (first === undefined || at >= limit) return undefined;
  const major = first >> 5;
  const info = first & 31;
  if (major > 5 || info > 27) return undefined;
  if (info < 24) return { major, argument: info, content: at + 1 };
  const width = 2 ** (info - 24);
  if (at + 1 + width > limit) return undefined;
  const argument = Number.parseInt(hex(bytes.slice(at + 1, at + 1 + width)), 16);
  return { major, argument, content: at + 1 + width };
}

/** What is inside a byte string, read as CBOR. */
export const inside = (bytes: Bytes, item: Item | undefined): Item | undefined =>
  item?.major === 2 ? itemAt(bytes, item.content, item.end) : undefined;

/** Key and value of a map as one span, by key. */
export function member(map: Item | undefined, key: number): Item | undefined {
  if (map?.major !== 5) return undefined;
  for (let i = 0; i + 1 < map.children.length; i += 2) {
    const [name, value] = [map.children[i], map.children[i + 1]];
    const said = name?.major === 0 ? name.argument : name?.major === 1 ? -1 - name.argument : undefined;
    if (said === key && name && value) return { ...value, start: name.start };
  }
  return undefined;
}
