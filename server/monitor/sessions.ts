import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import type { Store } from '../store/store.ts';
import { readDescription } from './block.ts';
import { Chain } from './chain.ts';
import type { Source } from './packing.ts';

/** Where a device's newest session stands, as the store has it: what came after is sent again by the device. */
export function resumeChain(
  store: Pick<Store, 'reader'>,
  sha256: Sha256,
  device: Bytes,
): { readonly source: Source; readonly chain: Chain } | undefined {
  const row = store
    .reader('SELECT id, session, described, signed FROM session WHERE device = ? ORDER BY id DESC LIMIT 1')
    .get(device);
  const session = row?.['session'];
  if (!row || !(session instanceof Uint8Array)) return undefined;
  const id = Number(row['id']);
  const recent = store
    .reader('SELECT number, bytes FROM recent WHERE source = ? ORDER BY id DESC LIMIT 1')
    .get(id);
  const block = store
    .reader('SELECT last AS number, hash FROM block WHERE source = ? ORDER BY last DESC LIMIT 1')
    .get(id);
  const gap = store.reader('SELECT max(next) AS next FROM gap WHERE source = ?').get(id);
  const last = [recent, block].toSorted((a, b) => Number(b?.['number'] ?? 0) - Number(a?.['number'] ?? 0))[0];
  const bytes = last?.['bytes'];
  const hash = bytes instanceof Uint8Array ? sha256(bytes) : last?.['hash'];
  const number = Number(last?.['number'] ?? 0);
  const skipped = Number(gap?.['next'] ?? 0) - 1;
  const start = {
    number: Math.max(number, skipped),
    hash: hash instanceof Uint8Array && number > skipped ? hash : undefined,
    signed: Number(row['signed']),
    described: readDescription(row['described']),
  };
  return { source: { id, device, session }, chain: new Chain(session, start) };
}

/** Has this session of a device been seen, and another one since? Then it is over: what claims to be it is a replay. */
export const isKnownSession = (store: Pick<Store, 'reader'>, device: Bytes, session: Bytes): boolean =>
  store.reader('SELECT 1 FROM session WHERE device = ? AND session = ?').get(device, session) !== undefined;
