import type { Authenticated } from '../authenticate/authenticated.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Profile } from '../protocol/profile.ts';
import type { Op } from '../store/batch.ts';
import type { Context } from '../protocol/stream.ts';

/** What the gateway knows of a device when somebody wants to change it. */
export interface DeviceFacts {
  /** EUI-64 in hexadecimal. */
  readonly id: string;
  readonly model: string;
  readonly site: string;
  readonly profile: Profile;
  /** Percent that its battery has, as it last attested; undefined when it attests none. */
  readonly charge: number | undefined;
  /** `enrolled` takes commands, `monitor-only` is only read. */
  readonly posture: 'enrolled' | 'monitor-only';
  /** The outcome of an earlier command is not known yet. */
  readonly unknown: boolean;
  /** The emergency door was used, and nobody has reviewed it. */
  readonly review: boolean;
  /** When a command was last applied, by command class (Unix ms). */
  readonly lastApplied: ReadonlyMap<string, number>;
}

/** Everything the rules look at; each rule reads it and none changes it. */
export interface CommandRequest {
  readonly who: Authenticated;
  readonly device: DeviceFacts;
  /** The device's own, or 2 where the site asks for more. */
  readonly tier: 1 | 2;
  /** It sets something outside of the site's range. */
  readonly outside?: boolean;
  /** Name of the operation: `program`, `stop` ... */
  readonly commandClass: string;
  /** The profile says that this operation lowers risk. */
  readonly lowers: boolean;
  /** It waits until witnesses saw its intent. */
  readonly waits: boolean;
  readonly context: Context;
  /** Ids of the tablets the approvals came from, in the order of the approvals. */
  readonly tablets: readonly string[];
  /** Roles that the session of the last signer has: its token may name fewer than the credential. */
  readonly roles: number;
  /** One clock reading for the whole decision (Unix ms). */
  readonly now: number;
}

/** Evidence that every rule allows a request. */
export class Authorized {
  readonly #minted = true;
  readonly request: CommandRequest;
  /** Hash of the policy that decided. */
  readonly policy: Bytes;
  /** Milliseconds in which the command can still be cancelled. */
  readonly cancelWindow: number;
  /** What deciding has used up, to be recorded in the intent's own transaction. */
  readonly spent: readonly Op[];

  private constructor(request: CommandRequest, policy: Bytes, cancelWindow: number, spent: readonly Op[]) {
    this.request = request;
    this.policy = policy;
    this.cancelWindow = cancelWindow;
    this.spent = spent;
  }

  /** Only `authorize` calls this, after every rule allowed the request. */
  static mint(
    request: CommandRequest,
    policy: Bytes,
    cancelWindow: number,
    spent: readonly Op[],
  ): Authorized {
    return new Authorized(request, policy, cancelWindow, spent);
  }

  /** Throws TypeError for anything that was not minted here. */
  static guard(value: Authorized): void {
    if (!(#minted in value) || !value.#minted) throw new TypeError('evidence was not minted here');
  }
}
