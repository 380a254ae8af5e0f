import { randomBytes } from 'node:crypto';
import { type Attestation, issueAttestation } from '../../../server/protocol/attestation.ts';
import { parseBundle } from '../../../server/protocol/bundle.ts';
import { type Bytes, equal, hex, utf8 } from '../../../server/protocol/encoding/bytes.ts';
import { parseCommand } from '../../../server/protocol/command.ts';
import { readGrant } from '../../../server/protocol/grant.ts';
import { issueAbsence, issueReceipt, KEPT_RECEIPTS, type Receipt } from '../../../server/protocol/receipt.ts';
import { type Answer, encodeAnswer, type Request } from '../../../server/protocol/link/wire.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import type { PlayedIdentity } from './declaration.ts';

const { sha256 } = nodeCrypto;
const random = (size: number): Bytes => new Uint8Array(randomBytes(size));
export const NO_CHANNEL: Bytes = new Uint8Array(32);

/** A bundle that the gateway delivered, and what the device had attested before. */
export interface Delivery {
  readonly bundle: Bytes;
  readonly companion: Bytes | undefined;
  readonly before: Attestation;
}

/**
 * A device as a gateway meets it: it attests, takes whatever it is given, and signs what it did. It judges nothing:
 * whether the gateway may have delivered that is for the case to say.
 */
export class PlayedDevice {
  readonly is: PlayedIdentity;
  /** What came, oldest first. */
  readonly delivered: Delivery[] = [];
  readonly #kept: { readonly number: number; readonly command: string; readonly bytes: Bytes }[] = [];
  readonly #since = performance.now();
  #said: Attestation;

  constructor(is: PlayedIdentity) {
    this.is = is;
    this.#said = {
      nonce: random(16),
      emergencyNonce: random(16),
      ticks: 1,
      ticksLeft: is.profile.nonceTicks.r2,
      device: is.id,
      patientSalt: is.salt,
      patient: is.tag,
      counter: 0,
      receiptNumber: 0,
      lastReceipt: new Uint8Array(32),
      profile: is.profileHash,
      settings: new Map(is.profile.parameters.map(({ code, nominal }) => [code, nominal])),
      firmware: is.profile.firmware?.[0] ?? sha256(utf8('countersign conformance kit')),
      anchorsVersion: 1,
      statusVersion: 0,
      channel: NO_CHANNEL,
      mode: 'running',
    };
  }

  /** What it would attest now. */
  state(channel = NO_CHANNEL): Attestation {
    const ticks = 1 + Math.floor((performance.now() - this.#since) / 1000);
    return { ...this.#said, ticks, channel };
  }

  /** Answers like a device that has nothing to hide. */
  async answer(request: Request, channel = NO_CHANNEL): Promise<Bytes> {
    return encodeAnswer(await this.#answer(request, channel));
  }

  async #answer(request: Request, channel: Bytes): Promise<Answer> {
    const { identity } = this.is;
    switch (request.kind) {
      case 'open':
        return {
          kind: 'attestation',
          attestation: await issueAttestation(this.state(channel), identity),
        };
      case 'deliver':
        return { kind: 'receipt', receipt: await this.#take(request.bundle, request.companion) };
      case 'receipt-for': {
        const kept = this.#kept.find(({ command }) => command === hex(request.command));
        if (kept) return { kind: 'receipt', receipt: kept.bytes };
        const { receiptNumber: number, counter, ticks, device } = this.state();
        const absence = { device, command: request.command, final: false, number, counter, ticks };
        return { kind: 'absence', absence: await issueAbsence(absence, identity) };
      }
      case 'receipts-since': {
        const newer = this.#kept.filter(({ number }) => number > request.number);
        return { kind: 'receipts', receipts: newer.map(({ bytes }) => bytes) };
      }
      case 'anchors':
        return { kind: 'accepted' };
      case 'emergency':
      case 'emergency-open':
        return { kind: 'refused', code: 'E_BREAKGLASS_SCOPE', field: 'emergency' };
      case 'read-out':
        return { kind: 'refused', code: 'E_ROUTE', field: 'message.0' };
      default:
        return request satisfies never;
    }
  }

  /** Takes a bundle as it is, or gives the receipt that it gave before. */
  async #take(bytes: Bytes, companion: Bytes | undefined): Promise<Bytes> {
    const { bundle, receipt } = this.receiptFor(bytes);
    const again = this.#kept.find(({ command }) => command === hex(sha256(bundle.command)));
    this.delivered.push({ bundle: bytes, companion, before: this.state() });
    if (again) return again.bytes;
    const signed = await issueReceipt(receipt, this.is.identity);
    this.#kept.push({ number: receipt.number, command: hex(receipt.command), bytes: signed });
    if (this.#kept.length > KEPT_RECEIPTS) this.#kept.shift();
    this.#said = {
      ...this.#said,
      nonce: random(16),
      counter: receipt.counter,
      receiptNumber: receipt.number,
      lastReceipt: sha256(signed),
      settings: receipt.readBack,
    };
    return signed;
  }

  /** What it would sign about a bundle, were it to take it now. */
  receiptFor(bytes: Bytes): { readonly bundle: ReturnType<typeof parseBundle>; readonly receipt: Receipt } {
    const bundle = parseBundle(bytes);
    const { changes } = parseCommand(bundle.command);
    const { settings, device, counter, receiptNumber, lastReceipt, ticks } = this.state();
    const after = new Map([...settings, ...changes]);
    const grant = readGrant(bundle.grant);
    const receipt: Receipt = {
      device,
      result: 'applied',
      command: sha256(bundle.command),
      grant: grant.id,
      intentLeaf: grant.intentLeaf,
      kids: bundle.approvals.map(({ kid }) => kid),
      number: receiptNumber + 1,
      counter: counter + 1,
      before: settings,
      after,
      readBack: after,
      previous: lastReceipt,
      ticks,
    };
    return { bundle, receipt };
  }

  /** Deliveries of one command. */
  deliveriesOf(command: Bytes): readonly Delivery[] {
    return this.delivered.filter(({ bundle }) => equal(parseBundle(bundle).command, command));
  }
}
