import { type Mode, MODE } from '../../../server/protocol/attestation.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../../../server/protocol/encoding/cbor.ts';
import { arrayOf, bytesOf, decodeStrict, Fields, uint } from '../../../server/protocol/encoding/fields.ts';
import { KEPT_RECEIPTS } from '../../../server/protocol/receipt.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';

/** Everything a device must still know after its power was cut. Written whole, or not at all. */
export interface DeviceState {
  readonly settings: ReadonlyMap<number, number>;
  readonly mode: Mode;
  /** Accepted commands. */
  readonly counter: number;
  /** Receipts given, refusals included. */
  readonly receiptNumber: number;
  readonly lastReceipt: Bytes;
  /** The last 16 receipts, oldest first. */
  readonly receipts: readonly StoredReceipt[];
  readonly emergencyNonce: Bytes;
  /** Seconds this device has run. */
  readonly ticks: number;
  /** Unix seconds that the witnesses last vouched for, and the tick at which they did. */
  readonly time: number;
  readonly timeTick: number;
  readonly statusVersion: number;
  readonly revoked: readonly number[];
  readonly patientSalt: Bytes;
  readonly patient: Bytes;
  readonly anchors: Bytes;
  readonly profile: Bytes;
  /** Changes that still count against a cumulative window. */
  readonly history: readonly Change[];
  /** Value of each setting at the last change two people signed. */
  readonly baselines: ReadonlyMap<number, number>;
}

export interface StoredReceipt {
  readonly command: Bytes;
  readonly receipt: Bytes;
}

export interface Change {
  readonly code: number;
  readonly tick: number;
  readonly size: number;
}

const MODES: readonly Mode[] = ['running', 'stopped', 'safe-mode'];
const FIELDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
const MAX_STATE = 256 * 1024;

export function encodeState(state: DeviceState): Bytes {
  return encode(
    new Map<number, Cbor>([
      [1, 1],
      [2, state.settings],
      [3, MODE[state.mode]],
      [4, state.counter],
      [5, state.receiptNumber],
      [6, state.lastReceipt],
      [7, state.receipts.map((stored) => [stored.command, stored.receipt])],
      [8, state.emergencyNonce],
      [9, state.ticks],
      [10, [state.time, state.timeTick]],
      [11, state.statusVersion],
      [12, state.revoked],
      [13, state.patientSalt],
      [14, state.patient],
      [15, state.anchors],
      [16, state.profile],
      [17, state.history.map((change) => [change.code, change.tick, change.size])],
      [18, state.baselines],
    ]),
  );
}

/** Reads stored state; throws Refusal E_STORAGE when it is not exactly what this program writes. */
export function parseState(bytes: Bytes): DeviceState {
  const f = Fields.of(decodeStrict(bytes, 'state', MAX_STATE, 'E_STORAGE'), 'state', FIELDS, [], 'E_STORAGE');
  const [time, timeTick] = arrayOf(f.value(10), 'state.10', 2, 2);
  const mode = MODES[f.uint(3, 2)];
  if (f.uint(1) !== 1 || !mode) throw new Refusal('E_STORAGE', 'written by another program', 'state');
  return {
    settings: f.settings(2),
    mode,
    counter: f.uint(4),
    receiptNumber: f.uint(5),
    lastReceipt: f.bytes(6, 32),
    receipts: f.array(7, KEPT_RECEIPTS).map((item) => {
      const [command, receipt] = arrayOf(item, 'state.7', 2, 2);
      return { command: bytesOf(command, 'state.7', 32), receipt: bytesOf(receipt, 'state.7') };
    }),
    emergencyNonce: f.bytes(8, 16),
    ticks: f.uint(9),
    time: uint(time, 'state.10'),
    timeTick: uint(timeTick, 'state.10'),
    statusVersion: f.uint(11),
    revoked: f.array(12, 1500).map((serial) => uint(serial, 'state.12')),
    patientSalt: f.bytes(13, 16),
    patient: f.bytes(14, 32),
    anchors: f.bytes(15),
    profile: f.bytes(16),
    history: f.array(17, 64 * 34).map((item) => {
      const [code, tick, size] = arrayOf(item, 'state.17', 3, 3);
      return { code: uint(code, 'state.17'), tick: uint(tick, 'state.17'), size: uint(size, 'state.17') };
    }),
    baselines: f.settings(18),
  };
}
