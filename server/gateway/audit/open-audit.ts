import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Sequencer } from '../../audit/sequencer.ts';
import type { Directory } from '../../authenticate/directory.ts';
import { Patients } from '../../authorize/patients.ts';
import { nodeCrypto } from '../../crypto.ts';
import type { AuditDesk } from '../../edge/desks/audit-desk.ts';
import type { Registry } from '../../fleet/registry.ts';
import type { Store } from '../../store/store.ts';
import type { Closing } from '../opening/closing.ts';
import type { LiveTrust } from '../trust/live-trust.ts';
import { PatientFolder } from '../hospital/patient-folder.ts';
import type { Reach } from '../desks/reach.ts';
import type { Records } from '../desks/records.ts';
import type { SignInRoom } from '../opening/sign-in.ts';
import type { Trust } from '../trust/trust.ts';
import { AuditRoom } from './audit-room.ts';
import { Bundles } from './bundles.ts';
import { CaseFile } from './case-file.ts';
import { Erasures } from './erasures.ts';
import { Exports } from './exports.ts';
import { LogView } from './log-view.ts';
import type { PatientVault } from './patient-vault.ts';
import { PatientLinks } from './patient-links.ts';
import { PolicyHistory, type PolicyHistoryParts } from './policy-history.ts';
import { readRetention } from './retention.ts';
import { AuditIndex } from './search.ts';
import { Unmasking } from './unmasking.ts';

export interface AuditNeeds {
  readonly store: Store;
  readonly log: Sequencer;
  readonly records: Records;
  readonly vault: PatientVault;
  readonly memory: PolicyHistoryParts['memory'];
  readonly live: LiveTrust;
  readonly trust: Trust;
  readonly signIn: SignInRoom;
  readonly directory: Directory;
  readonly registry: Registry;
  readonly closing: Closing;
  /** File of the offline verifier's page, where one was configured. */
  readonly verifier: string | undefined;
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
  readonly reach: () => Reach;
  /** Folder of the hospital's own files. */
  readonly hospital: string;
}

/** The index is begun when the gateway has other things behind it (ms); a question begins it at once. */
const START_MS = 5_000;

/** Opens what auditors use. */
export async function openAudit(need: AuditNeeds): Promise<AuditDesk> {
  const {
    store,
    log,
    records,
    vault,
    memory,
    live,
    trust,
    signIn,
    directory,
    registry,
    closing,
    now,
    random,
    reach,
  } = need;
  const { sha256 } = nodeCrypto;
  const page = need.verifier === undefined ? undefined : new Uint8Array(readFileSync(need.verifier));
  const index = new AuditIndex(store.file);
  const starting = setTimeout(() => index.start(), START_MS).unref();
  closing.add(async () => {
    clearTimeout(starting);
    await index.stop();
  });
  const policies = new PolicyHistory({ memory, index, siteOf: (device) => registry.byId(device)?.site });
  const simulated = (): boolean => live.anchors.development;
  const bundles = new Bundles({
    crypto: nodeCrypto,
    log,
    store,
    records,
    vault,
    anchors: () => live.bytes,
    simulated,
    policy: trust.policy.json,
    policies,
    page: () => page,
  });
  const hashing = () => {
    const hash = createHash('sha256');
    return {
      update: (bytes: Uint8Array) => void hash.update(bytes),
      digest: () => new Uint8Array(hash.digest()),
    };
  };
  const cases = new CaseFile({ store, log, sha256, now });
  const view = new LogView(
    log,
    nodeCrypto,
    () => live.anchors,
    (name) => records.kept(name),
  );
  const retention = await readRetention(need.hospital);
  const links = new PatientLinks({
    crypto: nodeCrypto,
    store,
    log,
    random,
    now,
    index,
    vault,
    records,
    registry,
    signIn: signIn.desk,
    at: (session, device) => reach().at(session, device),
    roots: () => live.anchors,
    witnessed: () => view.witnessed,
  });
  const directoryOfPatients = new Patients();
  const folder = new PatientFolder(need.hospital, directoryOfPatients, now);
  const unmasking = new Unmasking({
    vault,
    log,
    sha256,
    now,
    attestationOf: (command) => records.attestationOf(command),
    before: (emergency) => index.ask('beforeEmergency', emergency),
    patients: async () => {
      await folder.refresh();
      return directoryOfPatients.all;
    },
  });
  const erasures = new Erasures({ store, log, sha256, now, index, vault, cases, retention });
  return new AuditRoom({
    sha256,
    now,
    signIn: signIn.desk,
    log,
    view,
    index,
    policies,
    names: () => ({ devices: registry.all, people: [...directory.people] }),
    bundles,
    exports: new Exports({ index, vault, origin: () => live.anchors.log.origin, simulated, hashing }),
    simulated,
    cases,
    links,
    erasures,
    retention,
    vault,
    unmasking,
    verify: (signed, purpose) => signIn.sessions.statement(signed, purpose),
  });
}
