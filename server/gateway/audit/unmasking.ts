import { logEntry, type LogWriter } from '../../audit/log-writer.ts';
import type { Person } from '../../authenticate/authenticated.ts';
import type { Patient } from '../../authorize/patient-file.ts';
import type { Erased, Unmasked } from '../../edge/desks/privacy-desk.ts';
import { LIMITS } from '../../limits.ts';
import { patientTag, readAttestation } from '../../protocol/attestation.ts';
import { type Bytes, equal, hex, unhex } from '../../protocol/encoding/bytes.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { keptTexts } from './openings.ts';
import type { KeptOpenings, PatientVault } from './patient-vault.ts';
import type { BeforeEmergency } from './search.ts';

export interface UnmaskingParts {
  readonly vault: PatientVault;
  readonly log: LogWriter;
  readonly sha256: Sha256;
  readonly now: () => number;
  /** The device's attestation that a command began with; undefined where nothing is kept of it. */
  readonly attestationOf: (command: string) => Bytes | undefined;
  /** The command that tells whose device it was in an emergency, and who went through the door; undefined of any other. */
  readonly before: (emergency: string) => Promise<BeforeEmergency | undefined>;
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
    const { attestationOf, now } = this.#parts;
    const { kept, telling, texts } = await this.#whose(command);
    if (kept?.kind === 'erased') throw new Refusal('E_SCOPE', 'this person was erased', 'command');
    const bytes = attestationOf(telling);
    if (!kept || !bytes || bytes.length === 0)
      throw new Refusal('E_SCOPE', 'nothing is kept of this command', 'command');
    const { patient: tag, patientSalt, device } = readAttestation(bytes);
    const until = await this.#until(`${session} ${hex(tag)}`, by, device, reason, now());
    const [people = [], why = [], tablets = []] = texts ?? keptTexts(kept.openings);
    const [said = '', note = '', order = ''] = why;
    const patient = await this.#patient(patientSalt, tag);
    return { until, patient, pseudonym: hex(tag), people, reason: said, note, order, tablets };
  }

  /** When and by whose word the names behind a command were erased; undefined where they were not. */
  async erasedOf(command: string): Promise<Erased | undefined> {
    const { kept } = await this.#whose(command);
    return kept?.kind === 'erased' ? { when: kept.when, by: kept.by } : undefined;
  }

  /** An emergency is announced by nobody and commits to no name: whose device it was is told by the command before it. */
  async #whose(command: string): Promise<{
    readonly kept: KeptOpenings | undefined;
    /** The command that the device's own word of its patient is kept of. */
    readonly telling: string;
    /** What stands for the openings of the other command, which are none of this one. */
    readonly texts?: readonly (readonly string[])[];
  }> {
    const { vault, before } = this.#parts;
    const own = vault.openings(unhex(command));
    if (own) return { kept: own, telling: command };
    const told = await before(command);
    if (!told) return { kept: undefined, telling: command };
    return { kept: vault.openings(unhex(told.command)), telling: told.command, texts: [told.people] };
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
