import assert from 'node:assert/strict';
import { authorize } from '../../server/authorize/authorize.ts';
import { FileError } from '../../server/authorize/json-file.ts';
import { loadPolicy, PolicyError, type PolicyOffer } from '../../server/authorize/load-policy.ts';
import { parsePolicy } from '../../server/authorize/policy-file.ts';
import { atSite, siteRanges } from '../../server/authorize/site-limits.ts';
import { chargeOf } from '../../server/protocol/battery.ts';
import { type Bytes, text, utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../server/protocol/encoding/cbor.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import type { Parameter } from '../../server/protocol/profile.ts';
import { AMPLITUDE, BATTERY, LOWER, testProfile } from '../support/profile.ts';
import { alice, bob, commandBytes, olga, oscar, policyBytes, refusal, request, rules, saying, sha256, sign, TestStore, verify, type Wish } from './ward.ts'; // prettier-ignore

const CHARGES = [TERMS.batteryRemaining.code, TERMS.battery.code];
const RATE = { site: '*', model: 'Test pacemaker', parameter: LOWER, unit: '/min', low: 50, high: 80 };
const VOLTS = { site: '*', model: 'Test pacemaker', parameter: AMPLITUDE, unit: 'V', low: 1, high: 3.5 };

/** The policy that comes with the program, with some keys more. */
const policyWith = async (more: object, version = 1): Promise<Bytes> =>
  utf8(JSON.stringify({ ...(JSON.parse(text(await policyBytes())) as object), version, ...more }));

const faulty = async (more: object, says: RegExp): Promise<void> => {
  const json = await policyWith(more);
  assert.throws(
    () => parsePolicy(json),
    (error) => error instanceof FileError && says.test(error.message),
  );
};

describe('limits of a site, and what they ask for', () => {
  let store: TestStore;
  before(async () => void (store = await TestStore.make()));
  after(() => store.remove());
  beforeEach(() => store.now.write([{ sql: 'DELETE FROM rate', params: [] }]));

  const decide = async (more: object, changes: readonly (readonly [number, number])[], wish: Wish = {}) => {
    const json = await policyWith(more);
    const policy = { policy: parsePolicy(json), hash: sha256(json), kids: [] };
    const command = commandBytes(0, { changes: new Map(changes) });
    return authorize(
      atSite(request({ command, ...wish }), policy.policy),
      await rules(store.now, { policy }),
    );
  };
  const limits = [RATE, VOLTS];
  const two = { people: [alice, bob] };

  it('one person sets a value inside the range, to its ends', async () => {
    for (const value of [50, 55, 80]) assert.equal((await decide({ limits }, [[LOWER, value]])).request.tier, 1); // prettier-ignore
  });

  it('two people set one outside of it, and one does not, though the device asks for one', async () => {
    for (const value of [45, 85]) {
      await assert.rejects(decide({ limits }, [[LOWER, value]]), refusal('E_DUAL_REQUIRED'));
      const { request: asked, cancelWindow } = await decide({ limits }, [[LOWER, value]], two);
      assert.deepEqual([asked.tier, asked.outside, asked.waits, cancelWindow], [2, true, true, 10_000]);
    }
  });

  it('one value outside is enough among others that are inside', async () => {
    const both = [[LOWER, 60], [AMPLITUDE, 40]] as const; // prettier-ignore
    await assert.rejects(decide({ limits }, both), refusal('E_DUAL_REQUIRED'));
  });

  it('reads decimals by their digits, in the unit that people see', async () => {
    assert.equal((await decide({ limits }, [[AMPLITUDE, 35]])).request.tier, 1);
    await assert.rejects(decide({ limits }, [[AMPLITUDE, 36]]), refusal('E_DUAL_REQUIRED'));
  });

  it('never lowers what the device asks for', async () => {
    const { request: asked } = await decide({ limits }, [[LOWER, 60]], { tier: 2 });
    assert.equal(asked.tier, 2);
  });

  it('are the site’s own where it has some, and those of every other site elsewhere', async () => {
    const own = { limits: [RATE, { ...RATE, site: 'ward-3', low: 40, high: 120 }] };
    assert.equal((await decide(own, [[LOWER, 110]])).request.tier, 1);
    const elsewhere = { device: { site: 'ward-9' } };
    await assert.rejects(decide(own, [[LOWER, 110]], elsewhere), refusal('E_DUAL_REQUIRED'));
  });

  it('are of one model, by the name its maker signed', async () => {
    const other = [{ ...RATE, model: 'Another pacemaker' }];
    assert.equal((await decide({ limits: other }, [[LOWER, 110]])).request.tier, 1);
  });

  it('a broken glass lets nobody set a value outside', async () => {
    const json = await policyWith({ limits });
    const policy = { policy: parsePolicy(json), hash: sha256(json), kids: [] };
    const asked = (value: number) =>
      atSite(request({ ...two, command: commandBytes(0, { changes: new Map([[LOWER, value]]) }) }), policy.policy); // prettier-ignore
    const stranger = { policy, care: { has: () => false }, glass: { opens: () => true } };
    await assert.rejects(
      authorize(asked(85), await rules(store.now, stranger)),
      refusal('E_BREAKGLASS_SCOPE'),
    );
  });

  describe('that do not fit a device refuse its changes, and say why', () => {
    const misfits: Record<string, readonly [object, RegExp]> = {
      'another unit': [{ unit: 'Hz' }, /limits Lower rate in Hz, and the device has it in \/min/u],
      'a setting the model does not have': [{ parameter: 99 }, /no setting of this model/u],
      'what is only measured': [{ parameter: BATTERY, unit: '%' }, /no setting of this model/u],
      'more decimals than it has': [{ low: 50.5 }, /more decimals/u],
      'a number no decimals can write': [{ low: 1e-9 }, /more decimals/u],
      'no value inside': [{ low: 500, high: 800 }, /no value of Lower rate inside/u],
    };
    for (const [name, [change, says]] of Object.entries(misfits)) {
      it(
        name,
        () =>
        assert.rejects(decide({ limits: [{ ...RATE, ...change }] }, [[AMPLITUDE, 30]]), saying('E_POLICY', says)), // prettier-ignore
      );
    }
  });

  describe('a battery that is low', () => {
    const battery = { battery: { stopBelowPercent: 20 } };
    const low = { device: { charge: 19 } };

    it('stops nothing unless the policy says so', async () => {
      await decide({}, [[LOWER, 60]], { device: { charge: 1 } });
    });

    it('keeps a device from being changed below that charge, and not at it', async () => {
      await assert.rejects(decide(battery, [[LOWER, 60]], low), refusal('E_BATTERY'));
      await decide(battery, [[LOWER, 60]], { device: { charge: 20 } });
    });

    it('says nothing of a device that attests no charge', async () => {
      await decide(battery, [[LOWER, 60]], { device: { charge: undefined } });
    });

    it('is one in percent, measured, and the lowest that is attested', () => {
      const charge = (changes: readonly Partial<Parameter>[]) => {
        const [battery] = testProfile.parameters.filter(({ code }) => code === BATTERY);
        assert.ok(battery);
        const parameters = changes.map((change, i) => ({ ...battery, code: CHARGES[i] ?? 0, ...change }));
        const settings = new Map(parameters.map(({ code }, i) => [code, 300 - i * 100]));
        return chargeOf({ ...testProfile, parameters }, settings)?.percent;
      };
      assert.equal(charge([{ scale: 1 }, { scale: 1 }]), 20);
      assert.equal(charge([{ scale: 1, unit: 'V' }]), undefined);
      assert.equal(charge([{ scale: 1, programmed: true }]), undefined);
      assert.equal(charge([]), undefined);
    });

    it('keeps nobody from stopping a device, or from letting it go on', async () => {
      for (const commandClass of ['stop', 'resume']) {
        const tier = commandClass === 'stop' ? 1 : 2;
        await decide(battery, [], { ...low, commandClass, tier });
      }
    });
  });
});

describe('limits in a policy file', () => {
  it('are left out by a policy of before, which narrows nothing', async () => {
    const policy = parsePolicy(await policyBytes());
    assert.deepEqual([policy.limits.size, policy.stopBelowPercent], [0, undefined]);
    assert.deepEqual(siteRanges(policy, { site: 'ward-3', profile: testProfile }), []);
  });

  it('name a setting as profiles do, in decimal or in hexadecimal', async () => {
    const json = await policyWith({ limits: [{ ...RATE, parameter: '0x01' }] });
    const [range] = siteRanges(parsePolicy(json), { site: 'ward-3', profile: testProfile });
    assert.deepEqual([range?.parameter.name, range?.low, range?.high], ['Lower rate', 50, 80]);
  });

  it('are refused without a unit, upside down, twice, or with what nobody knows', async () => {
    const { unit, ...bare } = RATE;
    assert.equal(unit, '/min');
    await faulty({ limits: [bare] }, /limits\.0\.unit/u);
    await faulty({ limits: [{ ...RATE, low: 81 }] }, /limits\.0\.high: lower than low/u);
    await faulty({ limits: [RATE, { ...RATE, low: 55 }] }, /limits: a setting twice at one site/u);
    await faulty({ limits: [{ ...RATE, margin: 5 }] }, /margin/u);
    await faulty({ limits: [{ ...RATE, parameter: 'Lower rate' }] }, /limits\.0\.parameter/u);
    await faulty({ battery: { stopBelowPercent: 0 } }, /battery\.stopBelowPercent/u);
    await faulty({ battery: {} }, /battery\.stopBelowPercent/u);
  });
});

describe('loading a policy with limits', () => {
  const offer = async (
    json: Bytes,
    version: number,
    more: Partial<PolicyOffer> = {},
  ): Promise<PolicyOffer> => {
    const detail: readonly [number, Cbor][] = [[1, sha256(json)], [2, version]]; // prettier-ignore
    return { json, signed: await sign(olga, 'policy', detail), verify, sha256, simulation: false, ...more };
  };
  const problem = (says: RegExp) => (error: unknown) =>
    error instanceof PolicyError && says.test(error.message);
  const devices = [{ site: 'ward-3', profile: testProfile }];

  it('refuses a new one that does not fit a device of this hospital, and names the limit', async () => {
    const json = await policyWith({ limits: [{ ...RATE, unit: 'Hz' }] });
    await assert.rejects(
      loadPolicy(await offer(json, 1, { devices })),
      problem(/do not fit.*Test pacemaker 1: limits Lower rate in Hz/u),
    );
    // In force since a time when it did fit: the gateway starts, and refuses what it cannot judge.
    await loadPolicy(await offer(json, 1, { devices, previous: { version: 1, json } }));
  });

  const limits = [RATE, { ...RATE, site: 'ward-3', low: 55, high: 75 }];
  const narrower = [
    { ...RATE, low: 60 },
    { ...RATE, site: 'ward-3', low: 55, high: 75 },
  ];
  const wider: Record<string, object> = {
    'a range that is wider below': { limits: [{ ...RATE, low: 45 }, limits[1]] },
    'a range that is wider above': { limits: [{ ...RATE, high: 85 }, limits[1]] },
    'no range any more': { limits: [] },
    'only the range of every other site for one that had its own': { limits: [RATE] },
    'a wider range for one site, beside the one for every other': { limits: [...limits, { ...RATE, site: 'ward-9', high: 90 }] },
    'the same numbers in another unit': { limits: [{ ...RATE, unit: 'Hz' }, limits[1]] },
    'changes at a lower charge': { limits, battery: { stopBelowPercent: 19 } },
  }; // prettier-ignore
  const before = { limits, battery: { stopBelowPercent: 20 } };
  for (const [name, after] of Object.entries(wider)) {
    it(`asks two operators for one that allows more: ${name}`, async () => {
      const previous = { version: 1, json: await policyWith(before) };
      const json = await policyWith({ ...before, ...after }, 2);
      await assert.rejects(
        loadPolicy(await offer(json, 2, { previous })),
        problem(/two different operators/u),
      );
      const detail: readonly [number, Cbor][] = [[1, sha256(json)], [2, 2]]; // prettier-ignore
      const second = await sign(oscar, 'policy', detail);
      assert.equal((await loadPolicy(await offer(json, 2, { previous, second }))).kids.length, 2);
    });
  }

  it('asks one for one that only narrows', async () => {
    const previous = { version: 1, json: await policyWith(before) };
    const json = await policyWith({ limits: narrower, battery: { stopBelowPercent: 25 } }, 2);
    assert.equal((await loadPolicy(await offer(json, 2, { previous }))).policy.version, 2);
  });
});
