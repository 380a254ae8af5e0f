import type { LogWriter } from '../../audit/log-writer.ts';
import { logEntry } from '../../audit/log-writer.ts';
import type { PatientLink, PatientPage } from '../../edge/desks/patient-link-desk.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { Registry } from '../../fleet/registry.ts';
import { LIMITS } from '../../limits.ts';
import { readAttestation } from '../../protocol/attestation.ts';
import { parseBundle } from '../../protocol/bundle.ts';
import {
  base64url,
  type Bytes,
  concat,
  equal,
  hex,
  unbase64url,
  unhex,
  utf8,
} from '../../protocol/encoding/bytes.ts';
import { encode } from '../../protocol/encoding/cbor.ts';
import { parseCommand } from '../../protocol/command.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import {
  type EmergencyEvidence,
  isEmergencyEvidence,
  parseEmergencyEvidence,
} from '../../protocol/evidence/emergency-evidence.ts';
import { parseEvidence } from '../../protocol/evidence/evidence.ts';
import { readReceipt } from '../../protocol/receipt.ts';
import { arrayOf, bytesOf, decodeStrict, uint } from '../../protocol/encoding/fields.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { renderCommand, shownValue } from '../../protocol/render.ts';
import { rootsFingerprint, type Roots } from '../../protocol/verify/fingerprint.ts';
import type { Store } from '../../store/store.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { Records } from '../desks/records.ts';
import type { SignInDesk } from '../desks/sign-in-desk.ts';
import { keptTexts } from './openings.ts';
import type { PatientVault } from './patient-vault.ts';
import type { AuditIndex } from './search.ts';

export interface LinkParts {
  readonly crypto: Crypto;
  readonly store: Store;
  readonly log: LogWriter;
  readonly random: (size: number) => Bytes;
  readonly now: () => number;
  readonly index: AuditIndex;
  readonly vault: PatientVault;
  readonly records: Records;
  readonly registry: Registry;
  readonly signIn: SignInDesk;
  /** Throws Refusal E_SCOPE. */
  readonly at: (session: Session, device: string) => Bedside;
  readonly roots: () => Roots;
  readonly witnessed: () => number;
}

interface Held {
  readonly device: Bytes;
  readonly patient: Bytes;
  readonly until: number;
}

/** Changes a patient reads at one time; older ones are told by a count. */
const MAX_CHANGES = 100;

/**
 * A patient reads who changed the device, without an account: a link printed at the clinic has a key in its fragment,
 * which browsers send to nobody. The gateway keeps the key's hash alone, and the link ends with the patient's bond to
 * the device.
 */
export class PatientLinks {
  readonly #parts: LinkParts;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /** A new link for the patient who has a device now; it is logged who made it. Throws Refusal E_SCOPE, E_LINK. */
  async make(session: Session, device: string): Promise<PatientLink> {
    const { random, now, log, crypto, signIn, at, roots } = this.#parts;
    const { person } = signIn.live(session);
    const patient = at(session, device).seen?.attestation.patient;
    if (!patient) throw new Refusal('E_LINK', 'read the device first: it knows its patient', 'device');
    const key = random(32);
    const until = now() + LIMITS.patientLink.max;
    const value = encode([unhex(device), patient, until]);
    const op = { sql: 'INSERT INTO kv(name, value) VALUES(?, ?)', params: [nameOf(crypto, key), value] };
    const kids = [person.credential.key.kid];
    const entry = logEntry({
      type: 'export',
      time: now(),
      kids,
      detail: 'a link for the patient',
      device: unhex(device),
    });
    await log.appendDurable([entry], [op]);
    return { key: base64url(key), fingerprint: rootsFingerprint(crypto.sha256, roots()), until };
  }

  /** What was done to the device while it was this patient's, the newest first. Throws Refusal E_SCOPE. */
  async page(key: string): Promise<PatientPage> {
    const { index, registry, witnessed } = this.#parts;
    const { device, patient, until } = this.#held(key);
    const of = { rows: 'commands', devices: [hex(device)], witnessed: witnessed() } as const;
    const mine = await index.ask('search', { ...of, patient: hex(patient), limit: MAX_CHANGES });
    // The first emergency of a device that was never changed before names nobody, and is this patient's all the same.
    const { rows: rescues } = await index.ask('search', { ...of, tier: 0, limit: MAX_CHANGES });
    const others = rescues.filter((row) => row.patient === undefined);
    const rows = [...mine.rows, ...others].sort((a, b) => b.id - a.id).slice(0, MAX_CHANGES);
    const total = mine.total + others.length;
    const known = registry.byId(hex(device));
    const changes = rows.map(({ command, time, outcome, tier, people, witnessed: seen }) => ({
      command: command ?? '',
      time,
      outcome,
      people: people.length,
      tier: tier ?? 0,
      witnessed: seen,
      changes: this.#changes(command),
      reason: this.#reason(command),
    }));
    return { device: known?.model ?? '', until, total, changes };
  }

  /** The evidence file of one of these changes, for the check that runs in the browser. Throws Refusal E_SCOPE. */
  evidence(key: string, command: string): Bytes {
    const held = this.#held(key);
    const bytes = this.#parts.records.evidenceIfAny(command);
    if (!bytes || !isOf(held, bytes)) throw new Refusal('E_SCOPE', 'no such change', 'command');
    return bytes;
  }

  /** Unknown, ended and never issued links look alike. */
  #held(key: string): Held {
    const { store, crypto, now } = this.#parts;
    const held = readHeld(
      store.reader('SELECT value FROM kv WHERE name = ?').get(nameOf(crypto, keyBytes(key)))?.['value'],
    );
    if (!held || held.until < now()) throw new Refusal('E_SCOPE', 'no such link', 'key');
    return held;
  }

  /** Why, in the one word that was chosen; what a clinician wrote beside it was written for clinicians. */
  #reason(command: string | undefined): string {
    const kept = command === undefined ? undefined : this.#parts.vault.openings(unhex(command));
    return kept?.kind === 'there' ? (keptTexts(kept.openings)[1]?.[0] ?? '') : '';
  }

  /** Old and new values in the words of the device's maker. */
  #changes(command: string | undefined): PatientPage['changes'][number]['changes'] {
    const bytes = command === undefined ? undefined : this.#parts.records.evidenceIfAny(command);
    if (!bytes) return [];
    if (isEmergencyEvidence(bytes)) return this.#rescued(parseEmergencyEvidence(bytes));
    const evidence = parseEvidence(bytes);
    const attestation = readAttestation(evidence.attestation);
    const profile = this.#parts.registry.byId(hex(attestation.device))?.profile;
    if (!profile) return [];
    const { command: signed } = parseBundle(evidence.bundle);
    const { settings: before, mode } = attestation;
    const moved = [...parseCommand(signed).changes].flatMap(([code, after]) => {
      const of = profile.parameters.find((one) => one.code === code);
      return of ? [{ of, was: before.get(code), is: after }] : [];
    });
    if (moved.length > 0)
      return moved.map(({ of, was, is }) => {
        return {
          name: of.name,
          before: was === undefined ? '?' : shownValue(of, was),
          after: shownValue(of, is),
        };
      });
    const { title } = renderCommand(this.#parts.crypto.sha256, signed, profile, before, mode);
    return [{ name: title, before: '', after: '' }];
  }

  /** The safe mode, and whatever it moved, as the device read it back. */
  #rescued({ receipt }: EmergencyEvidence): PatientPage['changes'][number]['changes'] {
    const { device, before, readBack } = readReceipt(receipt);
    const parameters = this.#parts.registry.byId(hex(device))?.profile.parameters ?? [];
    const moved = parameters.flatMap((p) => {
      const [was, is] = [before.get(p.code), readBack.get(p.code)];
      if (!p.programmed || was === undefined || is === undefined || was === is) return [];
      return [{ name: p.name, before: shownValue(p, was), after: shownValue(p, is) }];
    });
    return [{ name: 'Emergency safe mode', before: '', after: '' }, ...moved];
  }
}

/** Is this evidence of the patient's own device, as it was theirs? An emergency names the device alone. */
function isOf({ device, patient }: Held, bytes: Bytes): boolean {
  if (!isEmergencyEvidence(bytes))
    return equal(readAttestation(parseEvidence(bytes).attestation).patient, patient);
  return equal(readReceipt(parseEmergencyEvidence(bytes).receipt).device, device);
}

const nameOf = ({ sha256 }: Crypto, key: Bytes): string =>
  `patient-link ${hex(sha256(concat(utf8('countersign/patient-link/v1'), key)))}`;

function keyBytes(key: string): Bytes {
  try {
    const bytes = unbase64url(key);
    if (bytes.length === 32) return bytes;
  } catch {
    // Answered as a link that does not exist.
  }
  throw new Refusal('E_SCOPE', 'no such link', 'key');
}

function readHeld(value: unknown): Held | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const [device, patient, until] = arrayOf(decodeStrict(value, 'link', 256, 'E_STORAGE'), 'link', 3, 3);
  return {
    device: bytesOf(device, 'link', 8),
    patient: bytesOf(patient, 'link', 32),
    until: uint(until, 'link'),
  };
}
