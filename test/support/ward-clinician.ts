import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tabletKeyOf } from '../../certs/tablets.ts';
import { TabletKey } from '../../clients/common/link/dpop.ts';
import type { TokenSource } from '../../clients/ward/sign-in.ts';
import { wardTokens } from './ward-tokens.ts';
import type { AccessToken } from '../../server/authenticate/access-token.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { type SoftwarePasskey, softwarePasskey } from '../../clients/ward/passkey.ts';
import { type PersonName, people } from '../../clients/ward/people.ts';
import type { Desk, Session } from '../../server/edge/desks/desk.ts';
import { openAttestation } from '../../server/protocol/attestation.ts';
import { type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../server/protocol/encoding/cbor.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import type { Anchors } from '../../server/protocol/anchors.ts';
import { openProfile } from '../../server/protocol/profile.ts';
import { prepareCommand, type Verified, verifySealed, type Wish } from '../../server/protocol/seal.ts';
import { encodeStatement, type Purpose, type SignedStatement } from '../../server/protocol/statement.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import type { TestDevice } from './ward-device.ts';

export interface TestClinician {
  readonly session: Session;
  readonly tablet: TabletKey;
  /** A new token of the ward's issuer for this tablet, proven to the gateway. */
  token(): Promise<AccessToken>;
  readonly passkey: SoftwarePasskey;
  prepare(device: TestDevice, wish: Wish): Promise<Bytes>;
  sign(device: TestDevice, bytes: Bytes, stages?: Stage[]): Promise<TestOutcome>;
  /** `label`: `primed` by whoever was shown the values. */
  second(device: TestDevice, draft: string, bytes: Bytes, label?: 'command' | 'primed'): Promise<TestOutcome>;
  resolve(device: TestDevice, bytes: Bytes): Promise<TestOutcome>;
  /** A statement over a fresh nonce of the gateway, signed with the passkey. */
  statement(purpose: Purpose, detail?: ReadonlyMap<number, Cbor>): Promise<SignedStatement>;
}

export type TestOutcome =
  Verified | { readonly kind: 'awaiting-second'; readonly draft: string } | { readonly kind: 'unknown' };

export const CONTEXT = { reason: 'titration', note: 'after the morning round', order: 'ORD-1' };
const { sha256 } = nodeCrypto;

/** A statement as a signing page makes it. */
export async function statementBy(
  passkey: SoftwarePasskey,
  nonce: Bytes,
  purpose: Purpose,
  detail: ReadonlyMap<number, Cbor> = new Map(),
): Promise<SignedStatement> {
  const statement = encodeStatement({ purpose, time: Math.floor(Date.now() / 1000), nonce, detail });
  const label = purpose === 'session' ? 'session' : 'statement';
  return { statement, approval: await passkey.approve(challengeFor(sha256, label, statement)) };
}

/** A session statement, as a signing page makes it for a tablet. */
export const sessionBy = (passkey: SoftwarePasskey, nonce: Bytes, key: TabletKey, scope: string) =>
  sessionOver(passkey, nonce, key.thumbprint, scope);

export const sessionOver = (
  passkey: SoftwarePasskey,
  nonce: Bytes,
  thumbprint: Bytes,
  scope: string,
): Promise<SignedStatement> =>
  statementBy(
    passkey,
    nonce,
    'session',
    new Map<number, Cbor>([
      [1, thumbprint],
      [2, scope],
    ]),
  );

/** The gateway's name in the wards of the tests. */
export const WARD_HOST = 'gate.localhost:2';

export const tabletKey = (folder: string, name: string): TabletKey =>
  new TabletKey(readFileSync(join(folder, 'keys', tabletKeyOf(name)), 'utf8'));

/** A fresh token for a tablet, with a proof that the gateway takes. */
export async function bearer(
  { signIn }: Desk,
  tokens: TokenSource,
  key: TabletKey,
  now: () => number,
): Promise<AccessToken> {
  const [method, path] = ['POST', '/v1/sessions'];
  const token = await tokens.token(key.jkt);
  const url = `http://${WARD_HOST}${path}`;
  const proof = key.prove({ method, url, token, nonce: signIn.nonce() }, now());
  return signIn.admit({ token, proof, method, path });
}

/** Signs somebody in at a tablet, and does there what a tablet does: verify first, then sign, then verify again. */
export async function signInAt(
  folder: string,
  desk: () => Desk,
  anchors: Anchors,
  name: PersonName,
  tablet: string,
  now: () => number,
): Promise<TestClinician> {
  const passkey = softwarePasskey(people(folder)[name]);
  const key = tabletKey(folder, tablet);
  const tokens = wardTokens(folder, name, WARD_HOST, now);
  const token = () => bearer(desk(), tokens, key, now);
  const open = async (): Promise<Session> => {
    const opening = await sessionBy(passkey, desk().signIn.challenge(), key, tokens.scope);
    return desk().signIn.open(await token(), opening);
  };
  let session = await open();
  /** What a tablet does all the time: a newer token, and after a restart of the gateway a new session. */
  const carryOn = async (): Promise<void> => {
    try {
      session = desk().signIn.session(await token());
    } catch (error) {
      if (error instanceof Refusal && error.code === 'E_SESSION') session = await open();
      // Whatever else it is, the call that follows says so, and the log has it.
    }
  };
  const identityOf = (device: TestDevice) =>
    parseCoseKey(sha256, desk().device(session, device.id).identity, 'identity');
  const outcome = async (device: TestDevice, bytes: Bytes, done: Awaited<ReturnType<Desk['sign']>>) =>
    done.kind === 'sealed' ? verifySealed(nodeCrypto, bytes, done.sealed, identityOf(device), anchors) : done;
  const approve = (bytes: Bytes, label: 'command' | 'primed' = 'command') =>
    passkey.approve(challengeFor(sha256, label, bytes));
  return {
    get session() {
      return session;
    },
    tablet: key,
    token,
    passkey,
    async prepare(device, wish) {
      await carryOn();
      const opened = await desk().open(session, unhex(device.id));
      const attestation = await openAttestation(nodeCrypto, opened, identityOf(device));
      const signed = desk().device(session, device.id).profile;
      const { profile, hash } = await openProfile(nodeCrypto, signed, [anchors.profileMaker]);
      const bedside = { attestation, profile, profileHash: hash };
      return prepareCommand(sha256, bedside, device.patient, wish).bytes;
    },
    async sign(device, bytes, stages = []) {
      await carryOn();
      const wish = { command: bytes, approval: await approve(bytes), context: CONTEXT };
      return outcome(device, bytes, await desk().sign(session, wish, (stage) => stages.push(stage)));
    },
    async second(device, draft, bytes, label) {
      await carryOn();
      const done = await desk().approve(session, draft, await approve(bytes, label), () => undefined);
      return outcome(device, bytes, done);
    },
    async resolve(device, bytes) {
      await carryOn();
      return outcome(device, bytes, await desk().resolve(session, unhex(device.id)));
    },
    statement: (purpose, detail) => statementBy(passkey, desk().signIn.challenge(), purpose, detail),
  };
}
