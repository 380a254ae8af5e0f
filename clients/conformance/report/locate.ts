import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { CborError, decode } from '../../../server/protocol/encoding/cbor.ts';
import { inside, type Item, itemAt, member } from './items.ts';
import { inFrame } from './locate-telemetry.ts';

/** Bytes `start` up to `end` of a message. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const DELIVER = 2;
const EMERGENCY = 3;
const ANCHORS = 6;

/** Members of a credential that a refusal calls by name. */
const CREDENTIAL_FIELDS: Readonly<Record<string, number>> = {
  roles: 3,
  rpIdHash: 5,
  notAfter: 8,
  serial: 9,
  marks: 10,
};
const APPROVAL_PARTS = ['kid', 'authenticatorData', 'clientDataJSON', 'signature'];
const PROOF_PARTS = ['entry', 'index', 'path', 'checkpoint'];
const FRAME = 201;
const HEAD = 202;
/** A command by itself, as people sign it, is a map of nine or ten fields. */
const MAP = 5;

/**
 * Where the field that a refusal names lies in the message that was refused; undefined when it cannot be told. Where
 * the message is not well formed, that is the byte which shows it.
 */
export function locate(message: Bytes, field: string): Span | undefined {
  return malformedAt(message) ?? spanOf(parts(message), field);
}

/** The first byte that is not deterministic CBOR, in the message or in what it carries. */
function malformedAt(message: Bytes): Span | undefined {
  const fault = faultIn(message, 0);
  if (fault !== undefined) return byte(fault, message);
  const [kind, carried] = itemAt(message)?.children ?? [];
  if (kind?.argument !== DELIVER && kind?.argument !== EMERGENCY) return undefined;
  return deeper(message, carried) ?? deeper(message, inside(message, carried)?.children[1]);
}

function deeper(message: Bytes, item: Item | undefined): Span | undefined {
  if (item?.major !== 2) return undefined;
  const fault = faultIn(message.slice(item.content, item.end), item.content);
  return fault === undefined ? undefined : byte(fault, message);
}

function faultIn(bytes: Bytes, offset: number): number | undefined {
  try {
    decode(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof CborError) return offset + error.at;
    throw error;
  }
}

/** One byte; the last one where the message ends too early. */
function byte(at: number, { length }: Bytes): Span {
  const start = Math.max(0, Math.min(at, length - 1));
  return { start, end: start + 1 };
}

type Parts = (name: string) => Span | undefined;

/** The longest part of a field's name that the message has. */
function spanOf(find: Parts, field: string): Span | undefined {
  for (let name = field; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const span = find(name);
    if (span) return { start: span.start, end: span.end };
  }
  return undefined;
}

/** A finder of the parts of one message, by the names that refusals use. */
function parts(message: Bytes): Parts {
  const whole = itemAt(message);
  const kind = whole?.children[0]?.argument;
  const carried = whole?.children[1];
  return (name) => {
    const [first = '', second = '', third = ''] = name.split('.');
    if (whole?.major === MAP) return inFields(whole, second, third);
    if (kind !== undefined && kind >= FRAME) return inTelemetry(message, whole, first, second);
    if (first === 'message' || first === 'answer') {
      if (second === 'companion') return whole?.children[2];
      return second === '' ? whole : second === '0' ? whole?.children[0] : carried;
    }
    if (kind === DELIVER) return inBundle(message, inside(message, carried), first, second, third);
    if (kind === EMERGENCY) return inEmergency(message, inside(message, carried), first, second, third);
    if (kind === ANCHORS && first === 'anchors') return inAnchors(message, carried, second);
    return inSigned(message, carried, second);
  };
}

function inBundle(message: Bytes, bundle: Item | undefined, first: string, second: string, third: string) {
  const [version, command, approvals, credentials, status, grant, proof] = bundle?.children ?? [];
  switch (first) {
    case 'bundle':
      if (second === '0') return version;
      return second === 'approvals' ? approvals : second === 'credentials' ? credentials : bundle;
    case 'command':
      return inCommand(message, command, second, third);
    case 'approvals':
      return approvals;
    case 'approval':
      return inApproval(approvals?.children[0], second);
    case 'credential':
      return inProven(message, credentials?.children[0], second, third);
    case 'status':
      return inSigned(message, status, second);
    case 'grant':
      return inSigned(message, grant, second);
    case 'proof':
    case 'entry':
      return first === 'entry' ? proof?.children[0] : inProof(proof, second);
    default:
      return undefined;
  }
}

function inEmergency(
  message: Bytes,
  emergency: Item | undefined,
  first: string,
  second: string,
  third: string,
) {
  const [version, command, approval, proven] = emergency?.children ?? [];
  if (first === 'emergency') return second === '0' ? version : emergency;
  if (first === 'command') return inCommand(message, command, second, third);
  if (first === 'approval') return inApproval(approval, second);
  return first === 'credential' ? inProven(message, proven, second, third) : undefined;
}

/** What a device sends by itself: a signed head, a frame, or a loss. */
function inTelemetry(message: Bytes, whole: Item | undefined, first: string, second: string) {
  if (whole?.children[0]?.argument !== HEAD) return inFrame(message, whole, first, second);
  const head = whole.children[1];
  return first === 'head' ? inSigned(message, head, second) : head;
}

function inCommand(message: Bytes, command: Item | undefined, key: string, code: string) {
  return key === '' ? command : inFields(inside(message, command), key, code);
}

function inFields(fields: Item | undefined, key: string, code: string) {
  const field = key === '' ? fields : member(fields, Number(key));
  return code === '' ? field : member(field, Number(code));
}

function inApproval(approval: Item | undefined, part: string): Span | undefined {
  const data = approval?.children[1];
  if (part === 'flags' && data) return { start: data.content + 32, end: data.content + 33 };
  if (part === 'rpIdHash' && data) return { start: data.content, end: data.content + 32 };
  return part === '' ? approval : approval?.children[APPROVAL_PARTS.indexOf(part)];
}

function inProven(message: Bytes, proven: Item | undefined, part: string, deeperPart: string) {
  if (part === 'proof') return inProof(proven?.children[1], deeperPart);
  return inSigned(message, proven?.children[0], String(CREDENTIAL_FIELDS[part] ?? part));
}

const inProof = (proof: Item | undefined, part: string): Item | undefined =>
  part === '' ? proof : proof?.children[PROOF_PARTS.indexOf(part)];

/** A field of a COSE_Sign1, or one of its parts. */
function inSigned(message: Bytes, signed: Item | undefined, part: string): Item | undefined {
  const [header, unprotected, payload, signature] = inside(message, signed)?.children ?? [];
  if (part === 'signature') return signature;
  if (part === 'kid') return member(inside(message, header), 4);
  if (part === 'protected') return header;
  if (part === 'unprotected') return unprotected;
  return part === '' ? signed : member(inside(message, payload), Number(part));
}

function inAnchors(message: Bytes, anchors: Item | undefined, part: string): Item | undefined {
  const [authority, recovery] = inside(message, anchors)?.children ?? [];
  if (part === '0') return authority;
  return part === '1' ? recovery : inSigned(message, authority, part);
}
