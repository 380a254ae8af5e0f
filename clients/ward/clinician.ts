import { z } from 'zod';
import { type Anchors, readAnchors } from '../../server/protocol/anchors.ts';
import { openAttestation } from '../../server/protocol/attestation.ts';
import { type Bytes, base64url, hex, unbase64url, unhex } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import { openListingOf } from '../../server/protocol/fleet/listing.ts';
import { openProfile, type Profile } from '../../server/protocol/profile.ts';
import { prepareCommand, type Verified, verifySealed, type Wish } from '../../server/protocol/seal.ts';
import { encodeStatement, type Purpose, type SignedStatement } from '../../server/protocol/statement.ts';
import type { Context, Reply, Stage } from '../../server/protocol/stream.ts';
import { Stream } from '../common/link/stream.ts';
import type { Attestation } from '../../server/protocol/attestation.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { GatewayHttp, type Place } from './gateway-http.ts';
import type { SoftwarePasskey } from './passkey.ts';

const { sha256 } = nodeCrypto;

/** Where the gateway is, and who sits at which tablet. */
export interface Seat extends Place {
  readonly passkey: SoftwarePasskey;
  /** Anchors the tablet was set up with: it trusts the gateway with none of them. */
  readonly anchors: Bytes;
}

/** A device as this tablet verified it. */
export interface OpenDevice {
  readonly id: Bytes;
  readonly name: string;
  readonly identity: PublicKey;
  readonly attestation: Attestation;
  readonly profile: Profile;
  readonly profileHash: Bytes;
}

/** What came of a signed command, as far as this tablet could verify. */
export type Outcome =
  Verified | { readonly kind: 'awaiting-second'; readonly draft: string } | { readonly kind: 'unknown' };

/**
 * A clinician's tablet without a screen: it signs in, verifies what devices and gateway say, builds and signs
 * the exact bytes, and believes an outcome only when receipt, read-back and log proof fit.
 */
export class Clinician {
  readonly #seat: Seat;
  readonly #http: GatewayHttp;
  readonly #anchors: Anchors;
  readonly #stream: Stream;
  readonly #rest: () => void;

  private constructor(seat: Seat, http: GatewayHttp, stream: Stream) {
    this.#seat = seat;
    this.#http = http;
    this.#stream = stream;
    this.#rest = http.carryOn();
    this.#anchors = readAnchors(nodeCrypto, seat.anchors);
  }

  /**
   * Signs in: with a token of the issuer for this tablet's key, and a session statement by the signing passkey; then
   * opens the stream. Throws Refusal with the gateway's code.
   */
  static async signIn(seat: Seat): Promise<Clinician> {
    const http = new GatewayHttp(seat);
    await openSession(seat, http);
    return new Clinician(seat, http, await openStream(seat, http));
  }

  /** Reads one of the gateway's JSON resources. */
  get(path: string): Promise<unknown> {
    return this.#http.json('GET', path);
  }

  /** Posts a statement that this person signs now (lock, unlock ...). */
  async post(
    path: string,
    purpose: Purpose,
    detail: ReadonlyMap<number, string | number | Bytes>,
  ): Promise<unknown> {
    const signed = await state(this.#seat, this.#http, purpose, detail);
    return this.#http.json('POST', path, wireStatement(signed));
  }

  /** The evidence file of a finished command. */
  evidence(command: Bytes): Promise<Bytes> {
    return this.download(`/v1/commands/${hex(command)}/evidence`);
  }

  /** Any of the gateway's resources, as bytes. */
  async download(path: string): Promise<Bytes> {
    const response = await this.#http.send('GET', path);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** What a resource answers to a question, as bytes. */
  async fetch(path: string, question: object): Promise<Bytes> {
    const response = await this.#http.send('POST', path, question);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Opens a device and verifies attestation and profile with this tablet's own anchors. */
  async open(id: string): Promise<OpenDevice> {
    const detail = DETAIL.parse(await this.get(`/v1/devices/${id}`));
    const identity = await this.#keyOf(id, detail);
    const maker = [this.#anchors.profileMaker];
    const { profile, hash } = await openProfile(nodeCrypto, unbase64url(detail.profile), maker);
    const reply = await this.#stream.call({ kind: 'open', device: unhex(id) });
    if (reply.kind !== 'opened') throw new Error(`expected an attestation, got ${reply.kind}`);
    const attestation = await openAttestation(nodeCrypto, reply.attestation, identity);
    return { id: unhex(id), name: detail.name, identity, attestation, profile, profileHash: hash };
  }

  /** The key that the authority lists for a device. Where a hospital has no authority the gateway's file says it. */
  async #keyOf(id: string, { identity, listing }: z.output<typeof DETAIL>): Promise<PublicKey> {
    if (listing === undefined) return parseCoseKey(sha256, unbase64url(identity), 'identity');
    const { authorities } = this.#anchors;
    const { device } = await openListingOf(nodeCrypto, unbase64url(listing), authorities, unhex(id));
    return device.identity;
  }

  /** Builds the exact bytes of a wish, after the same checks the device will make. Throws Refusal. */
  prepare(device: OpenDevice, patient: { mrn: string; birthYear: number }, wish: Wish): Bytes {
    return prepareCommand(sha256, device, patient, wish).bytes;
  }

  /** Signs bytes with this person's passkey, whatever they are: what the person agreed to is the caller's business. */
  approve(bytes: Bytes, label: 'command' | 'primed' = 'command') {
    return this.#seat.passkey.approve(challengeFor(sha256, label, bytes));
  }

  /** Signs a command and sends it; resolves with the verified outcome, or with the draft that waits for a second. */
  async sign(
    device: OpenDevice,
    bytes: Bytes,
    context: Context,
    progress?: (stage: Stage) => void,
  ): Promise<Outcome> {
    await this.#http.readyToSign();
    await this.#bindReader(device);
    const approval = await this.approve(bytes);
    const reply = await this.#stream.call({ kind: 'sign', command: bytes, approval, context }, progress);
    return this.#outcome(device, bytes, reply);
  }

  /** A person scans the label of the reader beside them; a program goes where the device lies. */
  async #bindReader({ id }: OpenDevice): Promise<void> {
    const { reader } = DETAIL.parse(await this.get(`/v1/devices/${hex(id)}`));
    if (reader !== undefined) await this.#http.json('POST', '/v1/reader-binding', { label: reader });
  }

  /** Enters the same change again, blind. True when it is the same. */
  async enter(draft: string, bytes: Bytes): Promise<boolean> {
    return (await this.#stream.call({ kind: 'enter', draft, command: bytes })).kind === 'matched';
  }

  /** Is shown what the first person signed: from then on theirs is a primed check. Throws Refusal where that is not allowed. */
  async show(draft: string): Promise<Bytes> {
    const { command } = SHOWN.parse(await this.#http.json('POST', `/v1/drafts/${draft}/show`, {}));
    return unbase64url(command);
  }

  /** Signs a matched draft as the second person. @param label `primed` by whoever was shown the values */
  async second(
    device: OpenDevice,
    draft: string,
    bytes: Bytes,
    progress?: (stage: Stage) => void,
    label?: 'command' | 'primed',
  ): Promise<Outcome> {
    await this.#http.readyToSign();
    const approval = await this.approve(bytes, label);
    return this.#outcome(
      device,
      bytes,
      await this.#stream.call({ kind: 'approve', draft, approval }, progress),
    );
  }

  /** Cancels a signed command that is not granted yet. */
  async cancel(bytes: Bytes): Promise<void> {
    await this.#stream.call({ kind: 'cancel', command: sha256(bytes) });
  }

  /** Has the gateway ask the device what became of the command whose outcome is unknown. */
  async resolve(device: OpenDevice, bytes: Bytes): Promise<Outcome> {
    return this.#outcome(device, bytes, await this.#stream.call({ kind: 'resolve', device: device.id }));
  }

  close(): void {
    this.#rest();
    this.#stream.close();
  }

  async #outcome(device: OpenDevice, bytes: Bytes, reply: Reply): Promise<Outcome> {
    if (reply.kind === 'awaiting-second') return { kind: 'awaiting-second', draft: reply.draft };
    if (reply.kind === 'unknown') return { kind: 'unknown' };
    if (reply.kind !== 'sealed') throw new Error(`unexpected reply ${reply.kind}`);
    return verifySealed(nodeCrypto, bytes, reply.sealed, device.identity, this.#anchors);
  }
}

/** Opens the session of a tablet: its person approves the tablet's key and the scope with the signing passkey. */
export async function openSession(
  seat: Pick<Seat, 'passkey' | 'key' | 'tokens'>,
  http: GatewayHttp,
): Promise<void> {
  const detail = new Map<number, string | Bytes>([
    [1, seat.key.thumbprint],
    [2, seat.tokens.scope],
  ]);
  const signed = await state(seat, http, 'session', detail);
  await http.json('POST', '/v1/sessions', wireStatement(signed));
}

/** A stream of an open session, by a ticket that counts once. */
export async function openStream(
  place: Pick<Seat, 'gateway' | 'origin'>,
  http: GatewayHttp,
): Promise<Stream> {
  const issued = await http.json('POST', '/v1/stream-ticket', {});
  const { ticket } = z.object({ ticket: z.string() }).parse(issued);
  const stream = await Stream.connect(place);
  await stream.call({ kind: 'hello', ticket });
  return stream;
}

const SHOWN = z.object({ command: z.string() });
const DETAIL = z.object({
  name: z.string(),
  profile: z.string(),
  identity: z.string(),
  listing: z.string().optional(),
  reader: z.string().optional(),
});

/** A statement over a fresh nonce of the gateway, signed with the seat's passkey. */
async function state(
  seat: Pick<Seat, 'passkey'>,
  http: GatewayHttp,
  purpose: Purpose,
  detail: ReadonlyMap<number, string | number | Bytes>,
): Promise<SignedStatement> {
  const { nonce } = z.object({ nonce: z.string() }).parse(await http.open('/v1/session-challenge'));
  const time = Math.floor(Date.now() / 1000);
  const statement = encodeStatement({ purpose, time, nonce: unbase64url(nonce), detail });
  const label = purpose === 'session' ? 'session' : 'statement';
  return { statement, approval: await seat.passkey.approve(challengeFor(sha256, label, statement)) };
}

/** A signed statement as the gateway takes it in JSON. */
export const wireStatement = ({ statement, approval }: SignedStatement): object => ({
  statement: base64url(statement),
  approval: {
    kid: base64url(approval.kid),
    authenticatorData: base64url(approval.authenticatorData),
    clientDataJSON: base64url(approval.clientDataJSON),
    signature: base64url(approval.signature),
  },
});
