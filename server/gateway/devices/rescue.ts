import type { Bedside } from '../../broker/bedside.ts';
import { Emergencies } from '../../broker/emergencies.ts';
import { nodeCrypto } from '../../crypto.ts';
import { encodeSigned } from '../../protocol/statement.ts';
import { saidName } from '../desks/history.ts';
import type { Memory } from '../opening/memory.ts';
import type { Directory } from '../../authenticate/directory.ts';
import type { ProvenCredential } from '../../protocol/bundle.ts';
import { hex, utf8 } from '../../protocol/encoding/bytes.ts';
import { ROLE } from '../../protocol/credential.ts';
import type { ToStation } from '../../protocol/link/station.ts';

/** What reader stations keep for an emergency. `mark` changes when any of it does. */
export interface ForEmergencies {
  readonly mark: string;
  readonly messages: readonly Exclude<ToStation, { kind: 'request' } | { kind: 'signal' }>[];
}

/** What happens after an emergency, with what this gateway remembers; reviews that a restart found open are open. */
export function emergenciesOf(
  memory: Memory,
  bedsides: ReadonlyMap<string, Bedside>,
  parts: Pick<ConstructorParameters<typeof Emergencies>[0], 'now' | 'verify' | 'tell'>,
): Emergencies {
  const emergencies = new Emergencies({
    ...parts,
    crypto: nodeCrypto,
    bedside: (id) => bedsides.get(id),
    announce: (name, entry) => memory.announceDurably(name, entry),
    said: (entry, device, signed, also) => {
      const digest = nodeCrypto.sha256(signed.statement);
      const names = [saidName(digest), ...(also === undefined ? [] : [also])];
      const kept = names.map((name) => memory.mark(name, encodeSigned(signed)));
      return memory.announceDurably(`review ${hex(digest)}`, entry, { device, kept });
    },
    keep: (name, value) => memory.keep(name, value),
    recall: (name) => memory.recall(name),
  });
  emergencies.recall(bedsides.values());
  return emergencies;
}

/** The revocation list, and everybody with the emergency role whose issuance is proven. */
export function rescueFrom(directory: Directory): ForEmergencies {
  const { list, bytes } = directory.status;
  const rescuers = [...directory.people].flatMap((person): readonly ProvenCredential[] => {
    const proof = directory.proofOf(person);
    const rescues = (person.credential.roles & ROLE.emergency) !== 0;
    return rescues && proof ? [{ credential: person.certificate, proof }] : [];
  });
  return {
    mark: `${list.version} ${rescuers.map(({ proof }) => `${proof.index} ${hex(nodeCrypto.sha256(utf8(proof.checkpoint)))}`).join()}`,
    messages: [
      { kind: 'status', status: bytes },
      ...rescuers.map((proven) => ({ kind: 'rescuer' as const, proven })),
    ],
  };
}
