import { encodeEmergency, type ProvenCredential } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { type Command, encodeCommand, OPERATION } from '../../server/protocol/command.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import {
  encodeEmergencyEvidence,
  type EmergencyEvidence,
} from '../../server/protocol/evidence/emergency-evidence.ts';
import { issueReceipt, type Receipt, RESULT } from '../../server/protocol/receipt.ts';
import { type Case, listingOf } from '../support/evidence.ts';
import { approve, draft, enrol, NOW, type Person } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { damaged } from './plain-cases.ts';
import { flipped, good, type Vector, vector } from './vector-file.ts';

/** The evidence of an emergency. Its entries are the last of the log: nothing that was made before changes by them. */
export async function emergencyCases(whole: Case): Promise<Record<string, Vector[]>> {
  const { world, evidence } = whole;
  const { settings, emergencyNonce, receiptNumber, lastReceipt, counter } = world.attestation;
  const zero = (size: number): Bytes => new Uint8Array(size);
  const asked = (changes: Partial<Command> = {}): Bytes =>
    encodeCommand(
      draft(world, {
        nonce: emergencyNonce,
        counter: 0,
        profile: zero(32),
        settings: zero(32),
        operation: OPERATION.safeMode,
        changes: new Map(),
        patient: zero(32),
        ...changes,
      }),
    );
  const { alice, bob } = world;
  const safe = new Map([...settings, ...world.profile.safeState]);
  /** Everything about one use of the door fits together, but for what is said: each lie is told in one place, or in all. */
  const made = async (lie: Lie = {}): Promise<EmergencyEvidence> => {
    const { command = asked(), by = alice, credential = alice.proven, named } = lie;
    const approval = await approve(by, command);
    const kids = [named ?? approval.kid];
    const hash = nodeCrypto.sha256(command);
    const said: Receipt = {
      device: world.deviceId,
      result: 'applied',
      command: hash,
      kids,
      number: receiptNumber + 1,
      counter,
      before: settings,
      after: safe,
      readBack: safe,
      previous: lastReceipt,
      ticks: 1_020,
      ...lie.receipt,
    };
    const receipt = await issueReceipt(said, world.device);
    const index = world.log.append({
      type: 'emergency',
      time: NOW * 1000 + 2,
      device: world.deviceId,
      command: hash,
      kids,
      digest: nodeCrypto.sha256(receipt),
      number: said.number,
      result: RESULT[said.result],
      ...lie.entry,
    });
    return {
      anchors: world.anchorsBytes,
      profile: world.profileBytes,
      message: encodeEmergency({
        command,
        approval: { ...approval, kid: named ?? approval.kid },
        credential,
      }),
      receipt,
      entry: await world.log.proof(index, NOW + 2),
      deviceKey: coseKey(world.device.key.alg, world.device.key.raw),
      listing: await listingOf(world),
    };
  };
  const whoever = (name: string, changes: Parameters<typeof enrol>[4]): Promise<Person> =>
    enrol(world.log, world.authority, name, 0, changes);
  const helper = await whoever('helper', { roles: ROLE.clinician });
  const former = await whoever('former', { notBefore: NOW - 90 * DAY, notAfter: NOW - 31 * DAY });
  const honest = await made();
  const bytes = encodeEmergencyEvidence(honest);
  const but = (changes: Partial<EmergencyEvidence>): Bytes =>
    encodeEmergencyEvidence({ ...honest, ...changes });
  const told = async (name: string, expect: Vector['expect'], lie: Lie, note: string): Promise<Vector> =>
    vector(name, encodeEmergencyEvidence(await made(lie)), expect, note);
  const stranger = testSigner('stranger').key;
  const device = 'E_DEVICE_IDENTITY';
  const [[code = 0, value = 0] = []] = world.profile.safeState;
  const unsafe = new Map([...safe, [code, value + 1]]);
  const chosen = asked({ changes: new Map([[code, value]]) });
  const as = (person: Person): Lie => ({ by: person, credential: person.proven });
  return {
    'emergency-evidence': [
      good(bytes, 'from anchors to the entry that followed'),
      await told('adjusted', 'ok', { receipt: { result: 'applied-modified', readBack: unsafe } }, 'the device says openly that it adjusted a value'),
      await told('parameter', 'E_CMD_SCHEMA', { command: chosen }, 'the safe mode takes none'),
      await told('operation', 'E_BREAKGLASS_SCOPE', { command: asked({ operation: OPERATION.stop }) }, 'the door knows the safe mode alone'),
      await told('other person', 'E_ASSERTION', { by: bob }, 'not signed by whose credential it is'),
      await told('other name', 'E_ASSERTION', { named: bob.signer.key.kid }, 'signed by one, and put down to another everywhere'),
      await told('role', 'E_ROLE', as(helper), 'not certified for emergencies'),
      await told('expired', 'E_ASSERTION_CRED', as(former), 'certified until 31 days before'),
      await told('granted', device, { receipt: { grant: testBytes('grant id', 16) } }, 'the receipt names a grant'),
      await told('refused', device, { receipt: { result: 'refused', code: 'E_RATE' } }, 'the device did not do it'),
      await told('receipt of another', device, { receipt: { device: testBytes('another', 8) } }, 'the receipt names another device'),
      await told('unsafe', device, { receipt: { result: 'applied-modified', after: unsafe, readBack: unsafe } }, 'not the safe state of its maker'),
      await told('read back', device, { receipt: { readBack: unsafe } }, 'the read-back differs, and nobody says so'),
      await told('entry of another', 'E_LOG_PROOF', { entry: { device: testBytes('another', 8) } }, 'the entry names another device'),
      await told('entry of another number', 'E_LOG_PROOF', { entry: { number: receiptNumber + 2 } }, 'the entry names another receipt number'),
      await told('entry of another outcome', 'E_LOG_PROOF', { entry: { result: RESULT['applied-modified'] } }, 'the entry tells another outcome'),
      vector('other entry', but({ entry: evidence.outcome }), 'E_LOG_PROOF', 'the entry tells of no emergency'),
      vector('other device key', but({ deviceKey: coseKey(stranger.alg, stranger.raw) }), device, 'the receipt is not by this key'),
      good(but({ listing: undefined }), 'the key is to be held against the enrolment', 'no listing'),
      vector('listing of another', but({ listing: await listingOf(world, { id: testBytes('another', 8) }) }), 'E_NOT_ENROLLED', 'the authority lists another device'),
      vector('listing with another key', but({ listing: await listingOf(world, { identityKey: coseKey(stranger.alg, stranger.raw) }) }), 'E_NOT_ENROLLED', 'the authority lists another key'),
      vector('listing by a stranger', but({ listing: await listingOf(world, {}, testSigner('stranger')) }), 'E_NOT_ENROLLED', 'no authority signed the listing'),
      vector('profile', but({ profile: flipped(honest.profile, -1) }), 'E_PROFILE', 'not signed by the maker'),
      ...damaged(bytes, 'E_CMD_MALFORMED').slice(1),
    ], // prettier-ignore
  };
}

const DAY = 86_400;

/** What is otherwise than it should be. */
interface Lie {
  readonly command?: Bytes;
  readonly by?: Person;
  readonly credential?: ProvenCredential;
  /** The passkey that approval, receipt and entry name, whoever signed. */
  readonly named?: Bytes;
  readonly receipt?: Partial<Receipt>;
  readonly entry?: { readonly device?: Bytes; readonly number?: number; readonly result?: number };
}
