import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { people, type PersonName } from '../../clients/ward/people.ts';
import { openGateway } from '../../server/gateway.ts';
import { realWorld } from '../../server/gateway/opening/outside.ts';
import { programLog } from '../../server/gateway/watch/program-log.ts';
import { encodeSigned } from '../../server/protocol/statement.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';
import { statementBy } from '../support/ward-clinician.ts';

/** A gateway that half knows what it may do does not open. */
describe('a gateway that is opened with a policy', () => {
  let ward: TestWard;
  let json: string;
  let statement: Uint8Array;
  const file = (name: string): string => join(ward.folder, 'hospital', name);
  before(async () => {
    ward = await openWard();
    await ward.stopGateway();
    json = readFileSync(file('policy.json'), 'utf8');
    statement = new Uint8Array(readFileSync(file('policy.statement')));
  });
  afterEach(() => {
    writeFileSync(file('policy.json'), json);
    writeFileSync(file('policy.statement'), statement);
  });
  after(() => ward.end());

  const open = (config = ward.config) =>
    openGateway(config, realWorld(programLog(() => undefined)), async () => ({
      ports: { devices: 0, clinicians: 0 },
      close: async () => undefined,
    }));
  const signed = async (
    text: string,
    by: PersonName,
    purpose: 'policy' | 'lock' = 'policy',
  ): Promise<void> => {
    const { version } = JSON.parse(text) as { version: number };
    const detail = new Map<number, Uint8Array | number>([
      [1, nodeCrypto.sha256(new TextEncoder().encode(text))],
      [2, version],
    ]);
    const passkey = softwarePasskey(people(ward.folder)[by]);
    writeFileSync(file('policy.json'), text);
    writeFileSync(
      file('policy.statement'),
      encodeSigned(await statementBy(passkey, new Uint8Array(16), purpose, detail)),
    );
  };

  it('that nobody signed does not open', async () => {
    await rm(file('policy.statement'));
    await assert.rejects(open(), /policy\.statement/);
  });

  it('that was altered after it was signed does not open, and says so', async () => {
    writeFileSync(file('policy.json'), json.replace('"maxMinutes": 720', '"maxMinutes": 721'));
    await assert.rejects(open(), /The policy was altered after it was signed/);
  });

  it('that asks nobody does not open, although an operator signed it', async () => {
    await signed(json.replace('"approvals": 1', '"approvals": 0'), 'operator');
    await assert.rejects(open(), /expected 1 or 2: nobody means nobody is asked/);
  });

  it('that a clinician signed does not open', async () => {
    await signed(json, 'dr-a');
    await assert.rejects(open(), /E_ROLE/);
  });

  it('whose signature was given for something else does not open', async () => {
    await signed(json, 'operator', 'lock');
    await assert.rejects(open(), /for something else/);
  });

  it('for a simulation does not open where real devices are moved', async () => {
    await assert.rejects(open({ ...ward.config, weaknesses: [] }), /marked "simulation"/);
  });

  it('older than the one in force does not open', async () => {
    await signed(json.replace('"version": 1', '"version": 2'), 'operator');
    await (await open()).stop();
    await signed(json, 'operator');
    await assert.rejects(open(), /version 2 was in force/);
    await signed(json.replace('"version": 1', '"version": 3'), 'operator');
    json = readFileSync(file('policy.json'), 'utf8');
    statement = new Uint8Array(readFileSync(file('policy.statement')));
  });

  it('leaves nothing open when it does not open: the next one has the store and the log to itself', async () => {
    const sockets = () =>
      process.getActiveResourcesInfo().filter((name) => /Worker|TLSSocket|MessagePort/u.test(name)).length;
    const before = sockets();
    for (const step of ['the doors', 'the policy']) {
      const outside = realWorld(programLog(() => undefined));
      if (step === 'the policy') writeFileSync(file('policy.json'), '{}');
      await assert.rejects(
        openGateway(ward.config, outside, () => Promise.reject(new Error('the port is taken'))),
        step === 'the doors' ? /the port is taken/ : /policy/,
      );
      writeFileSync(file('policy.json'), json);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(sockets() <= before, process.getActiveResourcesInfo().join(' '));
    const gateway = await open();
    assert.equal(gateway.log.health, 'ok');
    await gateway.stop();
  });
});
