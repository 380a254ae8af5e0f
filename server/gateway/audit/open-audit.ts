import { createHash } from 'node:crypto';
import type { Sequencer } from '../../audit/sequencer.ts';
import type { Directory } from '../../authenticate/directory.ts';
import { nodeCrypto } from '../../crypto.ts';
import type { AuditDesk } from '../../edge/audit-desk.ts';
import type { Registry } from '../../fleet/registry.ts';
import type { Store } from '../../store/store.ts';
import type { Closing } from '../closing.ts';
import type { LiveTrust } from '../live-trust.ts';
import type { Records } from '../records.ts';
import type { SignInRoom } from '../sign-in.ts';
import type { Trust } from '../trust.ts';
import { AuditRoom } from './audit-room.ts';
import { Bundles } from './bundles.ts';
import { CaseFile } from './case-file.ts';
import { Exports } from './exports.ts';
import { LogView } from './log-view.ts';
import type { PatientVault } from './patient-vault.ts';
import { AuditIndex } from './search.ts';

export interface AuditNeeds {
  readonly store: Store;
  readonly log: Sequencer;
  readonly records: Records;
  readonly vault: PatientVault;
  readonly live: LiveTrust;
  readonly trust: Trust;
  readonly signIn: SignInRoom;
  readonly directory: Directory;
  readonly registry: Registry;
  readonly closing: Closing;
  readonly now: () => number;
}

/** The index is begun when the gateway has other things behind it (ms); a question begins it at once. */
const START_MS = 5_000;

/** Opens what auditors use. */
export function openAudit(need: AuditNeeds): AuditDesk {
  const { store, log, records, vault, live, trust, signIn, directory, registry, closing, now } = need;
  const { sha256 } = nodeCrypto;
  const index = new AuditIndex(store.file);
  const starting = setTimeout(() => index.start(), START_MS).unref();
  closing.add(async () => {
    clearTimeout(starting);
    await index.stop();
  });
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
  const hashing = () => {
    const hash = createHash('sha256');
    return {
      update: (bytes: Uint8Array) => void hash.update(bytes),
      digest: () => new Uint8Array(hash.digest()),
    };
  };
  return new AuditRoom({
    sha256,
    now,
    signIn: signIn.desk,
    log,
    view: new LogView(log, nodeCrypto, () => live.anchors),
    index,
    names: () => ({ devices: registry.all, people: [...directory.people] }),
    bundles,
    exports: new Exports({ index, vault, origin: () => live.anchors.log.origin, hashing }),
    cases: new CaseFile({ store, log, sha256, now }),
    verify: (signed, purpose) => signIn.sessions.statement(signed, purpose),
  });
}
