import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { base64url } from '../../server/protocol/encoding/bytes.ts';
import { publicKeyFromPem } from '../../clients/common/process/crypto.ts';
import { buildPages } from '../../clients/host/build.mjs';
import { askHttp } from '../../clients/common/link/http.ts';
import { type ProcessWard, startProcesses } from '../support/processes.ts';

const POLICY = new URL('../support/quick-policy.json', import.meta.url);

describe('the reception of the simulated ward', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-reception-'));
  let ward: ProcessWard;
  let door = '';
  let hosts: readonly string[] = [];

  before(async () => {
    await buildPages();
    const say = (): void => undefined;
    const signal = new AbortController().signal;
    ward = await startProcesses({ folder, pumps: 1, pages: true, policy: POLICY, say, signal });
    const page = ward.running.pages.find(({ title }) => title === 'Tablet')?.url ?? '';
    const place = await askHttp(`${page}place.json`);
    const said = JSON.parse(place.body) as { reception: string };
    door = said.reception;
    hosts = [new URL(page).origin];
  });
  after(async () => {
    await ward.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const visit = (person: string) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { alg, raw } = publicKeyFromPem(publicKey.export({ format: 'pem', type: 'spki' }).toString());
    const jkt = randomBytes(32).toString('base64url');
    return { person, jkt, passkey: base64url(coseKey(alg, raw)), copyable: false };
  };
  const ask = (body: object, origin = hosts[0] ?? '') =>
    askHttp(`${door}/v1/visitors`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('enrols the tablet, has the passkey certified, and hands out a link for signing in', async () => {
    const wish = visit('dr-a');
    const answer = await ask(wish);
    assert.equal(answer.status, 201, answer.body);
    const said = JSON.parse(answer.body) as { signInLink: string; tablet: string };
    assert.match(said.signInLink, /\/register#[\w-]{43}$/u);
    const operator = await ward.signIn('operator');
    const tablets = JSON.stringify(await operator.get('/v1/tablets'));
    operator.close();
    assert.ok(tablets.includes(wish.jkt) && tablets.includes(said.tablet));
    assert.equal((await ask(wish)).status, 201, 'a second time, as after a lost answer');
  });

  it('serves pages of the two hosts alone, and each its own person', async () => {
    assert.equal((await ask(visit('dr-a'), 'http://elsewhere.localhost')).status, 403);
    assert.equal((await ask(visit('dr-b'))).status, 403);
    assert.equal((await ask({ ...visit('dr-a'), more: 1 })).status, 400);
    assert.equal((await ask({ ...visit('dr-a'), person: 'operator' })).status, 400);
  });
});
