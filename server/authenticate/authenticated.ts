import type { Approval } from '../protocol/approval.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Command } from '../protocol/command.ts';
import type { Credential } from '../protocol/credential.ts';

/** A person, as far as their passkey's certificate says who they are. */
export interface Person {
  readonly credential: Credential;
  /** The credential as the authority signed it. */
  readonly certificate: Bytes;
  /** Subject in hexadecimal: one person has one. */
  readonly subject: string;
}

/** Evidence that certified people signed exactly these command bytes with their passkeys. */
export class Authenticated {
  readonly #minted = true;
  readonly bytes: Bytes;
  readonly hash: Bytes;
  readonly command: Command;
  readonly approvals: readonly Approval[];
  readonly people: readonly Person[];
  /** The second of them was shown the values, and signed that. */
  readonly primed: boolean;

  private constructor(
    bytes: Bytes,
    hash: Bytes,
    command: Command,
    approvals: readonly Approval[],
    people: readonly Person[],
    primed: boolean,
  ) {
    this.bytes = bytes;
    this.hash = hash;
    this.command = command;
    this.approvals = approvals;
    this.people = people;
    this.primed = primed;
  }

  /** Only `authenticate` calls this, after every signature verified. */
  static mint(
    bytes: Bytes,
    hash: Bytes,
    command: Command,
    approvals: readonly Approval[],
    people: readonly Person[],
    primed = false,
  ): Authenticated {
    return new Authenticated(bytes, hash, command, approvals, people, primed);
  }

  /** Throws TypeError for anything that was not minted here. */
  static guard(value: Authenticated): void {
    if (!(#minted in value) || !value.#minted) throw new TypeError('evidence was not minted here');
  }
}
