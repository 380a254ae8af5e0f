import { Patients } from '../authorize/patients.ts';
import type { PatientDesk } from '../edge/patient-desk.ts';
import type { Closing } from './closing.ts';
import { type Monitoring, type MonitoringParts, openMonitoring } from './monitoring.ts';
import { PatientFolder } from './patient-folder.ts';
import { type PatientParts, PatientRoom } from './patient-room.ts';
import type { GatewayLog } from './program-log.ts';
import { type ReaderParts, ReaderRoom } from './reader-room.ts';

/** What a tablet at the bedside needs beside commands. */
export interface Rooms {
  readonly patients: PatientDesk;
  readonly readers: ReaderRoom;
  readonly monitoring: Monitoring;
}

export interface RoomsNeed
  extends Omit<PatientParts, 'patients' | 'folder'>, Omit<ReaderParts, 'tagOf'>, MonitoringParts {
  /** Folder of the hospital's own files. */
  readonly hospital: string;
  readonly program: GatewayLog;
  readonly closing: Closing;
}

/** Admissions and moves to another bed are known after this time at the latest. */
const PATIENTS_MS = 10_000;

/** Opens them. A directory of patients that does not read keeps nobody from the gateway: it says so, and goes on. */
export async function openRooms(need: RoomsNeed): Promise<Rooms> {
  const { hospital, program, closing, surprised } = need;
  const known = new Patients();
  const patients = new PatientRoom({
    ...need,
    patients: known,
    folder: new PatientFolder(hospital, known),
  });
  let before = '';
  const refresh = async (): Promise<void> => {
    const faults = (await patients.refresh()).join('; ');
    if (faults !== '' && faults !== before) program.warn('patients', { reason: faults });
    before = faults;
  };
  await refresh();
  const beat = setInterval(() => void refresh().catch(surprised), PATIENTS_MS);
  closing.add(() => clearInterval(beat));
  const tagOf: ReaderParts['tagOf'] = (session, id, salt) => patients.tagOf(session, id, salt);
  const monitoring = openMonitoring(need);
  closing.add(() => monitoring.stop());
  return { patients, readers: new ReaderRoom({ ...need, tagOf }), monitoring };
}
