import type { Authenticated } from './authenticate/authenticated.ts';
import type { SignedCommand } from './authenticate/authenticate.ts';
import type { Intent } from './audit/intent.ts';
import type { Authorized, CommandRequest } from './authorize/request.ts';
import type { Delivered } from './broker/delivered.ts';
import type { Granted } from './broker/granted.ts';
import type { JournalEntry } from './broker/journal.ts';
import type { Bytes } from './protocol/encoding/bytes.ts';
import type { Bedside } from './broker/bedside.ts';
import type { Ending } from './broker/recorder.ts';
import type { Context, Stage } from './protocol/stream.ts';

/** A complete command: the exact bytes, every approval it needs, and where they came from. */
export interface CompleteCommand extends SignedCommand {
  readonly context: Context;
  /** Tablets the approvals came from, in their order. */
  readonly tablets: readonly string[];
  /** Subject (hex) of the session that hands it in: the last approval is that person's own. */
  readonly signedIn: string;
  /** Roles that session has: those of the credential that the token names too. */
  readonly roles: number;
  /** What travels beside the command, if its operation needs something. */
  readonly companion?: Bytes;
}

/** A command whose outcome is not known, and the device it went to. */
export interface OpenCommand {
  readonly entry: JournalEntry;
  readonly bedside: Bedside;
}

export type { Ending };

/** The steps, each taking the evidence that only the one before can mint. */
export interface Stages {
  authenticate(signed: CompleteCommand): Promise<Authenticated>;
  situate(who: Authenticated, signed: CompleteCommand): CommandRequest;
  authorize(request: CommandRequest): Promise<Authorized>;
  claimLane(may: Authorized): () => void;
  coolOff(may: Authorized): Promise<void>;
  recordIntent(may: Authorized): Promise<Intent>;
  grant(intent: Intent, companion: Bytes | undefined): Promise<Granted>;
  deliver(granted: Granted): Promise<Delivered>;
  seal(delivered: Delivered): Promise<Ending>;
  recordRefusal(signed: CompleteCommand, refusal: unknown): void;
  settle(open: OpenCommand): Promise<Delivered>;
}

/**
 * THE MAIN PATH: one complete command, from strangers' bytes to a sealed outcome. Throws Refusal when it is
 * turned down before anything reached the device; that refusal is in the log.
 */
export async function run(
  signed: CompleteCommand,
  at: Stages,
  progress: (stage: Stage) => void,
): Promise<Ending> {
  let leave = (): void => undefined;
  try {
    const who = await at.authenticate(signed); // whose passkeys signed exactly these bytes?
    const request = at.situate(who, signed); //   which device, patient, tier, in which state?
    const may = await at.authorize(request); //   does every rule allow it, now, with enough people?
    leave = at.claimLane(may); //                 one command in flight per device
    progress('checked');
    if (may.cancelWindow > 0) progress('cooling');
    await at.coolOff(may); //                     until here a signer can cancel
    const intent = await at.recordIntent(may); // durable, in the log and witnessed, before anything moves
    progress('logged');
    const granted = await at.grant(intent, signed.companion); // one device, one command, one nonce
    progress('granted');
    progress('sent');
    const delivered = await at.deliver(granted); // applied | refused | unknown
    if (delivered.word.kind !== 'unknown') progress('answered');
    return await at.seal(delivered); //           the outcome joins its intent in the log
  } catch (refusal) {
    at.recordRefusal(signed, refusal);
    throw refusal;
  } finally {
    leave();
  }
}

/** The second door: a command that a restart or a lost link left open. The device is asked; nothing is sent again. */
export async function resume(open: OpenCommand, at: Pick<Stages, 'settle' | 'seal'>): Promise<Ending> {
  return at.seal(await at.settle(open));
}
