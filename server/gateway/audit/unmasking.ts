import { logEntry, type LogWriter } from '../../audit/log-writer.ts';
import type { Person } from '../../authenticate/authenticated.ts';
import type { Patient } from '../../authorize/patient-file.ts';
import type { Unmasked } from '../../edge/privacy-desk.ts';
import { LIMITS } from '../../limits.ts';
import { patientTag, readAttestation } from '../../protocol/attestation.ts';
import { type Bytes, equal, hex, unhex } from '../../protocol/bytes.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { keptTexts } from './openings.ts';
import type { PatientVault } from './patient-vault.ts';

export interface UnmaskingParts {
  readonly vault: PatientVault;
  readonly log: LogWriter;
  readonly sha256: Sha256;
  readonly now: () => number;
  /** The device's attestation that a command began with; undefined where nothing is kept of it. */
  readonly attestationOf: (command: string) => Bytes | undefined;
  /** The hospital's patients, read anew. */
  readonly patients: () => Promise<readonly Patient[]>;
}

/** Patients that are shown to somebody now; beyond this the oldest is masked again. */
const MAX_SHOWN = 1_000;

/** Shows who a patient is to one auditor who said why, for a quarter of an hour, and logs it before it shows anything. */
export class Unmasking {
  readonly #parts: UnmaskingParts;
  /** Session and patient -> until when. */
  readonly #shown = new Map<string, number>();

  constructor(parts: UnmaskingParts) {
    this.#parts = parts;
  }

  /** Throws Refusal E_SCOPE where nothing is kept, or nothing any more. */
  async show(session: string, by: Person, command: string, reason: string): Promise<Unmasked> {
    const { vault, attestationOf, now } = this.#parts;
    const kept = vault.openings(unhex(command));
    if (kept?.kind === 'erased') throw new Refusal('E_SCOPE', 'this person was erased', 'command');
    const bytes = attestationOf(command);
    if (!kept || !bytes || bytes.length === 0)
      throw new Refusal('E_SCOPE', 'nothing is kept of this command', 'command');
    const { patient: tag, patientSalt, device } = readAttestation(bytes);
    const until = await this.#until(`${session} ${hex(tag)}`, by, device, reason, now());
    const [people = [], why = [], tablets = []] = keptTexts(kept.openings);
    const [said = '', note = '', order = ''] = why;
    const patient = await this.#patient(patientSalt, tag);
    return { until, patient, pseudonym: hex(tag), people, reason: said, note, order, tablets };
  }

  async #until(name: string, by: Person, device: Bytes, reason: string, now: number): Promise<number> {
    const before = this.#shown.get(name) ?? 0;
    if (before > now) return before;
    const kids = [by.credential.key.kid];
    const detail = `unmask a patient: ${reason}`.slice(0, 160);
    await this.#parts.log.appendDurable([logEntry({ type: 'logRead', time: now, kids, device, detail })]);
    this.#shown.delete(name);
    const [oldest] = this.#shown.keys();
    if (this.#shown.size >= MAX_SHOWN && oldest !== undefined) this.#shown.delete(oldest);
    const until = now + LIMITS.unmasked.max;
    this.#shown.set(name, until);
    return until;
  }

  /** Whose tag it is: the directory's patients are tried with the device's own salt. */
  async #patient(salt: Bytes, tag: Bytes): Promise<Unmasked['patient']> {
    const { sha256, patients } = this.#parts;
    const found = (await patients()).find(({ mrn, birthDate }) =>
      equal(patientTag(sha256, salt, mrn, Number(birthDate.slice(0, 4))), tag),
    );
    return found && { name: `${found.given} ${found.family}`, mrn: found.mrn, birthDate: found.birthDate };
  }
}
