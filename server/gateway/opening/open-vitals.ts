import { basename } from 'node:path';
import { nodeCrypto } from '../../crypto.ts';
import { LIMITS } from '../../limits.ts';
import { fileAside, mend, takenOver } from '../../monitor/mend.ts';
import { isDamage, StoreDamaged } from '../../store/errors.ts';
import { isEmpty, isMarked, leftIn, setAside } from '../../store/set-aside.ts';
import { openStore, type Store } from '../../store/store.ts';
import { VITALS_NAME, vitalsStore } from '../../store/vitals-schema.ts';

/**
 * Opens the store of measurements in the gateway's folder. Nothing in it ever keeps the gateway from starting: what is
 * damaged is put aside, kept, and told; where the file itself is damaged, all of it is, and a new one begins.
 */
export function openVitals(folder: string, now: number): Store {
  const most = LIMITS.telemetryStore.max;
  try {
    if (isMarked(folder, VITALS_NAME)) throw new StoreDamaged('it was found damaged while it was used');
    if (isEmpty(folder, VITALS_NAME)) throw new StoreDamaged('it was cut to nothing');
    return openStore(
      folder,
      vitalsStore(most, (reader) => mend(reader, nodeCrypto.sha256, now)),
    );
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  const { file, since } = setAside(folder, VITALS_NAME, now);
  const aside = fileAside(basename(file), since, now);
  const left = leftIn(file, [], (table, ask) => takenOver(table, ask, since, now));
  try {
    return openStore(
      folder,
      vitalsStore(most, () => [...left, aside]),
    );
  } catch {
    // Not even what seemed to be readable fits.
    return openStore(
      folder,
      vitalsStore(most, () => [aside]),
    );
  }
}
