import { type Bytes, concat } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../../server/protocol/encoding/cbor.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { sign1 } from '../../server/protocol/encoding/cose.ts';
import { arrayOf, decodeStrict } from '../../server/protocol/encoding/fields.ts';
import { deviceValue, type ListedDevice } from '../../server/protocol/fleet/fleet-device.ts';
import { issueFleet } from '../../server/protocol/fleet/fleet.ts';
import { issueRoot, listingsOf } from '../../server/protocol/fleet/listing.ts';
import type { Case } from '../support/evidence.ts';
import { NOW } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { damaged } from './plain-cases.ts';
import { sign1Cases } from './signed-cases.ts';
import { good, type Vector, vector } from './vector-file.ts';

const { sha256 } = nodeCrypto;
const NONE = 'E_NOT_ENROLLED';
const station = { label: 'station-1', certificates: [testBytes('station')] };

/** The authority's list of what may connect, what it comes to, and its word on one device. */
export async function fleetCases(whole: Case): Promise<Record<string, Vector[]>> {
  const { authority } = whole.world;
  const one = deviceOf(whole);
  const list = { version: 7, issued: NOW, devices: [one(1), one(2)], stations: [station] };
  const made = (change: Partial<typeof list>) => issueFleet(sha256, { ...list, ...change }, authority);
  const other = { ...station, label: 'station-0' };
  /** A list that goes with this root, or with none. */
  const rooted = (root: Bytes | undefined) =>
    sign1(
      'fleet',
      encode(
        new Map<number, Cbor>([
          [1, 1],
          [2, list.version],
          [3, NOW],
          [4, list.devices.map(deviceValue)],
          [5, []],
          ...(root ? ([[6, root]] as const) : []),
        ]),
      ),
      authority,
    );
  const root = (change: Partial<typeof list> = {}, by = authority) =>
    issueRoot(sha256, { ...list, ...change }, { ...list, ...change }.devices, by);
  return {
    fleet: [
      ...(await sign1Cases('fleet', await made({}), authority, NONE)),
      good(await made({ devices: [], stations: [] }), 'nothing may connect', 'empty'),
      good(await rooted(undefined), 'without a root, from before there were such', 'no root'),
      vector('order', await made({ devices: [one(2), one(1)] }), NONE, 'ids out of order'),
      vector('device twice', await made({ devices: [one(1), one(1)] }), NONE, 'one id for two'),
      vector(
        'certificate twice',
        await made({ devices: [one(1), one(2, { certificates: one(1).certificates })] }),
        NONE,
        'one certificate of two devices',
      ),
      vector('labels', await made({ stations: [station, other] }), NONE, 'labels out of order'),
      vector('9 certificates', await made({ devices: [one(1, { certificates: Array.from({ length: 9 }, (_, i) => testBytes(`${i}`)) })] }), NONE, 'at most 8'), // prettier-ignore
      vector('short profile', await made({ devices: [one(1, { profile: new Uint8Array(31) })] }), NONE, 'a hash of 31 bytes'), // prettier-ignore
      vector('name', await made({ devices: [one(1, { name: 'a\u202eb' })] }), NONE, 'a name that turns the text round'), // prettier-ignore
      vector('by a stranger', await issueFleet(sha256, list, testSigner('stranger')), NONE, 'no authority signed it'), // prettier-ignore
      vector('root of others', await rooted(await root({ devices: [one(1)] })), NONE, 'the root of other devices'), // prettier-ignore
      vector('root of another number', await rooted(await root({ version: 6 })), NONE, 'the root of the list before'), // prettier-ignore
      vector('root by a stranger', await rooted(await root({}, testSigner('stranger'))), NONE, 'a root that no authority signed'), // prettier-ignore
    ],
    'fleet-root': await sign1Cases('fleet-root', await root(), authority, NONE),
    listing: await listingCases(whole),
  };
}

async function listingCases(whole: Case): Promise<Vector[]> {
  const { authority } = whole.world;
  const one = deviceOf(whole);
  const devices = Array.from({ length: 7 }, (_, i) => one(i + 1));
  const numbers = { version: 7, issued: NOW };
  const signed = await issueRoot(sha256, numbers, devices, authority);
  const all = listingsOf(sha256, signed, devices);
  const [first, last] = [all[0] ?? new Uint8Array(), all.at(-1) ?? new Uint8Array()];
  const [, row = new Uint8Array(), , path = []] = arrayOf(
    decodeStrict(first, 'listing', 4_096),
    'listing',
    4,
    4,
  );
  const nodes = arrayOf(path, 'listing', 3, 3);
  const stranger = await issueRoot(sha256, numbers, devices, testSigner('stranger'));
  const otherRow = encode(deviceValue(one(9)));
  const [alone] = listingsOf(sha256, await issueRoot(sha256, numbers, [one(1)], authority), [one(1)]);
  const odd = encode([...arrayOf(decodeStrict(encode(deviceValue(one(1))), 'row', 4_096), 'row', 9, 9), 0]);
  const oddRoot = await sign1('fleet-root', encode(new Map<number, Cbor>([[1, 1], [2, 7], [3, NOW], [4, 1], [5, sha256(concat(Uint8Array.of(0), odd))]])), authority); // prettier-ignore
  return [
    good(first, 'the first of seven devices', 'first'),
    good(last, 'the last of seven devices, whose way is shorter', 'last'),
    good(alone ?? first, 'the only device of a list', 'alone'),
    vector('other row', encode([signed, otherRow, 0, path]), NONE, 'a device that is not listed'),
    vector('other place', encode([signed, row, 1, path]), NONE, 'at another place'),
    vector('beyond', encode([signed, row, 7, path]), NONE, 'beyond the end of the list'),
    vector('short path', encode([signed, row, 0, nodes.slice(1)]), NONE, 'a hash of the way is missing'),
    vector('long path', encode([signed, row, 0, [...nodes, testBytes('node')]]), NONE, 'a hash too many'),
    vector('15 hashes', encode([signed, row, 0, Array.from({ length: 15 }, () => testBytes('node'))]), NONE, 'at most 14'), // prettier-ignore
    vector('by a stranger', encode([stranger, row, 0, path]), NONE, 'a root that no authority signed'),
    vector('row of ten', encode([oddRoot, odd, 0, []]), NONE, 'a row with one member more'),
    vector('five members', encode([signed, row, 0, path, 0]), NONE, 'a member that does not belong'),
    vector('no row', encode([signed, 'row', 0, path]), NONE, 'a row that is no bytes'),
    ...damaged(first, NONE),
  ];
}

const deviceOf =
  ({ world: { device, profileHash } }: Case) =>
  (id: number, more: Partial<ListedDevice> = {}): ListedDevice => ({
    id: concat(new Uint8Array(7), Uint8Array.of(id)),
    serial: `SIM-${id}`,
    name: `pump-${id}`,
    site: 'ward 3',
    transport: 'websocket',
    posture: 'monitor-only',
    profile: profileHash,
    identityKey: coseKey(device.key.alg, device.key.raw),
    certificates: [testBytes(`certificate ${id}`)],
    ...more,
  });
