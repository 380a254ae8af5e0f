import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Storage } from './slots.ts';

/**
 * Stores a record, or throws Refusal E_STORAGE when it is not stored. A write that reported failure may still
 * have happened: only what is on record afterwards tells.
 */
export async function store(storage: Storage, record: Bytes): Promise<void> {
  try {
    await storage.save(record);
  } catch {
    const stored = await storage.load();
    if (!stored || !equal(stored, record)) {
      throw new Refusal('E_STORAGE', 'the state could not be stored', 'device');
    }
  }
}
