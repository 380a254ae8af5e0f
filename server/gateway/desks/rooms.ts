import type { Person } from '../../authenticate/authenticated.ts';
import type { Directory } from '../../authenticate/directory.ts';
import { Patients } from '../../authorize/patients.ts';
import { allowsPrimed } from '../../authorize/policy.ts';
import { className } from '../../broker/situation.ts';
import type { BreakGlass } from '../../authorize/break-glass.ts';
import type { BuildDesk } from '../../edge/desks/build-desk.ts';
import type { GlassDesk } from '../../edge/desks/glass-desk.ts';
import type { HistoryDesk } from '../../edge/desks/history-desk.ts';
import type { InboxDesk } from '../../edge/desks/inbox-desk.ts';
import type { PatientDesk } from '../../edge/desks/patient-desk.ts';
import type { RefusalDesk } from '../../edge/desks/refusal-desk.ts';
import type { ReviewDesk } from '../../edge/desks/review-desk.ts';
import type { Anchors } from '../../protocol/anchors.ts';
import { type Bytes, equal } from '../../protocol/encoding/bytes.ts';
import type { Store } from '../../store/store.ts';
import type { Closing } from '../opening/closing.ts';
import type { Contacts } from '../devices/contacts.ts';
import type { FrontDesk } from './front-desk.ts';
import { Inbox, type InboxParts } from './inbox.ts';
import { type Monitoring, type MonitoringParts, openMonitoring } from '../watch/monitoring.ts';
import { Builds } from './builds.ts';
import { GlassRoom } from './glass-room.ts';
import { historyOf, type HistoryParts } from './history.ts';
import type { KnownPeers } from '../trust/known-peers.ts';
import type { Policy } from '../../authorize/policy-file.ts';
import { PatientFolder } from '../hospital/patient-folder.ts';
import { type PatientParts, PatientRoom } from './patient-room.ts';
import { OnCall } from '../hospital/on-call.ts';
import { PeopleNames } from '../hospital/people-names.ts';
import { Progress } from './progress.ts';
import type { Reach } from './reach.ts';
import { type ReaderParts, ReaderRoom } from './reader-room.ts';
import { type Asking, type ReviewParts, Reviews } from './reviews.ts';
import { Told, type ToldParts } from './told.ts';
import { ReaderWards } from '../hospital/reader-wards.ts';
import { SeenRefusals } from './seen-refusals.ts';

/** What a tablet at the bedside needs beside commands. */
export interface Rooms {
  readonly patients: PatientDesk;
  readonly inbox: InboxDesk;
  readonly readers: ReaderRoom;
  readonly progress: Progress;
  readonly glass: GlassDesk;
  readonly builds: BuildDesk;
  readonly history: HistoryDesk;
  readonly monitoring: Monitoring;
  readonly refusals: RefusalDesk;
  readonly reviews: ReviewDesk;
  /** Whose passkey it is, by name; undefined for who has none here. */
  readonly signerName: (kid: Bytes) => string | undefined;
}

/** What the rooms make for each other. */
type Own =
  | 'wards'
  | 'wardOf'
  | 'patients'
  | 'tagOf'
  | 'nameOf'
  | 'patientOf'
  | 'maybePrimed'
  | 'labels'
  | 'station'
  | 'maySee'
  | 'announce';
/** What monitoring is given by the rooms. */
type Monitored = 'monitorOnly' | 'patientNamed' | 'second' | 'boardNames' | 'signerName' | 'read';
type Parts = Pick<ReviewParts, 'emergencies'> &
  Omit<PatientParts, 'patients' | 'folder' | 'opens' | 'signerName'> &
  Omit<ReaderParts & InboxParts & MonitoringParts, Own | Monitored>;

export type RoomsNeed = Parts & {
  /** Folder of the hospital's own files. */
  readonly hospital: string;
  readonly closing: Closing;
  readonly reach: Reach;
  readonly glass: BreakGlass;
  readonly directory: Directory;
  readonly store: Pick<Store, 'reader'>;
  readonly signIn: ToldParts['signIn'];
  readonly log: HistoryParts['log'];
  readonly memory: { recall: HistoryParts['recall'] };
  readonly policy: () => Policy;
  readonly live: { readonly anchors: Pick<Anchors, 'primedChecks'> };
  /** These are made after the rooms. */
  readonly peers: () => KnownPeers;
  readonly contacts: () => Contacts;
  readonly desk: () => FrontDesk;
};

/** Admissions and moves to another bed are known after this time at the latest. */
const PATIENTS_MS = 10_000;

/** Opens them. A directory of patients that does not read keeps nobody from the gateway: it says so, and goes on. */
export async function openRooms(need: RoomsNeed): Promise<Rooms> {
  const { hospital, program, closing, reach, peers, contacts, desk, surprised } = need;
  const names = new PeopleNames(hospital);
  const personOf = (kid: Bytes): Person | undefined =>
    [...need.directory.people].find(({ credential }) => equal(credential.key.kid, kid));
  const nameOf = (subject: string): string | undefined => names.of(subject);
  const signerName = (kid: Bytes): string | undefined => {
    const subject = personOf(kid)?.subject;
    return subject === undefined ? undefined : nameOf(subject);
  };
  const known = new Patients();
  const patients = new PatientRoom({
    ...need,
    patients: known,
    signerName,
    opens: (subject, patient) => need.glass.opensPatient(subject, patient, need.now()),
    folder: new PatientFolder(hospital, known, need.now),
  });
  const onCall = new OnCall(hospital);
  const wards = new ReaderWards(hospital);
  const builds = new Builds(need);
  let before = '';
  const refresh = async (): Promise<void> => {
    const lists = [
      await builds.refresh(),
      await names.refresh(),
      await onCall.refresh(),
      await wards.refresh(),
      await patients.refresh(),
    ];
    const faults = lists.flat().join('; ');
    if (faults !== '' && faults !== before) program.warn('hospital files', { reason: faults });
    before = faults;
  };
  await refresh();
  const beat = setInterval(() => void refresh().catch(surprised), PATIENTS_MS);
  closing.add(() => clearInterval(beat));
  const maySee = (session: Asking, device: string) => reach.maySee(session, device);
  const announce: MonitoringParts['announce'] = (event, device, only) => desk().announce(event, device, only);
  const patientNamed = (device: string) => known.all.find(({ devices }) => devices.includes(device));
  const monitoring = openMonitoring({
    ...need,
    maySee,
    announce,
    monitorOnly: () => need.policy().signs.monitorOnly,
    patientNamed,
    second(device) {
      const subject = onCall.of(patientNamed(device)?.ward ?? '');
      return subject === undefined ? undefined : { subject, name: names.of(subject) ?? 'a second clinician' };
    },
    patientOf: (session, device) => patients.ofDevice(session, device),
    boardNames: () => need.policy().board.names,
    signerName,
    read: (session, what) => patients.recordRead(session, what),
  });
  closing.add(() => monitoring.stop());
  const inbox = new Inbox({
    ...need,
    nameOf: (subject) => names.of(subject),
    patientOf: (session, device) => patients.ofDevice(session, device),
    maybePrimed: (site, operation) =>
      need.live.anchors.primedChecks === true && allowsPrimed(need.policy(), site, className(operation)),
    announce,
  });
  const readers = new ReaderRoom({
    ...need,
    labels: () => peers().labels,
    station: (label) => contacts().station(label),
    maySee,
    tagOf: (session, id, salt) => patients.tagOf(session, id, salt),
    wards,
    wardOf: (session, id) => patients.wardOf(session, id),
  });
  const history: HistoryDesk = {
    of: (session, id, asked) =>
      historyOf(
        { ...need, recall: (name) => need.memory.recall(name), personOf, nameOf },
        reach.at(session, id).device.id,
        asked,
      ),
  };
  const told = new Told({ ...need, nameOf });
  const reviews = new Reviews({
    ...need,
    told,
    maySee,
    personOf,
    nameOf,
    patientOf: (session, device) => patients.ofDevice(session, device),
  });
  const glass = new GlassRoom({
    ...need,
    patients,
    nameOf,
    maySee,
    tell: (event, device, isFor) => desk().watchers.tell(event, device, isFor),
    told,
  });
  const progress = new Progress({ ...need, maySee });
  const refusals = new SeenRefusals({ ...need, keepsMessages: () => need.policy().simulation });
  const desks = { inbox, readers, progress, builds, history, refusals, reviews };
  return { ...desks, patients, glass, monitoring, signerName };
}
