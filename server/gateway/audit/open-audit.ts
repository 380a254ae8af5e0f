import type { Sequencer } from '../../audit/sequencer.ts';
import { nodeCrypto } from '../../crypto.ts';
import type { AuditDesk } from '../../edge/audit-desk.ts';
import type { Store } from '../../store/store.ts';
import type { LiveTrust } from '../live-trust.ts';
import type { Records } from '../records.ts';
import type { SignInDesk } from '../sign-in-desk.ts';
import type { Trust } from '../trust.ts';
import { AuditRoom } from './audit-room.ts';
import { Bundles } from './bundles.ts';
import type { PatientVault } from './patient-vault.ts';

export interface AuditNeeds {
  readonly store: Store;
  readonly log: Sequencer;
  readonly records: Records;
  readonly vault: PatientVault;
  readonly live: LiveTrust;
  readonly trust: Trust;
  readonly signIn: { readonly desk: SignInDesk };
  readonly now: () => number;
}

/** Opens what auditors use. */
export function openAudit({ store, log, records, vault, live, trust, signIn, now }: AuditNeeds): AuditDesk {
  const bundles = new Bundles({
    crypto: nodeCrypto,
    log,
    store,
    records,
    vault,
    anchors: () => live.bytes,
    policy: trust.policy.json,
    page: () => undefined,
  });
  return new AuditRoom({ sha256: nodeCrypto.sha256, now, signIn: signIn.desk, log, bundles });
}
