import { logEntry } from '../../audit/log-writer.ts';
import { authenticate, type Passkeys } from '../../authenticate/authenticate.ts';
import { authorize } from '../../authorize/authorize.ts';
import type { Intent } from '../../audit/intent.ts';
import type { CancelWindows } from '../../authorize/cancel-window.ts';
import { stillUnlocked } from '../../authorize/locked.ts';
import type { Authorized } from '../../authorize/request.ts';
import type { Rules } from '../../authorize/rule.ts';
import { atSite } from '../../authorize/site-limits.ts';
import type { Bedside } from '../../broker/bedside.ts';
import { deliver, Delivered, settle } from '../../broker/delivered.ts';
import type { Granter } from '../../broker/granted.ts';
import type { JournalEntry } from '../../broker/journal.ts';
import type { Recorder } from '../../broker/recorder.ts';
import type { Refusals } from '../../broker/refusals.ts';
import { situate } from '../../broker/situation.ts';
import type { CompleteCommand, Stages } from '../../ceremony.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { parseCommand } from '../../protocol/command.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { LogWriter } from '../../audit/log-writer.ts';
import { StoreConflict } from '../../store/errors.ts';
import { asRefusal, refusing } from '../desks/failures.ts';

export interface StageParts {
  /** Is the evidence in order? Throws Refusal. */
  readonly evidence: { check(lowersRisk: boolean): void };
  readonly passkeys: Passkeys;
  readonly rules: Rules;
  readonly cancelWindows: CancelWindows;
  readonly recorder: Recorder;
  readonly granter: Granter;
  readonly refusals: Refusals;
  readonly log: Pick<LogWriter, 'appendDurable'>;
  readonly now: () => number;
  readonly bedside: (id: string) => Bedside | undefined;
  /** The journal's entry of a command that was announced and never sent. */
  readonly announced: (command: Bytes) => JournalEntry | undefined;
  /** Told of failures that nobody foresaw; they are never shown to a caller. */
  readonly surprised: (error: unknown) => void;
}

/** What the device SDK's budget for unproven questions earns back in this time is one question. */
const ASK_IMPLANT_MS = 10_000;

/** Binds the steps of the ceremony to this gateway's parts. */
export function stagesOf(parts: StageParts): Stages {
  const { passkeys, rules, cancelWindows, recorder, granter, refusals, log, now } = parts;
  const { crypto } = passkeys;
  const at = (device: Bytes): Bedside => {
    const bedside = parts.bedside(hex(device));
    if (!bedside) throw new Refusal('E_SCOPE', 'not found, or not yours to see', 'command.2');
    return bedside;
  };
  return {
    /** The last approval is that of the person at the tablet: a session must not carry somebody else's gesture. */
    async authenticate(signed) {
      const who = await authenticate(signed, passkeys, now());
      if (who.people.at(-1)?.subject !== signed.signedIn)
        throw new Refusal('E_ASSERTION', 'signed by somebody else than is signed in here', 'approval.kid');
      return who;
    },
    situate(who, signed) {
      const request = situate(who, at(who.command.device), signed, crypto.sha256, now());
      return atSite(request, rules.policy.policy);
    },
    async authorize(request) {
      parts.evidence.check(!request.waits);
      return refusing(() => authorize(request, rules));
    },
    claimLane: (may) => at(may.request.who.command.device).claim(may.request.who.hash),

    /** A lock set while the command waited counts: the locks are asked again at the end of the window. */
    async coolOff({ request, cancelWindow }) {
      const { who } = request;
      const signers = who.approvals.map((approval) => hex(approval.kid));
      await cancelWindows.wait(hex(who.hash), cancelWindow, signers);
      stillUnlocked(request, rules.locks, now());
    },

    recordIntent: (may) => closing(may.request.who.hash, () => announcing(may)),
    grant: (intent, companion) =>
      closing(intent.authorized.request.who.hash, () => granter.grant(intent, companion)),
    deliver: (granted) => deliver(granted, crypto),

    /** An implant pays for every answer out of its battery: asked more often than this, it would fall silent. */
    async settle({ entry, bedside }) {
      const asked = bedside.askedAt;
      if (bedside.device.transport === 'nfc' && asked !== undefined && now() - asked < ASK_IMPLANT_MS)
        return Delivered.mint(entry, bedside, { kind: 'unknown', why: 'asked a moment ago' });
      if (bedside.conversation?.link.closed === false) bedside.askedAt = now(); // Out of contact it costs nothing.
      return settle(entry, bedside, crypto);
    },

    /** What the device did stands, whether or not it can be written down now: until it is, it counts as unknown. */
    async seal(delivered) {
      try {
        return await recorder.seal(delivered);
      } catch (error) {
        parts.surprised(error);
        delivered.bedside.unknown = delivered.entry;
        return { kind: 'unknown', command: delivered.entry.command };
      }
    },

    recordRefusal(signed, thrown) {
      const refusal = asRefusal(thrown);
      if (!(refusal instanceof Refusal)) return parts.surprised(thrown);
      if (refusal.code === 'E_CANCELLED') return void recordCancelled(signed);
      const { code, why, field } = refusal;
      refusals.record({ code, ...factsOf(signed) }, { why, field, message: signed.bytes });
    },
  };

  /**
   * Announces a command. One that was announced before, never left, and could not even be closed, because nothing could
   * be written, is closed now: its people sign the same bytes again, and nobody else holds the device's lane.
   */
  async function announcing(may: Authorized): Promise<Intent> {
    try {
      return await recorder.recordIntent(may);
    } catch (error) {
      const left = error instanceof StoreConflict && parts.announced(may.request.who.hash);
      if (!left) throw error;
      await recorder.abandon(left, 'E_AUDIT_UNAVAILABLE');
      return recorder.recordIntent(may);
    }
  }

  /** Announced and turned down before it was sent: the log says so next to its intent. */
  async function closing<T>(command: Bytes, work: () => Promise<T>): Promise<T> {
    try {
      return await refusing(work);
    } catch (error) {
      const entry = parts.announced(command);
      const code = error instanceof Refusal ? error.code : 'E_STORAGE';
      if (entry) await recorder.abandon(entry, code).catch(parts.surprised);
      throw error;
    }
  }

  function factsOf(signed: CompleteCommand) {
    const kids = signed.approvals.map((approval) => approval.kid);
    try {
      const { device } = parseCommand(signed.bytes);
      return { device, command: crypto.sha256(signed.bytes), kids };
    } catch {
      return { kids };
    }
  }

  function recordCancelled(signed: CompleteCommand): Promise<void> {
    const { device } = parseCommand(signed.bytes);
    const command = crypto.sha256(signed.bytes);
    const kids = signed.approvals.map((approval) => approval.kid);
    const entry = logEntry({ type: 'cancelled', time: now(), device, command, kids });
    return log.appendDurable([entry]).then(() => undefined, parts.surprised);
  }
}
