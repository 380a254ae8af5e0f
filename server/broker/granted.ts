import type { Intent } from '../audit/intent.ts';
import type { Directory } from '../authenticate/directory.ts';
import { encodeBundle } from '../protocol/bundle.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Signer } from '../protocol/crypto.ts';
import { issueGrant } from '../protocol/grant.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Bedside } from './bedside.ts';
import type { JournalEntry } from './journal.ts';

/** Evidence that one command may be delivered once, to one device, for one nonce. */
export class Granted {
  readonly #minted = true;
  readonly intent: Intent;
  readonly bedside: Bedside;
  readonly bundle: Bytes;
  readonly companion: Bytes | undefined;
  /** The journal's record of the command, now marked as sent. */
  readonly entry: JournalEntry;

  private constructor(
    intent: Intent,
    bedside: Bedside,
    bundle: Bytes,
    companion: Bytes | undefined,
    entry: JournalEntry,
  ) {
    this.intent = intent;
    this.bedside = bedside;
    this.bundle = bundle;
    this.companion = companion;
    this.entry = entry;
  }

  static mint(
    intent: Intent,
    bedside: Bedside,
    bundle: Bytes,
    companion: Bytes | undefined,
    entry: JournalEntry,
  ): Granted {
    return new Granted(intent, bedside, bundle, companion, entry);
  }

  /** Throws TypeError for anything that was not minted here. */
  static guard(value: Granted): void {
    if (!(#minted in value) || !value.#minted) throw new TypeError('evidence was not minted here');
  }
}

/** Device ticks (seconds) after which a grant is worth nothing. */
const GRANT_TICKS = 30;

export interface GranterParts {
  /** The key of today: it can be replaced while the gateway runs. */
  readonly key: () => Signer;
  readonly random: (size: number) => Bytes;
  readonly now: () => number;
  readonly directory: Directory;
  readonly bedside: (device: Bytes) => Bedside;
  readonly journal: {
    /** Marks the command as sent and its nonce as granted, durably, before the first byte leaves. */
    sent(intent: Intent, bundle: Bytes, notAfterTick: number): Promise<JournalEntry>;
  };
}

/** Signs grants; each (device, nonce) gets one, ever. */
export class Granter {
  readonly #parts: GranterParts;

  constructor(parts: GranterParts) {
    this.#parts = parts;
  }

  /** Rejects with StoreConflict when this device's nonce was granted before; the grant then goes nowhere. */
  async grant(intent: Intent, companion: Bytes | undefined): Promise<Granted> {
    const { key, random, now, directory, journal, bedside: find } = this.#parts;
    const { who } = intent.authorized.request;
    const bedside = find(who.command.device);
    const notAfterTick = ticksNow(bedside, now()) + GRANT_TICKS;
    const grant = await issueGrant(
      {
        device: who.command.device,
        command: who.hash,
        nonce: who.command.nonce,
        id: random(16),
        intentLeaf: intent.leaf,
        notAfterTick,
        issued: Math.floor(now() / 1000),
      },
      key(),
    );
    const bundle = encodeBundle({
      command: who.bytes,
      approvals: who.approvals,
      credentials: who.people.map((person) => ({
        credential: person.certificate,
        proof: directory.issuance(person),
      })),
      status: directory.status.bytes,
      grant,
      proof: intent.proof,
    });
    const entry = await journal.sent(intent, bundle, notAfterTick);
    return Granted.mint(intent, bedside, bundle, companion, entry);
  }
}

/** The device's tick count now, as its last attestation and the time since then tell. */
function ticksNow(bedside: Bedside, now: number): number {
  const { seen } = bedside;
  if (!seen) throw new Refusal('E_NONCE', 'the device was not opened', 'device');
  return seen.attestation.ticks + Math.ceil(Math.max(0, now - seen.at) / 1000);
}
