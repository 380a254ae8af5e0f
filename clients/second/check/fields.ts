import { type Bytes, Wrong } from './bytes.ts';
import { isMap, type Item, read } from './cbor.ts';

const MAX_32 = 0xffff_ffff;

const isList = (item: Item | undefined): item is readonly Item[] => Array.isArray(item);

export function list(item: Item | undefined, least = 0, most = 64): readonly Item[] {
  if (!isList(item) || item.length < least || item.length > most) throw new Wrong('expected a list');
  return item;
}

export function bytes(item: Item | undefined, size?: number): Bytes {
  if (!(item instanceof Uint8Array) || (size !== undefined && item.length !== size))
    throw new Wrong('expected bytes');
  return item;
}

export function text(item: Item | undefined): string {
  if (typeof item !== 'string') throw new Wrong('expected a text');
  return item;
}

export function whole(item: Item | undefined, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof item !== 'number' || item < least || item > most) throw new Wrong('expected a number');
  return item;
}

/** A map of settings: code to value in the profile's own steps. */
export function settings(item: Item | undefined): ReadonlyMap<number, number> {
  if (!isMap(item) || item.size > 64) throw new Wrong('expected settings');
  return new Map(
    Array.from(item, ([code, value]) => [whole(code, 0, MAX_32), whole(value, -(2 ** 31), 2 ** 31 - 1)]),
  );
}

/** A message that is one map with exactly these keys; `may` can be missing. Throws Wrong for any other. */
export function fields(message: Bytes, must: readonly number[], may: readonly number[] = []) {
  const map = read(message);
  if (!isMap(map)) throw new Wrong('expected a map');
  if (!must.every((key) => map.has(key))) throw new Wrong('a message lacks a field');
  if ([...map.keys()].some((key) => !must.includes(key) && !may.includes(key)))
    throw new Wrong('a message has a field that does not belong there');
  return map;
}
