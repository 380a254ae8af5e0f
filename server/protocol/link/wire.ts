import type { Bytes } from '../encoding/bytes.ts';
import { type Cbor, encode } from '../encoding/cbor.ts';
import { arrayOf, bytesOf, decodeStrict, textOf, uint } from '../encoding/fields.ts';
import { codeOf, Refusal, REFUSALS, type RefusalCode } from '../refusal.ts';

/**
 * The messages between gateway and device: the same bytes in a WebSocket frame and in chained APDUs. One
 * request, one answer, in order.
 */
export type Request =
  | { readonly kind: 'open' }
  | { readonly kind: 'emergency-open' }
  | { readonly kind: 'deliver'; readonly bundle: Bytes; readonly companion?: Bytes }
  | { readonly kind: 'emergency'; readonly emergency: Bytes }
  | { readonly kind: 'receipt-for'; readonly command: Bytes }
  | { readonly kind: 'receipts-since'; readonly number: number }
  | { readonly kind: 'anchors'; readonly anchors: Bytes }
  /** What an implant has measured since it was last read out. */
  | { readonly kind: 'read-out' };

export type Answer =
  | { readonly kind: 'attestation'; readonly attestation: Bytes }
  | { readonly kind: 'presence'; readonly presence: Bytes }
  | { readonly kind: 'receipt'; readonly receipt: Bytes }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly field: string }
  | { readonly kind: 'absence'; readonly absence: Bytes }
  | { readonly kind: 'receipts'; readonly receipts: readonly Bytes[] }
  | { readonly kind: 'accepted' }
  /** One telemetry frame, and the chain head that vouches for it. */
  | { readonly kind: 'measured'; readonly frame: Bytes; readonly head: Bytes };

const OPEN = 1;
const DELIVER = 2;
const EMERGENCY = 3;
const RECEIPT_FOR = 4;
const RECEIPTS_SINCE = 5;
const ANCHORS = 6;
const EMERGENCY_OPEN = 7;
const READ_OUT = 8;
const ATTESTATION = 101;
const RECEIPT = 102;
const REFUSED = 103;
const ABSENCE = 104;
const RECEIPTS = 105;
const ACCEPTED = 106;
const PRESENCE = 107;
const MEASURED = 108;

/** Largest message either way: a bundle, what travels beside it, and framing. */
export const MAX_MESSAGE = 24_576;

export function encodeRequest(request: Request): Bytes {
  switch (request.kind) {
    case 'open':
      return encode([OPEN]);
    case 'emergency-open':
      return encode([EMERGENCY_OPEN]);
    case 'read-out':
      return encode([READ_OUT]);
    case 'deliver':
      return encode(
        request.companion ? [DELIVER, request.bundle, request.companion] : [DELIVER, request.bundle],
      );
    case 'emergency':
      return encode([EMERGENCY, request.emergency]);
    case 'receipt-for':
      return encode([RECEIPT_FOR, request.command]);
    case 'receipts-since':
      return encode([RECEIPTS_SINCE, request.number]);
    case 'anchors':
      return encode([ANCHORS, request.anchors]);
    default:
      return request satisfies never;
  }
}

/** Reads a request; throws Refusal E_CMD_MALFORMED, or E_ROUTE for a kind that does not exist. */
export function parseRequest(bytes: Bytes): Request {
  const items = arrayOf(decodeStrict(bytes, 'message', MAX_MESSAGE), 'message', 1, 3);
  const sized = (size: number): readonly Cbor[] => arrayOf([...items], 'message', size, size);
  switch (items[0]) {
    case OPEN:
      sized(1);
      return { kind: 'open' };
    case EMERGENCY_OPEN:
      sized(1);
      return { kind: 'emergency-open' };
    case READ_OUT:
      sized(1);
      return { kind: 'read-out' };
    case DELIVER:
      return {
        kind: 'deliver',
        bundle: bytesOf(items[1], 'message.bundle'),
        ...(items.length === 3 && { companion: bytesOf(items[2], 'message.companion') }),
      };
    case EMERGENCY:
      return { kind: 'emergency', emergency: bytesOf(sized(2)[1], 'message.emergency') };
    case RECEIPT_FOR:
      return { kind: 'receipt-for', command: bytesOf(sized(2)[1], 'message.command', 32) };
    case RECEIPTS_SINCE:
      return { kind: 'receipts-since', number: uint(sized(2)[1], 'message.number', 0xffff_ffff) };
    case ANCHORS:
      return { kind: 'anchors', anchors: bytesOf(sized(2)[1], 'message.anchors') };
    default:
      throw new Refusal('E_ROUTE', 'no such message', 'message.0');
  }
}

export function encodeAnswer(answer: Answer): Bytes {
  switch (answer.kind) {
    case 'attestation':
      return encode([ATTESTATION, answer.attestation]);
    case 'presence':
      return encode([PRESENCE, answer.presence]);
    case 'receipt':
      return encode([RECEIPT, answer.receipt]);
    case 'refused':
      return encode([REFUSED, REFUSALS[answer.code].number, answer.field]);
    case 'absence':
      return encode([ABSENCE, answer.absence]);
    case 'receipts':
      return encode([RECEIPTS, answer.receipts]);
    case 'accepted':
      return encode([ACCEPTED]);
    case 'measured':
      return encode([MEASURED, answer.frame, answer.head]);
    default:
      return answer satisfies never;
  }
}

/** Reads an answer; throws Refusal E_CMD_MALFORMED. */
export function parseAnswer(bytes: Bytes): Answer {
  const items = arrayOf(decodeStrict(bytes, 'answer', MAX_MESSAGE), 'answer', 1, 3);
  const sized = (size: number): readonly Cbor[] => arrayOf([...items], 'answer', size, size);
  switch (items[0]) {
    case ATTESTATION:
      return { kind: 'attestation', attestation: bytesOf(sized(2)[1], 'answer.attestation') };
    case PRESENCE:
      return { kind: 'presence', presence: bytesOf(sized(2)[1], 'answer.presence') };
    case RECEIPT:
      return { kind: 'receipt', receipt: bytesOf(sized(2)[1], 'answer.receipt') };
    case REFUSED: {
      const code = codeOf(uint(sized(3)[1], 'answer.code', 0xffff));
      if (!code) throw new Refusal('E_CMD_MALFORMED', 'no such refusal', 'answer.code');
      return { kind: 'refused', code, field: textOf(items[2], 'answer.field', 120) };
    }
    case ABSENCE:
      return { kind: 'absence', absence: bytesOf(sized(2)[1], 'answer.absence') };
    case RECEIPTS: {
      const receipts = arrayOf(sized(2)[1], 'answer.receipts', 0, 16);
      return { kind: 'receipts', receipts: receipts.map((receipt) => bytesOf(receipt, 'answer.receipts')) };
    }
    case ACCEPTED:
      sized(1);
      return { kind: 'accepted' };
    case MEASURED: {
      const [, frame, head] = sized(3);
      return {
        kind: 'measured',
        frame: bytesOf(frame, 'answer.frame'),
        head: bytesOf(head, 'answer.head'),
      };
    }
    default:
      throw new Refusal('E_CMD_MALFORMED', 'no such answer', 'answer.0');
  }
}
