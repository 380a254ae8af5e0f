import assert from 'node:assert/strict';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../../server/protocol/encoding/cbor.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { sign1 } from '../../server/protocol/encoding/cose.ts';
import { deviceWordDetail, parseDeviceWord } from '../../server/protocol/fleet/enrolment.ts';
import { issueFleet, openFleet, parseFleet, sameFleet } from '../../server/protocol/fleet/fleet.ts';
import { deviceValue, type ListedDevice } from '../../server/protocol/fleet/fleet-device.ts';
import { issueRoot, listingsOf, openListing } from '../../server/protocol/fleet/listing.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';

const authority = testSigner('authority');
const { alg, raw } = testSigner('device').key;
const device = (id: number, more: Partial<ListedDevice> = {}): ListedDevice => ({
  id: new Uint8Array([0, 0, 0, 0, 0, 0, 0, id]),
  serial: `SIM-${id}`,
  name: `pump-${id}`,
  site: 'ward 3',
  transport: 'websocket',
  posture: 'monitor-only',
  profile: testBytes('profile', 32),
  identityKey: coseKey(alg, raw),
  certificates: [testBytes(`certificate ${id}`, 32)],
  ...more,
});
const station = { label: 'station-1', certificates: [testBytes('station', 32)] };
const open = (bytes: Bytes) => openFleet(nodeCrypto, bytes, [authority.key]);

describe('the list of devices and stations', () => {
  const fleet = { version: 7, issued: 1_790_000_000, devices: [device(1), device(2)], stations: [station] };

  it('says the same to who reads it as to who signed it', async () => {
    const read = await open(await issueFleet(nodeCrypto.sha256, fleet, authority));
    const { devices, root, ...rest } = read;
    assert.ok(root);
    assert.deepEqual(rest, { version: 7, issued: 1_790_000_000, stations: [station] });
    assert.ok(sameFleet(read, fleet));
    assert.deepEqual(devices[0]?.identity.raw, raw);
  });

  it('counts when the authority signed it as a list, and as nothing else', async () => {
    const code = { code: 'E_NOT_ENROLLED' };
    await assert.rejects(open(await issueFleet(nodeCrypto.sha256, fleet, testSigner('somebody'))), code);
    const bytes = await issueFleet(nodeCrypto.sha256, fleet, authority);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await assert.rejects(open(bytes), code);
    await assert.rejects(open(await sign1('status', encode(new Map([[1, 1]])), authority)), code);
  });

  const refused: Readonly<Record<string, typeof fleet>> = {
    'out of order': { ...fleet, devices: [device(2), device(1)] },
    'with a device twice': { ...fleet, devices: [device(1), device(1, { certificates: [] })] },
    'with one certificate of two devices': {
      ...fleet,
      devices: [device(1), device(2, { certificates: device(1).certificates })],
    },
    'with a certificate of a device and a station': {
      ...fleet,
      stations: [{ ...station, certificates: [...device(1).certificates] }],
    },
    'with a station twice': { ...fleet, stations: [station, { ...station, certificates: [] }] },
    'with a name that cannot be printed': { ...fleet, devices: [device(1, { name: 'a\nb' })] },
    'with an id that is no EUI-64': { ...fleet, devices: [device(1, { id: new Uint8Array(7) })] },
    'with nine certificates of one device': {
      ...fleet,
      devices: [device(1, { certificates: Array.from({ length: 9 }, (_, n) => testBytes(String(n), 32)) })],
    },
  };
  for (const [how, list] of Object.entries(refused)) {
    it(`is refused ${how}`, async () => {
      await assert.rejects(open(await issueFleet(nodeCrypto.sha256, list, authority)), {
        code: 'E_NOT_ENROLLED',
      });
    });
  }

  it('of another format is refused', () => {
    const payload = new Map<number, Cbor>([[1, 2], [2, 1], [3, 1], [4, []], [5, []]]); // prettier-ignore
    assert.throws(() => parseFleet(nodeCrypto, encode(payload)), { code: 'E_VERSION' });
  });
});

describe('what an operator signs about a device', () => {
  const request = testBytes('request', 32);
  it('is read as it was meant', () => {
    for (const word of [
      { kind: 'device certificate', request, identity: testBytes('i', 32), name: 'pump-7', site: 'ward 3', transport: 'nfc', profile: testBytes('p', 32) },
      { kind: 'device refused', request },
      { kind: 'device posture', device: testBytes('d', 8), posture: 'enrolled' },
    ] as const)
      assert.deepEqual(parseDeviceWord(deviceWordDetail(word)), word);
  }); // prettier-ignore

  it('is refused with a field too many, one too few, or about something else', () => {
    const good = deviceWordDetail({ kind: 'device refused', request });
    for (const bad of [
      new Map<number, Cbor>([...good, [3, 1]]),
      new Map<number, Cbor>([[1, 'device refused']]),
      new Map<number, Cbor>([...good, [1, 'tablet']]),
      new Map<number, Cbor>(),
    ])
      assert.throws(() => parseDeviceWord(bad), { code: 'E_CMD_MALFORMED' });
  });
});

describe('one device of the list', () => {
  const rows = Array.from({ length: 13 }, (_, i) => device(i + 1));
  const list = { version: 7, issued: 1_790_000_000, devices: rows, stations: [station] };
  const { sha256 } = nodeCrypto;
  const signedRoot = (more: Partial<typeof list> = {}, by = authority) => {
    const { devices, ...numbers } = { ...list, ...more };
    return issueRoot(sha256, numbers, devices, by);
  };
  const read = (bytes: Bytes) => openListing(nodeCrypto, bytes, [authority.key]);
  const unknown = { code: 'E_NOT_ENROLLED' };

  it('is shown to stand there by its row and the root alone, wherever it stands, and however long the list is', async () => {
    for (let length = 1; length <= rows.length; length++) {
      const devices = rows.slice(0, length);
      const { root } = await open(await issueFleet(sha256, { ...list, devices }, authority));
      assert.ok(root);
      for (const [at, bytes] of listingsOf(sha256, root, devices).entries()) {
        const { version, issued, issuer, device: found } = await read(bytes);
        assert.deepEqual([version, issued, issuer.raw], [7, 1_790_000_000, authority.key.raw]);
        assert.deepEqual(found.id, rows[at]?.id);
        assert.deepEqual(found.identity.raw, raw);
      }
    }
  });

  it('is not there by a root that somebody else signed, or signed as something else', async () => {
    const [foreign] = listingsOf(sha256, await signedRoot({}, testSigner('somebody')), rows);
    await assert.rejects(read(foreign ?? new Uint8Array()), unknown);
    const whole = await issueFleet(sha256, { ...list, devices: [] }, authority);
    await assert.rejects(read(listingsOf(sha256, whole, rows)[0] ?? new Uint8Array()), unknown);
  });

  it('is not there with any byte of its row, place, path or root changed', async () => {
    const bytes = listingsOf(sha256, await signedRoot(), rows)[4] ?? new Uint8Array();
    assert.ok(await read(bytes));
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
      await assert.rejects(read(flipped), (error) => error instanceof Refusal, `byte ${at}`);
    }
  });

  it('goes with its own list: one whose root is of other rows, or of another number, is refused', async () => {
    const withRoot = async (root: Bytes) => {
      const payload = new Map<number, Cbor>([
        [1, 1],
        [2, list.version],
        [3, list.issued],
        [4, rows.map(deviceValue)],
        [5, []],
        [6, root],
      ]);
      return open(await sign1('fleet', encode(payload), authority));
    };
    assert.ok(await withRoot(await signedRoot()));
    await assert.rejects(withRoot(await signedRoot({ devices: rows.slice(1) })), unknown);
    await assert.rejects(withRoot(await signedRoot({ version: 8 })), unknown);
    await assert.rejects(withRoot(await signedRoot({ issued: 1 })), unknown);
    await assert.rejects(withRoot(await signedRoot({}, testSigner('somebody'))), unknown);
  });
});
