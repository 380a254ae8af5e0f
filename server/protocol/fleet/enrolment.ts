import type { Bytes } from '../encoding/bytes.ts';
import type { Cbor } from '../encoding/cbor.ts';
import { Fields } from '../encoding/fields.ts';
import { isPlainName } from '../encoding/plain-name.ts';
import { Refusal } from '../refusal.ts';

/**
 * What an operator signs about a device, as the detail of an `enrolment` statement. Its first field says which:
 *
 *     { 1: "device certificate", 2: request's SHA-256, 3: SHA-256 of the identity COSE_Key,
 *       4: name, 5: site, 6: 1 WebSocket / 2 NFC, 7: profile hash }
 *     { 1: "device refused", 2: request's SHA-256 }
 *     { 1: "device posture", 2: device id, 3: 1 takes commands / 0 is only read }
 */
export type DeviceWord =
  | {
      readonly kind: 'device certificate';
      /** SHA-256 of the PKCS#10 request. */
      readonly request: Bytes;
      /** SHA-256 of the COSE_Key that the device proves itself with. */
      readonly identity: Bytes;
      readonly name: string;
      readonly site: string;
      readonly transport: 'websocket' | 'nfc';
      readonly profile: Bytes;
    }
  | { readonly kind: 'device refused'; readonly request: Bytes }
  | {
      readonly kind: 'device posture';
      readonly device: Bytes;
      readonly posture: 'enrolled' | 'monitor-only';
    };

const WHAT = 'statement.5';

/** The detail of the statement. */
export function deviceWordDetail(word: DeviceWord): ReadonlyMap<number, Cbor> {
  const fields = (): readonly Cbor[] => {
    if (word.kind === 'device refused') return [word.request];
    if (word.kind === 'device posture') return [word.device, word.posture === 'enrolled' ? 1 : 0];
    const { request, identity, name, site, transport, profile } = word;
    return [request, identity, name, site, transport === 'websocket' ? 1 : 2, profile];
  };
  return new Map([word.kind, ...fields()].map((value, i) => [i + 1, value]));
}

/** Reads the detail of an `enrolment` statement; throws Refusal E_CMD_MALFORMED when it is not about a device. */
export function parseDeviceWord(detail: ReadonlyMap<number, Cbor>): DeviceWord {
  const kind = detail.get(1);
  if (kind === 'device certificate') {
    const f = Fields.of(detail, WHAT, [1, 2, 3, 4, 5, 6, 7]);
    const transport = f.uint(6, 2);
    if (transport === 0) throw new Refusal('E_CMD_MALFORMED', 'expected 1 or 2', `${WHAT}.6`);
    return {
      kind,
      request: f.bytes(2, 32),
      identity: f.bytes(3, 32),
      name: plain(f, 4),
      site: plain(f, 5),
      transport: transport === 1 ? 'websocket' : 'nfc',
      profile: f.bytes(7, 32),
    };
  }
  if (kind === 'device refused') return { kind, request: Fields.of(detail, WHAT, [1, 2]).bytes(2, 32) };
  if (kind === 'device posture') {
    const f = Fields.of(detail, WHAT, [1, 2, 3]);
    return { kind, device: f.bytes(2, 8), posture: f.uint(3, 1) === 1 ? 'enrolled' : 'monitor-only' };
  }
  throw new Refusal('E_CMD_MALFORMED', 'the statement is not about a device', `${WHAT}.1`);
}

function plain(f: Fields, key: number): string {
  const text = f.text(key, 80);
  if (!isPlainName(text)) throw new Refusal('E_CMD_MALFORMED', 'expected a name', `${WHAT}.${key}`);
  return text;
}
