import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authenticated, type Person } from '../../server/authenticate/authenticated.ts';
import { CareRelations } from '../../server/authorize/care-relation.ts';
import type { LoadedPolicy } from '../../server/authorize/policy.ts';
import { parsePolicy } from '../../server/authorize/policy-file.ts';
import { RateLimits } from '../../server/authorize/rate-limits.ts';
import type { CommandRequest, DeviceFacts } from '../../server/authorize/request.ts';
import type { Rules } from '../../server/authorize/rule.ts';
import { type Approval, verifyApproval } from '../../server/protocol/approval.ts';
import { type Bytes, equal, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../server/protocol/encoding/cbor.ts';
import { challengeFor, encodeCommand, OPERATION, parseCommand } from '../../server/protocol/command.ts';
import { type Credential, ROLE } from '../../server/protocol/credential.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { encodeStatement, type Purpose, type SignedStatement } from '../../server/protocol/statement.ts';
import { openStore, type Store } from '../../server/store/store.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { assertion } from '../support/passkey.ts';
import { testProfile } from '../support/profile.ts';

export const { sha256 } = nodeCrypto;
/** Unix ms of every decision here, three days after the credentials began. */
export const NOW = 1_790_000_000_000;
const DAY = 86_400;
export const DEVICE = testBytes('authorize device', 8);
export const DEVICE_ID = hex(DEVICE);

export interface Staff extends Person {
  readonly signer: Signer;
  readonly site: { readonly origin: string; readonly rpId: string };
}

/** A person with a passkey, as `authenticate` would find them. */
export function staff(name: string, changes: Partial<Credential> = {}): Staff {
  const signer = testSigner(name);
  const rpId = `${name}.countersign.test`;
  const credential: Credential = {
    subject: testBytes(`subject ${name}`, 16),
    roles: ROLE.clinician | ROLE.second,
    key: signer.key,
    rpIdHash: sha256(utf8(rpId)),
    backupEligible: false,
    notBefore: NOW / 1000 - 3 * DAY,
    notAfter: NOW / 1000 + 300 * DAY,
    serial: 1,
    marks: 0,
    ...changes,
  };
  const site = { origin: `https://${rpId}`, rpId };
  return { credential, certificate: utf8(name), subject: hex(credential.subject), signer, site };
}

export const alice = staff('alice');
export const bob = staff('bob');
export const olga = staff('olga', { roles: ROLE.operator });
export const oscar = staff('oscar', { roles: ROLE.operator });
export const audra = staff('audra', { roles: ROLE.auditor });
const EVERYBODY = [alice, bob, olga, oscar, audra];

/** Command bytes; `to` is the new value of setting 7. */
export const commandBytes = (to = 70, changes: Partial<Parameters<typeof encodeCommand>[0]> = {}): Bytes =>
  encodeCommand({
    device: DEVICE,
    nonce: testBytes('nonce', 16),
    counter: 5,
    profile: testBytes('profile'),
    settings: testBytes('settings'),
    operation: OPERATION.program,
    changes: new Map([[7, to]]),
    patient: testBytes('patient'),
    ...changes,
  });

export const approvalOf = (person: Staff, command: Bytes): Promise<Approval> =>
  assertion({ sha256 }, person.signer, person.site, challengeFor(sha256, 'command', command));

const FACTS: DeviceFacts = {
  id: DEVICE_ID,
  model: 'Simulated pacemaker',
  site: 'ward-3',
  profile: testProfile,
  charge: 80,
  posture: 'enrolled',
  unknown: false,
  review: false,
  lastApplied: new Map(),
};

export interface Wish extends Partial<Omit<CommandRequest, 'who' | 'device'>> {
  readonly people?: readonly Staff[];
  readonly command?: Bytes;
  readonly device?: Partial<DeviceFacts>;
  /** The second was shown the values. */
  readonly primed?: boolean;
}

/** Somebody who is signed in with all their roles, or with some. */
export const asker = ({ subject, credential }: Person, roles = credential.roles) => ({ subject, roles });

/** A request every rule of the default policy allows; `wish` breaks it in one place. */
export function request({
  people,
  device,
  command: bytes = commandBytes(),
  primed,
  ...wish
}: Wish = {}): CommandRequest {
  const tier = wish.tier ?? 1;
  const who = people ?? (tier === 2 ? [alice, bob] : [alice]);
  return {
    who: Authenticated.mint(bytes, sha256(bytes), parseCommand(bytes), [], who, primed),
    device: { ...FACTS, ...device },
    tier,
    commandClass: 'program',
    lowers: false,
    waits: true,
    context: { reason: 'titration', note: 'Rate raised after the round', order: '' },
    tablets: who.map((_, at) => `tablet-${at + 1}`),
    roles: who.at(-1)?.credential.roles ?? 0,
    now: NOW,
    ...wish,
  };
}

/** One of the two policies that come with the program; `edit` changes it before it is read. */
export async function policyBytes(
  name: 'default' | 'demo' = 'default',
  edit: (text: string) => string = (text) => text,
): Promise<Bytes> {
  const url = new URL(`../../server/authorize/${name}-policy.json`, import.meta.url);
  return utf8(edit(await readFile(url, 'utf8')));
}

export async function policy(edit?: (text: string) => string): Promise<LoadedPolicy> {
  const json = await policyBytes('default', edit);
  return { policy: parsePolicy(json), hash: sha256(json), kids: [olga.credential.key.kid] };
}

/** Everybody here cares for the device. */
export const careForAll = (): CareRelations =>
  new CareRelations(utf8(JSON.stringify(Object.fromEntries(EVERYBODY.map((p) => [p.subject, [DEVICE_ID]])))));

export const NO_LOCKS = { check: (): void => undefined };

/** Rules that allow `request()`. */
export async function rules(store: Store, changes: Partial<Rules> = {}): Promise<Rules> {
  return {
    policy: await policy(),
    care: careForAll(),
    glass: { opens: () => false },
    locks: NO_LOCKS,
    rates: await RateLimits.open(store, NOW),
    ...changes,
  };
}

let statements = 0;

export async function sign(
  person: Staff,
  purpose: Purpose,
  detail: readonly (readonly [number, Cbor])[],
): Promise<SignedStatement> {
  const nonce = testBytes(`statement ${(statements += 1)}`, 16);
  const statement = encodeStatement({ purpose, time: NOW / 1000, nonce, detail: new Map(detail) });
  const challenge = challengeFor(sha256, 'statement', statement);
  return { statement, approval: await assertion({ sha256 }, person.signer, person.site, challenge) };
}

/** Whose passkey signed a statement; E_ASSERTION_CRED for strangers, E_ASSERTION for a signature that does not fit. */
export async function verify({ statement, approval }: SignedStatement): Promise<Person> {
  const person = EVERYBODY.find(({ credential }) => equal(credential.key.kid, approval.kid));
  if (!person) throw new Refusal('E_ASSERTION_CRED', 'nobody we know');
  const challenge = challengeFor(sha256, 'statement', statement);
  await verifyApproval(nodeCrypto, approval, person.credential.key, challenge, person.site, false);
  return person;
}

let drawn = 0;
/** Different bytes each time, the same in each run. */
export const random = (size: number): Bytes => testBytes(`random ${(drawn += 1)}`, size);

export const refusal = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code;
export const saying = (code: string, why: RegExp) => (error: unknown) =>
  error instanceof Refusal && error.code === code && why.test(error.why);

/** A real store in a folder of its own, which can be restarted; removed after the test file's suite. */
export class TestStore {
  readonly #folder: string;
  #store: Store;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#store = openStore(folder);
  }

  static async make(): Promise<TestStore> {
    return new TestStore(await mkdtemp(join(tmpdir(), 'countersign-authorize-')));
  }

  get now(): Store {
    return this.#store;
  }

  async restart(): Promise<Store> {
    await this.#store.stop();
    this.#store = openStore(this.#folder);
    return this.#store;
  }

  async remove(): Promise<void> {
    await this.#store.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Only the reading side, for stores that fail to write. */
export const readerOf =
  (store: TestStore): Store['reader'] =>
  (sql) =>
    store.now.reader(sql);
