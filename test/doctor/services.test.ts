import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { findPlace } from '../../clients/cli/doctor-place.ts';
import { examine } from '../../clients/cli/doctor.ts';
import { signerFromPem } from '../../clients/common/process/crypto.ts';
import { issueFleet } from '../../server/protocol/fleet/fleet.ts';
import { startIssuer, type TestIssuerProcess } from '../issuer/walk.ts';
import { EstBench } from '../support/est.ts';
import { nodeCrypto, testPem } from '../support/keys.ts';
import { until } from '../ceremony/world.ts';
import { openWard, type TestWard } from '../support/ward.ts';

const DAY = 86_400_000;

describe('countersign doctor, beside issuer, authority and station', function () {
  this.timeout(60_000);
  let ward: TestWard;
  let issuer: TestIssuerProcess;
  let est: EstBench;
  let other: Server | undefined;
  let file = '';
  const at = (...parts: string[]): string => join(ward.folder, ...parts);
  const keeping = async (path: string, work: () => Promise<void>): Promise<void> => {
    const before = readFileSync(path);
    try {
      await work();
    } finally {
      writeFileSync(path, before);
    }
  };
  /** What is not well about issuer, authority and station, each as one line. */
  const complaints = async (ahead = 0): Promise<string> => {
    const machine = {
      node: '24.15.0',
      now: Date.now() + ahead,
      clockKept: true,
      pcscd: undefined,
      free: () => 2 ** 40,
    };
    const found = await examine(findPlace({ dir: '', config: file }), machine);
    const groups = ['Token issuer', 'Authority', 'Reader station'];
    return found
      .filter(({ group, state }) => state !== 'ok' && groups.includes(group))
      .map(({ name, state, says, mend }) => `${state} ${name}: ${says} > ${mend ?? ''}`)
      .join('\n');
  };
  const configure = (changes: object): void => {
    const { weaknesses: _weaknesses, ...config } = ward.config;
    writeFileSync(file, JSON.stringify({ ...config, ...changes }));
  };

  before(async () => {
    issuer = await startIssuer();
    ward = await openWard({
      configure: async (folder) => {
        est = await EstBench.open(folder, join(folder, 'authority'));
        const ca = join(folder, 'keys/public/ca/service-ca.cert.pem');
        return { authority: { url: `https://127.0.0.1:${est.child.info['port']}`, ca } };
      },
    });
    file = at('doctor.json');
    configure({ issuer: { url: issuer.url, audience: 'http://gate.localhost:2/v1' } });
    const station = {
      label: 'station-1',
      cert: at('keys/station-1/tls.cert.pem'),
      emergency: { linkCredential: at('keys/public/links/station-1.bin') },
    };
    writeFileSync(at('reader-station.json'), JSON.stringify(station));
    await until('the list has come', () => ward.program.some((line) => line.includes('devices taken')));
  });
  after(async () => {
    other?.close();
    await est?.child.stop();
    await issuer?.stop();
    await ward?.end();
  });

  it('finds nothing wrong with them while all is well', async () => {
    assert.equal(await complaints(), '');
  });

  it('finds clocks that are apart, and certificates and credentials that run out', async () => {
    const began = Date.now();
    const apart = await complaints(90_000);
    const took = Math.ceil((Date.now() - began) / 1_000) + 1;
    const said = /fault clock: this host is (\d+) s ahead of the issuer > set the clocks/u.exec(apart)?.[1];
    assert.ok(Math.abs(Number(said) - 90) <= took, `${said} s, after ${took} s: ${apart}`);
    assert.match(apart, /ahead of the authority/u);
    const late = await complaints(350 * DAY);
    assert.match(late, /warning certificate: that of the authority expires in 1\d days > issue it anew/u);
    assert.match(late, /warning station-1: its certificate expires in 1\d days/u);
    assert.match(late, /warning emergency door: the credential of its link ends in 1\d days/u);
    assert.match(await complaints(400 * DAY), /fault station-1: its certificate has expired/u);
  });

  it('finds an issuer that calls itself something else, has no key to use, or is away', async () => {
    const answers = { issuer: 'http://id.localhost:1', keys: [{ kty: 'RSA' }] };
    other = createServer(({ url }, response) => {
      const where = `http://127.0.0.1:${port()}`;
      const body =
        url === '/jwks' ? { keys: answers.keys } : { issuer: answers.issuer, jwks_uri: `${where}/jwks` };
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => other?.listen(0, '127.0.0.1', resolve));
    const port = (): number => {
      const address = other?.address();
      return typeof address === 'object' && address ? address.port : 0;
    };
    await keeping(file, async () => {
      configure({ issuer: { url: `http://127.0.0.1:${port()}`, audience: 'x:y' } });
      assert.match(await complaints(), /fault issuer: it calls itself http:\/\/id\.localhost:1/u);
      answers.issuer = `http://127.0.0.1:${port()}`;
      assert.match(await complaints(), /fault keys: .*no key for ES256 or EdDSA > give the issuer/u);
      configure({ issuer: { url: 'http://127.0.0.1:9', audience: 'x:y' } });
      assert.match(await complaints(), /fault issuer: does not answer: .*ECONNREFUSED.* > start it/u);
    });
  });

  it('finds a station that the gateway does not know, and a link credential of nobody', async () => {
    const station = at('reader-station.json');
    await keeping(station, async () => {
      const read = JSON.parse(readFileSync(station, 'utf8')) as object;
      writeFileSync(station, JSON.stringify({ ...read, cert: at('keys/gateway/tls.cert.pem') }));
      assert.match(await complaints(), /fault station-1: its certificate is on no list.*add-station/u);
      writeFileSync(
        station,
        JSON.stringify({ ...read, emergency: { linkCredential: at('keys/public/status.bin') } }),
      );
      assert.match(await complaints(), /fault emergency door: its link credential does not hold/u);
      writeFileSync(station, JSON.stringify({ ...read, emergency: undefined }));
      assert.match(await complaints(), /warning emergency door: is not set up/u);
    });
  });

  it('finds lists that nobody signed, and those the gateway lacks or the authority lost', async () => {
    const own = at('keys/public/fleet.bin');
    const published = at('authority/published/fleet.bin');
    const empty = { issued: Math.floor(Date.now() / 1000), devices: [], stations: [] };
    const authority = signerFromPem(readFileSync(at('keys/authority/authority.key.pem'), 'utf8'));
    await ward.stopGateway(); // It would take up what is published while we look.
    await keeping(own, async () => {
      writeFileSync(
        own,
        await issueFleet(nodeCrypto.sha256, { ...empty, version: 99 }, signerFromPem(testPem('an impostor'))),
      );
      assert.match(await complaints(), /fault list of devices: fleet\.bin does not hold/u);
      writeFileSync(own, await issueFleet(nodeCrypto.sha256, { ...empty, version: 99 }, authority));
      assert.match(await complaints(), /fault list of devices: the gateway has 99, and only 1 is published/u);
    });
    await keeping(published, async () => {
      writeFileSync(published, await issueFleet(nodeCrypto.sha256, { ...empty, version: 9 }, authority));
      assert.match(await complaints(), /warning list of devices: the gateway has 1, and 9 is published/u);
    });
    copyFileSync(own, published);
  });

  it('finds an authority that is away, or shows a certificate of somebody else', async () => {
    await keeping(file, async () => {
      const ca = at('keys/public/ca/device-ca.cert.pem');
      configure({ authority: { url: ward.config.authority?.url, ca } });
      assert.match(await complaints(), /fault authority: its certificate is not accepted/u);
    });
    await est.child.stop();
    assert.match(await complaints(), /fault authority: does not answer: .* > start it, or mend the way to/u);
  });
});
