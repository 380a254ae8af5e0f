import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signerFromPem } from '../../clients/common/process/crypto.ts';
import { readListed } from '../../server/fleet/listed.ts';
import { readRegistry } from '../../server/fleet/registry.ts';
import { KnownPeers } from '../../server/gateway/trust/known-peers.ts';
import { readStations } from '../../server/gateway/trust/trust.ts';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { issueFleet } from '../../server/protocol/fleet/fleet.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';

describe('whose certificates are known', () => {
  let ward: TestWard;
  let peers: KnownPeers;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());
  beforeEach(async () => {
    const anchors = readAnchors(
      nodeCrypto,
      new Uint8Array(await readFile(join(ward.config.trust, 'anchors.bin'))),
    );
    const registry = await readRegistry(ward.config.trust, nodeCrypto, anchors);
    peers = new KnownPeers(ward.config, registry, await readStations(ward.config));
  });
  const devices = (): string => join(ward.config.trust, 'devices.json');
  const stations = (): string => join(ward.config.hospital, 'stations.json');
  const FRESH = 'ab'.repeat(32);

  it('follows a new certificate of a device, and forgets the old one', async () => {
    const file = await readFile(devices(), 'utf8');
    const [old = ''] = /[0-9a-f]{64}(?="\s*[,}])/u.exec(file.slice(file.indexOf('tlsFingerprint'))) ?? [];
    const name = peers.device(old)?.name;
    assert.ok(name);
    await writeFile(devices(), file.replace(old, FRESH));
    await peers.refresh();
    assert.equal(peers.device(old), undefined);
    assert.equal(peers.device(FRESH)?.name, name);
    await writeFile(devices(), file);
    await peers.refresh();
    assert.equal(peers.device(old)?.name, name);
  });

  it('takes no simulated device into a hospital that is none of a simulation', async () => {
    const bytes = new Uint8Array(await readFile(join(ward.config.trust, 'anchors.bin')));
    const real = { ...readAnchors(nodeCrypto, bytes), development: false };
    await assert.rejects(readRegistry(ward.config.trust, nodeCrypto, real), /: it is a simulated device/u);
    // Nor by a list that the authority signed: it is left out, and said.
    const [pump] = (await readRegistry(ward.config.trust, nodeCrypto, { ...real, development: true })).all;
    assert.ok(pump);
    const { id, name, site, transport, posture, profileHash: profile, identityKey } = pump;
    const row = { id, serial: '1', name, site, transport, posture, profile, identityKey, certificates: [] };
    const key = await readFile(join(ward.folder, 'keys/authority/authority.key.pem'), 'utf8');
    const list = await issueFleet(
      nodeCrypto.sha256,
      { version: 1, issued: 1, devices: [row], stations: [] },
      signerFromPem(key),
    );
    const listed = (anchors: typeof real) => readListed(ward.config.trust, list, nodeCrypto, anchors);
    assert.equal((await listed({ ...real, development: true })).devices.length, 1);
    const { devices: taken, faults } = await listed(real);
    assert.equal(taken.length, 0);
    assert.match(faults.join(), /: it is a simulated device/u);
  });

  it('forgets a station that was taken off the list', async () => {
    const file = await readFile(stations(), 'utf8');
    const [station = ''] = /[0-9a-f]{64}/u.exec(file) ?? [];
    assert.equal(peers.station(station), 'station-1');
    await writeFile(stations(), '{}');
    await peers.refresh();
    assert.equal(peers.station(station), undefined);
    await writeFile(stations(), file);
  });

  it('keeps the lists in force when one cannot be read, and says so once', async () => {
    const file = await readFile(stations(), 'utf8');
    const [station = ''] = /[0-9a-f]{64}/u.exec(file) ?? [];
    await writeFile(stations(), '{ "x": 1 }');
    await assert.rejects(peers.refresh(), /stations\.json/u);
    await peers.refresh();
    assert.equal(peers.station(station), 'station-1');
    await writeFile(stations(), file);
  });
});
