import type { Bytes } from './encoding/bytes.ts';
import { type Cbor, encode } from './encoding/cbor.ts';
import { open1, parseSign1, sign1 } from './encoding/cose.ts';
import type { Crypto, PublicKey, Signer } from './crypto.ts';
import { bytesOf, decodeStrict, Fields } from './encoding/fields.ts';
import { codeOf, Refusal, REFUSALS, type RefusalCode } from './refusal.ts';

/** What came of a command. Only a receipt can say so; without one the outcome is unknown. */
export const RESULT = { applied: 1, 'applied-modified': 2, refused: 3 } as const;
export type Result = keyof typeof RESULT;
const RESULT_NAMES = new Map<number, Result>([
  [1, 'applied'],
  [2, 'applied-modified'],
  [3, 'refused'],
]);

/**
 * The device's word on one command, chained to its previous word.
 *
 *     COSE_Sign1 { 1: device, 2: result, ? 3: refusal number, 4: command hash, ? 5: grant id,
 *                  ? 6: intent leaf hash, 7: [accepted kids], 8: receipt number, 9: counter,
 *                  10: settings before, 11: settings after, 12: read-back, 13: previous receipt hash, 14: ticks }
 */
export interface Receipt {
  readonly device: Bytes;
  readonly result: Result;
  readonly code?: RefusalCode;
  readonly command: Bytes;
  readonly grant?: Bytes;
  readonly intentLeaf?: Bytes;
  readonly kids: readonly Bytes[];
  /** Counts every receipt, refusals too: a missing number is a missing receipt. */
  readonly number: number;
  /** Counts accepted commands only. */
  readonly counter: number;
  readonly before: ReadonlyMap<number, number>;
  readonly after: ReadonlyMap<number, number>;
  /** The settings as read from where they act, not from what was meant. */
  readonly readBack: ReadonlyMap<number, number>;
  readonly previous: Bytes;
  readonly ticks: number;
}

export const MAX_RECEIPT = 2048;
/** Receipts a device keeps: for older ones it only says that it has none. */
export const KEPT_RECEIPTS = 16;
const REQUIRED = [1, 2, 4, 7, 8, 9, 10, 11, 12, 13, 14];

export function issueReceipt(receipt: Receipt, device: Signer): Promise<Bytes> {
  const members: [number, Cbor][] = [
    [1, receipt.device],
    [2, RESULT[receipt.result]],
    [4, receipt.command],
    [7, receipt.kids],
    [8, receipt.number],
    [9, receipt.counter],
    [10, receipt.before],
    [11, receipt.after],
    [12, receipt.readBack],
    [13, receipt.previous],
    [14, receipt.ticks],
  ];
  if (receipt.code) members.push([3, REFUSALS[receipt.code].number]);
  if (receipt.grant) members.push([5, receipt.grant]);
  if (receipt.intentLeaf) members.push([6, receipt.intentLeaf]);
  return sign1('receipt', encode(new Map(members)), device);
}

/** What a receipt says, before its key is known. */
export const readReceipt = (bytes: Bytes): Receipt =>
  parsePayload(parseSign1(bytes, 'receipt', MAX_RECEIPT, 'E_DEVICE_IDENTITY').payload);

/** A receipt that this device signed; throws Refusal E_DEVICE_IDENTITY. */
export async function openReceipt(crypto: Crypto, bytes: Bytes, device: PublicKey): Promise<Receipt> {
  const message = parseSign1(bytes, 'receipt', MAX_RECEIPT, 'E_DEVICE_IDENTITY');
  return parsePayload(await open1(crypto, 'receipt', message, device, 'E_DEVICE_IDENTITY'));
}

function parsePayload(payload: Bytes): Receipt {
  const f = Fields.of(decodeStrict(payload, 'receipt', MAX_RECEIPT), 'receipt', REQUIRED, [3, 5, 6]);
  const result = RESULT_NAMES.get(f.uint(2));
  const code = f.has(3) ? codeOf(f.uint(3)) : undefined;
  if (!result) throw new Refusal('E_CMD_MALFORMED', 'no such result', 'receipt.2');
  if (f.has(3) !== (result === 'refused') || (f.has(3) && !code)) {
    throw new Refusal(
      'E_CMD_MALFORMED',
      'a refusal has a known code, and only a refusal has one',
      'receipt.3',
    );
  }
  return {
    device: f.bytes(1, 8),
    result,
    ...(code && { code }),
    command: f.bytes(4, 32),
    ...(f.has(5) && { grant: f.bytes(5, 16) }),
    ...(f.has(6) && { intentLeaf: f.bytes(6, 32) }),
    kids: f.array(7, 2).map((kid) => bytesOf(kid, 'receipt.7', 16)),
    number: f.uint(8, 0xffff_ffff),
    counter: f.uint(9, 0xffff_ffff),
    before: f.settings(10),
    after: f.settings(11),
    readBack: f.settings(12),
    previous: f.bytes(13, 32),
    ticks: f.uint(14, 0xffff_ffff),
  };
}

/**
 * The device's word that a command was not accepted. `final` when it never will be, because its nonce is
 * spent or has expired.
 *
 *     COSE_Sign1 { 1: device, 2: command hash, 3: final, 4: receipt number, 5: counter, 6: ticks }
 */
export interface Absence {
  readonly device: Bytes;
  readonly command: Bytes;
  readonly final: boolean;
  readonly number: number;
  readonly counter: number;
  readonly ticks: number;
}

export function issueAbsence(absence: Absence, device: Signer): Promise<Bytes> {
  const payload = new Map<number, Cbor>([
    [1, absence.device],
    [2, absence.command],
    [3, absence.final ? 1 : 0],
    [4, absence.number],
    [5, absence.counter],
    [6, absence.ticks],
  ]);
  return sign1('absence', encode(payload), device);
}

/** An absence that this device signed; throws Refusal E_DEVICE_IDENTITY. */
export async function openAbsence(crypto: Crypto, bytes: Bytes, device: PublicKey): Promise<Absence> {
  const message = parseSign1(bytes, 'absence', 512, 'E_DEVICE_IDENTITY');
  const payload = await open1(crypto, 'absence', message, device, 'E_DEVICE_IDENTITY');
  const f = Fields.of(decodeStrict(payload, 'absence', 256), 'absence', [1, 2, 3, 4, 5, 6]);
  return {
    device: f.bytes(1, 8),
    command: f.bytes(2, 32),
    final: f.uint(3, 1) === 1,
    number: f.uint(4, 0xffff_ffff),
    counter: f.uint(5, 0xffff_ffff),
    ticks: f.uint(6, 0xffff_ffff),
  };
}
