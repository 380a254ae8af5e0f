import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { type Command, OPERATION } from '../../server/protocol/command.ts';
import {
  checkChanges,
  checkJointRules,
  operationRule,
  type Past,
  tierOf,
} from '../../server/protocol/limits.ts';
import {
  encodeProfile,
  isAllowed,
  type Parameter,
  parseProfile,
  type Profile,
  programmed,
  settingsHash,
} from '../../server/protocol/profile.ts';
import { draft, makeWorld } from '../support/fixtures.ts';
import { nodeCrypto } from '../support/keys.ts';
import { AMPLITUDE, BATTERY, LOWER, PACING, startSettings, testProfile, UPPER } from '../support/profile.ts';

let base: Command;
const setUpOnce = async (): Promise<void> => {
  base = draft(await makeWorld());
};

const fresh = (p: Parameter): Past => ({ changed: 0, baseline: startSettings.get(p.code) ?? 0 });
const changing = (...changes: readonly (readonly [number, number])[]): Command => ({
  ...base,
  changes: new Map(changes),
});
const check = (
  command: Command,
  past: (p: Parameter) => Past = fresh,
  tier: 1 | 2 = 1,
): ReadonlyMap<number, number> => checkChanges(testProfile, command, startSettings, past, tier);
const refused = (run: () => unknown, code: string): void => assert.throws(run, { code });

describe('the limits of a device', () => {
  before(setUpOnce);
  it('let a change within them through, and give the whole set after it', () => {
    const after = check(changing([LOWER, 70], [AMPLITUDE, 30]));
    assert.deepEqual(after, new Map([...startSettings, [LOWER, 70], [AMPLITUDE, 30]]));
  });

  it('refuse a setting that is unknown, only read, or does not change', () => {
    refused(() => check(changing([99, 1])), 'E_CMD_SCHEMA');
    refused(() => check(changing([BATTERY, 79])), 'E_CMD_SCHEMA');
    refused(() => check(changing([LOWER, 60])), 'E_CMD_SCHEMA');
  });

  it('refuse a change without settings, and settings without a change', () => {
    refused(() => check(changing()), 'E_CMD_SCHEMA');
    refused(() => check({ ...changing([LOWER, 70]), operation: OPERATION.stop }), 'E_CMD_SCHEMA');
    check({ ...changing(), operation: OPERATION.stop });
  });

  it('refuse what is outside the range or off the step', () => {
    for (const value of [35, 39, 125, 61, -60, 0x7fff_ffff])
      refused(() => check(changing([LOWER, value])), 'E_CMD_LIMIT');
  });

  it('take a named option only where the parameter has it', () => {
    assert.equal(check(changing([PACING, 1]), fresh, 2).get(PACING), 1);
    for (const value of [3, -1]) refused(() => check(changing([PACING, value])), 'E_CMD_LIMIT');
  });

  it('refuse more than one command may change', () => {
    check(changing([LOWER, 80]));
    refused(() => check(changing([LOWER, 85])), 'E_CMD_RATE_OF_CHANGE');
  });

  it('refuse more than may change within the window, in small steps too', () => {
    const past = (changed: number) => () => ({ changed, baseline: 60 });
    check(changing([LOWER, 70]), past(30));
    refused(() => check(changing([LOWER, 70]), past(31)), 'E_CMD_RATE_OF_CHANGE');
    refused(() => check(changing([LOWER, 70]), past(31), 2), 'E_CMD_RATE_OF_CHANGE');
  });

  it('refuse one person who drifts away from what two agreed, and let two move on', () => {
    const past = (): Past => ({ changed: 0, baseline: 100 });
    check(changing([LOWER, 70]), past);
    refused(() => check(changing([LOWER, 65]), past), 'E_CMD_RATE_OF_CHANGE');
    check(changing([LOWER, 65]), past, 2);
  });

  it('hold joint rules over the whole set, not over the change', () => {
    check(changing([UPPER, 100]));
    refused(() => check(changing([LOWER, 80], [UPPER, 95])), 'E_CMD_LIMIT');
    check(changing([LOWER, 70], [UPPER, 90]));
  });

  it('multiply where a joint rule says so', () => {
    const rule = { terms: [[LOWER, 2]], times: UPPER, bound: 1200, says: 'product' } as const;
    const profile: Profile = { ...testProfile, rules: [rule] };
    const set = (lower: number, upper: number) => new Map([[LOWER, lower], [UPPER, upper]]); // prettier-ignore
    checkJointRules(profile, set(60, 10));
    refused(() => checkJointRules(profile, set(60, 11)), 'E_CMD_LIMIT');
  });

  it('never let a value out of its parameter, whatever is asked', () => {
    const any = fc.array(fc.tuple(fc.constantFrom(1, 2, 3, 4, 5, 6), fc.integer({ min: -10, max: 200 })), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(any, (changes) => {
        let after: ReadonlyMap<number, number>;
        try {
          after = check(changing(...changes));
        } catch {
          return;
        }
        for (const p of testProfile.parameters)
          assert.ok(isAllowed(p, after.get(p.code) ?? Number.NaN), p.name);
        assert.ok((after.get(UPPER) ?? 0) - (after.get(LOWER) ?? 0) >= 20);
        assert.equal(after.get(BATTERY), 80);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the risk tier', () => {
  before(setUpOnce);
  const tier = (command: Command): number => tierOf(testProfile, command, startSettings);

  it('is 1 where nothing in the command is of high risk', () => assert.equal(tier(changing([LOWER, 70])), 1));

  it('is 2 as soon as one setting is', () => assert.equal(tier(changing([LOWER, 70], [AMPLITUDE, 20])), 2));

  it('is 1 for a risky setting that moves in its safe direction only', () => {
    assert.equal(tier(changing([AMPLITUDE, 30])), 1);
    assert.equal(tier(changing([AMPLITUDE, 20])), 2);
  });

  it('is 2 for a risky setting that has no safe direction, either way', () => {
    assert.equal(tier(changing([PACING, 1])), 2);
    assert.equal(tier(changing([PACING, 3])), 2);
  });

  it('is the operation’s where that is of high risk', () => {
    assert.equal(tier({ ...changing(), operation: OPERATION.stop }), 2);
  });

  it('does not exist for an operation the profile does not have', () => {
    refused(() => tier({ ...changing(), operation: OPERATION.firmware }), 'E_ROUTE');
    refused(() => operationRule(testProfile, 0), 'E_ROUTE');
  });
});

describe('a device profile', () => {
  before(setUpOnce);
  it('reads back as it was written', () =>
    assert.deepEqual(parseProfile(encodeProfile(testProfile)), testProfile));

  it('is refused when it contradicts itself', () => {
    const [lower, ...others] = testProfile.parameters;
    const [rule] = testProfile.rules;
    assert.ok(lower && rule);
    const broken: readonly Partial<Profile>[] = [
      { parameters: [lower, lower] },
      { parameters: [{ ...lower, min: 130 }, ...others] },
      { parameters: [{ ...lower, step: 0 }, ...others] },
      { parameters: [{ ...lower, nominal: 61 }, ...others] },
      { rules: [{ ...rule, terms: [[99, 1]] }] },
      { rules: [{ ...rule, times: 99 }] },
      { safeState: new Map([[99, 1]]) },
      { safeState: new Map([[LOWER, 61]]) },
    ];
    for (const changes of broken) {
      refused(() => parseProfile(encodeProfile({ ...testProfile, ...changes })), 'E_PROFILE');
    }
  });

  it('is refused when two values of a setting would look alike on the screen', () => {
    const [lower, ...others] = testProfile.parameters;
    assert.ok(lower);
    const naming = (...names: string[]): Profile => {
      const options = new Map(names.map((name, i) => [i, name]));
      return { ...testProfile, parameters: [{ ...lower, options }, ...others] };
    };
    parseProfile(encodeProfile(naming('Off', '2:1 block')));
    for (const names of [['Off', 'Off'], ['70 /min'], ['70'], ['-0.5 V']]) {
      refused(() => parseProfile(encodeProfile(naming(...names))), 'E_PROFILE');
    }
  });

  it('hashes the settings that can be programmed, and not the readings', () => {
    const hash = (settings: ReadonlyMap<number, number>): string =>
      Buffer.from(settingsHash(nodeCrypto.sha256, testProfile, settings)).toString('hex');
    assert.equal(hash(startSettings), hash(new Map([...startSettings, [BATTERY, 12]])));
    assert.equal(hash(startSettings), hash(new Map([...startSettings].toReversed())));
    for (const code of [LOWER, UPPER, AMPLITUDE, PACING]) {
      assert.notEqual(hash(startSettings), hash(new Map([...startSettings, [code, 1]])));
    }
    assert.equal(programmed(testProfile, startSettings).has(BATTERY), false);
  });
});

describe('a profile that could mislead', () => {
  before(setUpOnce);
  it('is refused when a name holds a line break or turns the direction of text', () => {
    const [first, ...rest] = testProfile.parameters;
    assert.ok(first);
    for (const name of ['Rate\nLower rate: 60 -> 70', 'Rate\u202e06', '']) {
      const profile: Profile = { ...testProfile, parameters: [{ ...first, name }, ...rest] };
      refused(() => parseProfile(encodeProfile(profile)), 'E_PROFILE');
    }
  });

  it('cannot overflow a joint rule into a yes', () => {
    const rule = {
      terms: [[LOWER, 2 ** 52]] as const,
      times: UPPER,
      bound: Number.MAX_SAFE_INTEGER,
      says: 'too much',
    };
    const settings = new Map([...startSettings, [LOWER, 2 ** 30], [UPPER, 2 ** 30]]);
    refused(() => checkJointRules({ ...testProfile, rules: [rule] }, settings), 'E_CMD_LIMIT');
  });
});
