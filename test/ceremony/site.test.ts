import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { type Bytes, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../server/protocol/encoding/cbor.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import { encodeSigned } from '../../server/protocol/statement.ts';
import { tellEntry } from '../../server/protocol/verify/tell.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { PUMP } from '../support/settings.ts';
import { openWard, type TestClinician, type TestOutcome, type TestWard } from '../support/ward.ts';
import { countDeliveries, hashOf, program, refuses, storyOf, typesOf, until } from './world.ts';

const SITE = {
  limits: [
    { site: '*', model: 'SIM-VP1', parameter: '0xF0010010', unit: 'mm[Hg]', low: 200, high: 500 },
    { site: '*', model: 'SIM-VP1', parameter: PUMP.rate, unit: 'mL/h', low: 5, high: 120.5 },
  ],
  battery: { stopBelowPercent: 20 },
};

const draftOf = (outcome: TestOutcome): string =>
  'draft' in outcome ? outcome.draft : assert.fail(`expected a draft, got ${outcome.kind}`);

describe('a site with limits of its own', () => {
  let ward: TestWard;
  let first: TestClinician;
  let second: TestClinician;
  before(async () => {
    ward = await openWard({
      policy: (quick) => JSON.stringify({ ...(JSON.parse(quick) as object), ...SITE }),
    });
    first = await ward.signIn('dr-a');
    second = await ward.signIn('dr-b');
  });
  after(() => ward.end());
  const pump = () => ward.device('pump-1');

  it('tells a tablet its ranges in steps of the profile, and below which charge nothing is changed', () => {
    const { siteLimits, stopBelowPercent } = ward.desk.device(first.session, pump().id);
    assert.deepEqual(siteLimits, [
      { code: PUMP.occlusion, low: 200, high: 500 },
      { code: PUMP.rate, low: 50, high: 1205 },
    ]);
    assert.equal(stopBelowPercent, 20);
  });

  it('lets one person change a setting within its range', async () => {
    const bytes = await first.prepare(pump(), program(PUMP.occlusion, 225));
    assert.equal((await first.sign(pump(), bytes)).kind, 'done');
    assert.equal(storyOf(ward, bytes).find(({ type }) => type === 'intent')?.tier, 1);
  });

  it('has two sign what leaves it, and a device that asks for one takes it from both', async () => {
    const wish = program(PUMP.occlusion, 150);
    const bytes = await first.prepare(pump(), wish);
    const deliveries = countDeliveries(pump());
    const draft = draftOf(await first.sign(pump(), bytes));
    assert.equal(deliveries(), 0);
    const [offered] = ward.desk.inbox.waiting(second.session);
    assert.deepEqual([offered?.id, offered?.tier, offered?.settings], [draft, 2, [PUMP.occlusion]]);
    const own = await second.prepare(pump(), wish);
    assert.deepEqual(await ward.desk.enter(second.session, draft, own), { kind: 'matched' });
    assert.equal((await second.second(pump(), draft, own)).kind, 'done');
    assert.equal(pump().therapy.acting.get(PUMP.occlusion), 150);

    const story = storyOf(ward, bytes);
    assert.deepEqual(typesOf(story), ['signed', 'secondEntry', 'intent', 'outcome']);
    assert.equal(story[2]?.tier, 2);
    assert.match(story[0] ? tellEntry(story[0]) : '', /outside the range of this site/u);
    const evidence = await ward.desk.evidence(first.session, hex(hashOf(bytes)));
    const { verdict, checks } = await verifyEvidence(nodeCrypto, evidence, ward.roots);
    assert.equal(verdict, 'VERIFIED', JSON.stringify(checks, null, 1));
    assert.match(JSON.stringify(checks), /the policy of the hospital asked for two people/u);
  });

  it('says nothing of its range where the device asks for two people and the value is inside', async () => {
    const bytes = await first.prepare(pump(), program(PUMP.rate, 550));
    draftOf(await first.sign(pump(), bytes));
    assert.equal(storyOf(ward, bytes)[0]?.detail, undefined);
    await ward.desk.cancel(first.session, hashOf(bytes));
  });

  it('changes nothing of a device whose battery is low, and still stops it and reads it', async () => {
    pump().therapy.measure(new Map([[TERMS.battery.code, 12]]));
    const deliveries = countDeliveries(pump());
    const bytes = await first.prepare(pump(), program(PUMP.occlusion, 200));
    await refuses('E_BATTERY', first.sign(pump(), bytes));
    const high = await first.prepare(pump(), program(PUMP.rate, 560));
    await refuses('E_BATTERY', first.sign(pump(), high));
    assert.deepEqual(ward.desk.inbox.waiting(second.session), [], 'nobody is asked for what is refused');
    assert.equal(deliveries(), 0);
    assert.deepEqual(
      storyOf(ward, high).filter(({ type }) => type === 'signed'),
      [],
    );
    await until('the refusal is in the log', () => storyOf(ward, bytes).some(({ code }) => code === 'E_BATTERY')); // prettier-ignore
    const stop = { operation: OPERATION.stop, changes: new Map<number, number>() };
    assert.equal((await first.sign(pump(), await first.prepare(pump(), stop))).kind, 'done');
    pump().therapy.measure(new Map([[TERMS.battery.code, 100]]));
    const again = await first.prepare(pump(), program(PUMP.occlusion, 200));
    assert.equal((await first.sign(pump(), again)).kind, 'done');
  });

  it('takes no policy that widens a range without the word of another operator, and none that does not fit a device', async () => {
    const operator = await ward.signIn('operator');
    const file = (name: string): string => join(ward.config.hospital, name);
    const before = JSON.parse(readFileSync(file('policy.json'), 'utf8')) as object;
    const word = async (json: Bytes, by: TestClinician): Promise<Bytes> =>
      encodeSigned(await by.statement('policy', new Map<number, Cbor>([[1, nodeCrypto.sha256(json)], [2, 2]]))); // prettier-ignore
    const [occlusion, rate] = SITE.limits;
    const next = (limits: readonly unknown[]): Bytes =>
      utf8(JSON.stringify({ ...before, version: 2, limits }));
    const wider = next([{ ...occlusion, low: 175 }, rate]);
    const misfit = next([...SITE.limits, { ...rate, parameter: 1 }]);
    const words = [await word(wider, operator), await word(wider, first), await word(misfit, operator)];
    await ward.stopGateway();
    const put = (json: Bytes, by: Bytes | undefined): void => {
      writeFileSync(file('policy.json'), json);
      if (by) writeFileSync(file('policy.statement'), by);
    };
    put(wider, words[0]);
    await assert.rejects(ward.startGateway(), /two different operators must sign it/u);
    writeFileSync(file('policy.second.statement'), words[1] ?? '');
    await assert.rejects(ward.startGateway(), { code: 'E_ROLE' }); // it is read, and by no operator
    writeFileSync(file('policy.second.statement'), 'no statement');
    await assert.rejects(ward.startGateway(), /policy\.second\.statement is no signed statement/u);
    rmSync(file('policy.second.statement'));
    put(misfit, words[2]);
    await assert.rejects(ward.startGateway(), /do not fit the devices.*SIM-VP1 1: limits something that is no setting/u); // prettier-ignore
  });
});
