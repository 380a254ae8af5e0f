import { type Approval, approvalValue, parseApproval } from './approval.ts';
import { type Proof, parseProof, proofValue } from './bundle.ts';
import type { Bytes } from './encoding/bytes.ts';
import { type Cbor, encode } from './encoding/cbor.ts';
import { type CommandProgress, parseProgress, progressFields } from './command-progress.ts';
import { parseContext } from './call-context.ts';
import { arrayOf, bytesOf, decodeStrict, textOf, uint } from './encoding/fields.ts';
import { parseTap, type Tap, tapFields } from './link/tap-phase.ts';
import { MAX_MONITORED, type MonitorWish } from './telemetry/monitor-wish.ts';
import { codeNamed, Refusal, type RefusalCode } from './refusal.ts';

/**
 * What a clinician's tablet and the gateway say to each other over the stream (WebSocket, binary frames, one
 * CBOR array each). A call carries a number; every reply carries the same number and either ends the call or
 * tells how far it is.
 */
export type Call =
  /** `build`: SHA-256 over the page's build, 32 bytes; a program that is no page says none. */
  | { readonly kind: 'hello'; readonly ticket: string; readonly build?: Bytes }
  | { readonly kind: 'open'; readonly device: Bytes }
  | {
      readonly kind: 'sign';
      readonly command: Bytes;
      readonly approval: Approval;
      readonly context: Context;
      readonly companion?: Bytes;
    }
  | { readonly kind: 'enter'; readonly draft: string; readonly command: Bytes }
  | { readonly kind: 'approve'; readonly draft: string; readonly approval: Approval }
  | { readonly kind: 'cancel'; readonly command: Bytes }
  | { readonly kind: 'resolve'; readonly device: Bytes }
  | { readonly kind: 'watch' }
  | { readonly kind: 'monitor'; readonly wish: MonitorWish };

/** Why a change is made, and on whose order. Stands in the log as a commitment. */
export interface Context {
  /** Short reason code, e.g. `titration`. */
  readonly reason: string;
  /** Free text; may be empty for small changes. */
  readonly note: string;
  /** Reference of the order in the hospital's own system; may be empty. */
  readonly order: string;
}

export type Reply =
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly why: string }
  | { readonly kind: 'welcome' }
  | { readonly kind: 'opened'; readonly attestation: Bytes }
  | { readonly kind: 'stage'; readonly stage: Stage }
  | { readonly kind: 'awaiting-second'; readonly draft: string }
  | { readonly kind: 'matched'; readonly draft: string }
  | { readonly kind: 'differs'; readonly settings: readonly number[]; readonly left: number }
  | { readonly kind: 'sealed'; readonly sealed: SealedOutcome }
  | { readonly kind: 'unknown'; readonly command: Bytes }
  | { readonly kind: 'done' }
  | { readonly kind: 'event'; readonly event: string; readonly device: Bytes }
  | { readonly kind: 'tap'; readonly tap: Tap }
  /** What `liveValue` makes and `parseLive` reads: not read here, since a screen without vitals needs none of it. */
  | { readonly kind: 'live'; readonly said: Cbor }
  | { readonly kind: 'progress'; readonly progress: CommandProgress };

/** How far a command is. `sent` is never shown as success. */
export const STAGES = ['checked', 'cooling', 'logged', 'granted', 'sent', 'answered'] as const;
export type Stage = (typeof STAGES)[number];

/** What the tablet itself verifies before it shows "Done". */
export interface SealedOutcome {
  readonly command: Bytes;
  /** The device's word, or empty when it refused without one. */
  readonly receipt: Bytes;
  /** Refusal code, or empty when the command was applied. */
  readonly code: string;
  /** Proof that the outcome stands in the witnessed log. */
  readonly proof: Proof;
}

const CALLS = ['hello', 'open', 'sign', 'enter', 'approve', 'cancel', 'resolve', 'watch', 'monitor'] as const;
const REPLIES = [
  'refused',
  'welcome',
  'opened',
  'stage',
  'awaiting-second',
  'matched',
  'differs',
  'sealed',
  'unknown',
  'done',
  'event',
  'tap',
  'live',
  'progress',
] as const;
export const MAX_STREAM_MESSAGE = 24_576;

export interface Numbered<T> {
  readonly id: number;
  readonly message: T;
}

export function encodeCall(id: number, call: Call): Bytes {
  return encode([id, CALLS.indexOf(call.kind), ...callFields(call)]);
}

function callFields(call: Call): Cbor[] {
  switch (call.kind) {
    case 'hello':
      return call.build ? [call.ticket, call.build] : [call.ticket];
    case 'open':
    case 'resolve':
      return [call.device];
    case 'sign': {
      const { reason, note, order } = call.context;
      const fields: Cbor[] = [call.command, approvalValue(call.approval), [reason, note, order]];
      return call.companion ? [...fields, call.companion] : fields;
    }
    case 'enter':
      return [call.draft, call.command];
    case 'approve':
      return [call.draft, approvalValue(call.approval)];
    case 'cancel':
      return [call.command];
    case 'watch':
      return [];
    case 'monitor':
      return [call.wish.devices, call.wish.waves ? 1 : 0];
    default:
      return call satisfies never;
  }
}

/** Reads a call; throws Refusal E_CMD_MALFORMED or E_ROUTE. */
export function parseCall(bytes: Bytes): Numbered<Call> {
  const [id, kind, ...rest] = arrayOf(decodeStrict(bytes, 'call', MAX_STREAM_MESSAGE), 'call', 2, 8);
  const name = CALLS[uint(kind, 'call.kind', 255)];
  if (!name) throw new Refusal('E_ROUTE', 'no such call', 'call.kind');
  return { id: uint(id, 'call.id', 0xffff_ffff), message: parseCallOf(name, rest) };
}

function parseCallOf(kind: Call['kind'], rest: readonly Cbor[]): Call {
  const sized = (min: number, max = min): readonly Cbor[] => arrayOf(rest, `call.${kind}`, min, max);
  switch (kind) {
    case 'hello':
      return helloOf(sized(1, 2));
    case 'open':
    case 'resolve':
      return { kind, device: bytesOf(sized(1)[0], 'call.device', 8) };
    case 'sign': {
      const [command, approval, context, companion] = sized(3, 4);
      return {
        kind,
        command: bytesOf(command, 'call.command'),
        approval: parseApproval(approval, 'call.approval'),
        context: parseContext(context),
        ...(companion !== undefined && { companion: bytesOf(companion, 'call.companion') }),
      };
    }
    case 'enter': {
      const [draft, command] = sized(2);
      return { kind, draft: textOf(draft, 'call.draft', 64), command: bytesOf(command, 'call.command') };
    }
    case 'approve': {
      const [draft, approval] = sized(2);
      return {
        kind,
        draft: textOf(draft, 'call.draft', 64),
        approval: parseApproval(approval, 'call.approval'),
      };
    }
    case 'cancel':
      return { kind, command: bytesOf(sized(1)[0], 'call.command', 32) };
    case 'watch':
      sized(0);
      return { kind };
    case 'monitor': {
      const [devices, waves] = sized(2);
      const ids = arrayOf(devices, 'call.devices', 0, MAX_MONITORED).map((id) =>
        bytesOf(id, 'call.devices', 8),
      );
      return { kind, wish: { devices: ids, waves: uint(waves, 'call.waves', 1) === 1 } };
    }
    default:
      return kind satisfies never;
  }
}

const helloOf = ([ticket, build]: readonly Cbor[]): Call => ({
  kind: 'hello',
  ticket: textOf(ticket, 'call.ticket', 100),
  ...(build !== undefined && { build: bytesOf(build, 'call.build', 32) }),
});

export function encodeReply(id: number, reply: Reply): Bytes {
  return encode([id, REPLIES.indexOf(reply.kind), ...replyFields(reply)]);
}

function replyFields(reply: Reply): Cbor[] {
  switch (reply.kind) {
    case 'refused':
      return [reply.code, reply.why];
    case 'welcome':
    case 'done':
      return [];
    case 'opened':
      return [reply.attestation];
    case 'stage':
      return [reply.stage];
    case 'awaiting-second':
    case 'matched':
      return [reply.draft];
    case 'differs':
      return [reply.settings, reply.left];
    case 'sealed': {
      const { command, receipt, code, proof } = reply.sealed;
      return [command, receipt, code, proofValue(proof)];
    }
    case 'unknown':
      return [reply.command];
    case 'event':
      return [reply.event, reply.device];
    case 'live':
      return [reply.said];
    case 'tap':
      return tapFields(reply.tap);
    case 'progress':
      return progressFields(reply.progress);
    default:
      return reply satisfies never;
  }
}

/** Reads a reply; throws Refusal E_CMD_MALFORMED. */
export function parseReply(bytes: Bytes): Numbered<Reply> {
  const [id, kind, ...rest] = arrayOf(decodeStrict(bytes, 'reply', MAX_STREAM_MESSAGE), 'reply', 2, 8);
  const name = REPLIES[uint(kind, 'reply.kind', 255)];
  if (!name) throw new Refusal('E_CMD_MALFORMED', 'no such reply', 'reply.kind');
  return { id: uint(id, 'reply.id', 0xffff_ffff), message: parseReplyOf(name, rest) };
}

function parseReplyOf(kind: Reply['kind'], rest: readonly Cbor[]): Reply {
  const sized = (size: number): readonly Cbor[] => arrayOf(rest, `reply.${kind}`, size, size);
  switch (kind) {
    case 'refused': {
      const [code, why] = sized(2);
      return { kind, code: codeOrMalformed(code), why: textOf(why, 'reply.why', 400) };
    }
    case 'welcome':
    case 'done':
      sized(0);
      return { kind };
    case 'opened':
      return { kind, attestation: bytesOf(sized(1)[0], 'reply.attestation') };
    case 'stage': {
      const stage = STAGES.find((name) => name === sized(1)[0]);
      if (!stage) throw new Refusal('E_CMD_MALFORMED', 'no such stage', 'reply.stage');
      return { kind, stage };
    }
    case 'awaiting-second':
    case 'matched':
      return { kind, draft: textOf(sized(1)[0], 'reply.draft', 64) };
    case 'differs': {
      const [settings, left] = sized(2);
      const codes = arrayOf(settings, 'reply.settings', 0, 64).map((code) => uint(code, 'reply.settings'));
      return { kind, settings: codes, left: uint(left, 'reply.left', 9) };
    }
    case 'sealed': {
      const [command, receipt, code, proof] = sized(4);
      const sealed = {
        command: bytesOf(command, 'reply.command', 32),
        receipt: bytesOf(receipt, 'reply.receipt'),
        code: textOf(code, 'reply.code', 40),
        proof: parseProof(proof, 'reply.proof'),
      };
      return { kind, sealed };
    }
    case 'unknown':
      return { kind, command: bytesOf(sized(1)[0], 'reply.command', 32) };
    case 'event': {
      const [event, device] = sized(2);
      return { kind, event: textOf(event, 'reply.event', 40), device: bytesOf(device, 'reply.device', 8) };
    }
    case 'live':
      return { kind, said: arrayOf(sized(1)[0], 'reply.live', 2, 11) };
    case 'tap':
      return { kind, tap: parseTap(rest) };
    case 'progress':
      return { kind, progress: parseProgress(rest) };
    default:
      return kind satisfies never;
  }
}

function codeOrMalformed(value: Cbor | undefined): RefusalCode {
  const code = typeof value === 'string' ? codeNamed(value) : undefined;
  if (!code) throw new Refusal('E_CMD_MALFORMED', 'no such refusal', 'reply.code');
  return code;
}
