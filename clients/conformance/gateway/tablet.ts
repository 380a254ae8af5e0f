import { openAttestation } from '../../../server/protocol/attestation.ts';
import type { Approval } from '../../../server/protocol/approval.ts';
import { type Bytes, hex } from '../../../server/protocol/encoding/bytes.ts';
import { challengeFor, encodeCommand, type Command } from '../../../server/protocol/command.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { type Verified, verifySealed } from '../../../server/protocol/seal.ts';
import type { Call, Reply } from '../../../server/protocol/stream.ts';
import { z } from 'zod';
import type { Stream } from '../../common/link/stream.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { openSession, openStream, type Seat } from '../../ward/clinician.ts';
import { GatewayHttp } from '../../ward/gateway-http.ts';
import { CaseFault } from '../faults.ts';
import { draft } from '../world/bundles.ts';
import type { GatewayDeclaration, PlayedIdentity } from './declaration.ts';

const DEVICE = z.object({ connected: z.boolean() });
const CONTEXT = { reason: 'titration', note: 'conformance kit', order: 'KIT-1' };

/** A clinician's tablet in the kit's hands: it signs in like any other, and then says whatever a case wants. */
export class Tablet {
  readonly seat: Seat;
  readonly #http: GatewayHttp;
  readonly #stream: Stream;
  readonly #declared: GatewayDeclaration;

  private constructor(seat: Seat, http: GatewayHttp, stream: Stream, declared: GatewayDeclaration) {
    this.seat = seat;
    this.#http = http;
    this.#stream = stream;
    this.#declared = declared;
  }

  /** Signs a clinician in. Throws Refusal with the gateway's code, or Error when nobody is there. */
  static async signIn(declared: GatewayDeclaration, seat: Seat): Promise<Tablet> {
    const http = new GatewayHttp(seat);
    await openSession(seat, http);
    return new Tablet(seat, http, await openStream(seat, http), declared);
  }

  /** Does the gateway say that this device is in contact? */
  async sees({ id }: PlayedIdentity): Promise<boolean> {
    return DEVICE.parse(await this.#http.json('GET', `/v1/devices/${hex(id)}`)).connected;
  }

  /** Opens a device; what it attested comes back as the device signed it. */
  async open(device: PlayedIdentity) {
    const reply = await this.call({ kind: 'open', device: device.id });
    if (reply.kind !== 'opened') throw odd('an attestation', reply);
    return openAttestation(nodeCrypto, reply.attestation, device.identity.key);
  }

  /** The bytes of a change that fits what the device attests, but for what `changes` says. */
  async command(device: PlayedIdentity, changes: Partial<Command>): Promise<Bytes> {
    const attestation = await this.open(device);
    return encodeCommand(draft({ attestation, profile: device.profile }, changes));
  }

  /** This person's passkey over bytes, whatever they are. */
  approve(bytes: Bytes): Promise<Approval> {
    return this.seat.passkey.approve(challengeFor(nodeCrypto.sha256, 'command', bytes));
  }

  /** One call, and the reply that ends it. Throws Refusal with the gateway's code. */
  call(call: Call): Promise<Reply> {
    return this.#stream.call(call);
  }

  /** Hands in a command with an approval, genuine or not. Throws Refusal. */
  async sign(command: Bytes, approval?: Approval): Promise<Reply> {
    const by = approval ?? (await this.approve(command));
    return this.call({ kind: 'sign', command, approval: by, context: CONTEXT });
  }

  /** What a reply says came of a command, verified with this tablet's own anchors. Throws CaseFault. */
  async outcome(command: Bytes, reply: Reply): Promise<Verified> {
    if (reply.kind !== 'sealed') throw odd('a sealed outcome', reply);
    const { device, anchors } = this.#declared;
    try {
      return await verifySealed(nodeCrypto, command, reply.sealed, device.identity.key, anchors);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new CaseFault('an outcome comes with the device’s receipt, and the log that names it', {
        expected: 'receipt and proof to verify',
        got: `${error.code}: ${error.message}`,
        field: error.field ?? '',
      });
    }
  }

  close(): void {
    this.#stream.close();
  }
}

const odd = (wanted: string, reply: Reply): CaseFault =>
  new CaseFault(`the reply is ${wanted}`, { expected: wanted, got: `a reply that says ${reply.kind}` });
