import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../../clients/authority/authority.ts';
import { signerFromPem } from '../../clients/common/process/crypto.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import {
  issueCredential,
  openCredential,
  openStatus,
  readCredential,
  ROLE,
} from '../../server/protocol/credential.ts';
import { nodeCrypto, testPem } from '../support/keys.ts';

const NOW = 1_790_000_000;

describe('the numbers of credentials', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-serials-'));
  const at = (...parts: string[]): string => join(folder, ...parts);
  const signer = signerFromPem(testPem('the authority of numbers'));
  const said: string[] = [];
  const open = (): Authority =>
    new Authority({
      folder,
      signer,
      now: () => NOW * 1000,
      audit: (event, { name, reason }) => void said.push(`${event} ${name ?? ''} ${reason ?? ''}`),
    });
  const keyOf = (name: string) => {
    const { key } = signerFromPem(testPem(name));
    return coseKey(key.alg, key.raw);
  };
  const ask = (name: string): void => {
    const request = {
      subject: hex(nodeCrypto.sha256(keyOf(name)).slice(0, 16)),
      roles: ['clinician'],
      coseKey: hex(keyOf(name)),
      rpId: 'sign-a.localhost',
      days: 30,
      backupEligible: false,
    };
    writeFileSync(at('requests', `${name}.json`), JSON.stringify(request));
  };
  const link = async (name: string, roles: number, serial: number): Promise<void> => {
    const content = {
      subject: nodeCrypto.sha256(keyOf(name)).slice(0, 16),
      roles,
      coseKey: keyOf(name),
      rpIdHash: new Uint8Array(32),
      backupEligible: false,
      notBefore: NOW,
      notAfter: NOW + 1000,
      serial,
      marks: 0,
    };
    writeFileSync(at('published/links', `${name}.bin`), await issueCredential(content, signer));
  };
  const numbers = (): readonly number[] =>
    ['credentials', 'links'].flatMap((kind) =>
      readdirSync(at('published', kind)).map(
        (name) =>
          readCredential(nodeCrypto, new Uint8Array(readFileSync(at('published', kind, name)))).said.serial,
      ),
    );

  before(async () => {
    mkdirSync(at('published/links'), { recursive: true });
    await link('gateway', ROLE.gateway, 5);
    await link('station-1', ROLE.station, 8);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are never those of a gateway or a station, however many people there are', async () => {
    const authority = open();
    for (let i = 1; i <= 12; i++) ask(`person-${i}`);
    assert.equal(await authority.work(), true);
    assert.equal(numbers().length, 14);
    assert.equal(new Set(numbers()).size, 14);
  });

  it('are not given a second time, not when what had one is gone, not after a restart, not when one is revoked', async () => {
    const highest = Math.max(...numbers());
    for (let i = 1; i <= 12; i++) {
      rmSync(at('published/credentials', `person-${i}.bin`));
      rmSync(at('requests', `person-${i}.json`));
    }
    writeFileSync(at('revoked', String(highest + 1)), '');
    ask('somebody');
    await open().work();
    const bytes = new Uint8Array(readFileSync(at('published/credentials/somebody.bin')));
    assert.equal(readCredential(nodeCrypto, bytes).said.serial, highest + 2);
  });

  it('go on under a new key of the authority: what the one before signed counts, and its lists are followed at once', async () => {
    ask('before');
    await open().work();
    const next = signerFromPem(testPem('the next authority key'));
    const told = (event: string, { reason }: { readonly reason?: string }): void =>
      void said.push(`${event} ${reason ?? ''}`);
    const parts = { folder, signer: next, now: () => NOW * 1000, audit: told };
    await assert.rejects(new Authority(parts).work(), /E_/u, 'not without being told of the key before');
    const list = (): Uint8Array => new Uint8Array(readFileSync(at('published/status.bin')));
    const { version } = await openStatus(nodeCrypto, list(), [signer.key]);
    const authority = new Authority({ ...parts, former: [signer.key] });
    const held = numbers();
    ask('after');
    assert.equal(await authority.work(), true);
    assert.equal((await openStatus(nodeCrypto, list(), [next.key])).version, version + 1);
    assert.equal(await authority.work(), false, 'once');
    const fresh = new Uint8Array(readFileSync(at('published/credentials/after.bin')));
    const { serial } = await openCredential(nodeCrypto, fresh, [next.key]);
    assert.ok(serial > Math.max(...held), 'no number is given twice');
    rmSync(at('requests/after.json'));
    rmSync(at('published/credentials/after.bin'));
    rmSync(at('published/status.bin'));
  });

  it('are not guessed: a damaged record of them certifies nobody, and says which file it is', async () => {
    const good = readFileSync(at('last-serial'));
    writeFileSync(at('last-serial'), 'nine\n');
    ask('nobody');
    await open().work();
    assert.ok(said.some((line) => /refused nobody .*last-serial: expected the last number/u.test(line)));
    assert.ok(!readdirSync(at('published/credentials')).includes('nobody.bin'));
    writeFileSync(at('last-serial'), good);
  });

  it('that two credentials share are told of: both are to be certified anew', async () => {
    await link('station-2', ROLE.station, 8);
    await open().work();
    assert.ok(said.includes('two credentials have one number serial 8 certify both anew'));
  });
});
