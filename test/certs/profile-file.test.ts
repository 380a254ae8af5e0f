import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { parseProfileFile, readProfileFile } from '../../certs/profile-file.ts';
import { ConfigFault } from '../../clients/common/process/config.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { checkJointRules, operationRule } from '../../server/protocol/limits.ts';
import {
  encodeProfile,
  isAllowed,
  type Parameter,
  parseProfile,
  type Profile,
} from '../../server/protocol/profile.ts';

const url = (name: string): URL => new URL(`../../clients/device/profiles/${name}.json`, import.meta.url);
const pump = readProfileFile(url('pump'));
const pacemaker = readProfileFile(url('pacemaker'));
const pumpText = readFileSync(url('pump'), 'utf8');

const named = (profile: Profile, name: string): Parameter => {
  const found = profile.parameters.find((p) => p.name === name);
  assert.ok(found, name);
  return found;
};
const nominal = (profile: Profile): Map<number, number> =>
  new Map(profile.parameters.map((p) => [p.code, p.nominal]));
const faultsOf = (text: string): readonly string[] => {
  try {
    parseProfileFile(text);
  } catch (error) {
    assert.ok(error instanceof ConfigFault);
    return error.faults;
  }
  return [];
};
/** The pump's file with one piece of its text replaced. */
const changed = (piece: string, by: string): string => {
  assert.ok(pumpText.includes(piece), piece);
  return pumpText.replace(piece, by);
};

describe('the reference profiles', () => {
  for (const [name, profile] of Object.entries({ pump, pacemaker })) {
    it(`${name}: reads back from its encoding, and starts within its own rules`, () => {
      assert.deepEqual(parseProfile(encodeProfile(profile)), profile);
      checkJointRules(profile, nominal(profile));
    });

    it(`${name}: its safe state keeps the joint rules whatever was set before`, () => {
      const settings = fc.record(
        Object.fromEntries(profile.parameters.map((p) => [p.code, fc.integer({ min: p.min, max: p.max })])),
      );
      fc.assert(
        fc.property(settings, (before) => {
          const entries = Object.entries(before).map(([code, value]): [number, number] => [
            Number(code),
            value,
          ]);
          checkJointRules(profile, new Map([...entries, ...profile.safeState]));
        }),
        { numRuns: 200 },
      );
      for (const [code, value] of profile.safeState) {
        const p = profile.parameters.find((one) => one.code === code);
        assert.ok(p && p.programmed && isAllowed(p, value));
      }
    });

    it(`${name}: every setting that commands change is bounded in one step and over time`, () => {
      for (const p of profile.parameters.filter(({ programmed, min, max }) => programmed && min < max)) {
        assert.ok(p.maxChange >= p.step && p.maxChange < p.max - p.min + 1, p.name);
        assert.ok(p.window.ticks > 0 && p.window.sum >= p.maxChange && p.drift > 0, p.name);
      }
    });
  }

  it('pacing sustains life: no setting of it has a safe direction, and stopping it takes two', () => {
    for (const p of pacemaker.parameters) assert.equal(p.safeDirection, 0, p.name);
    const stop = operationRule(pacemaker, OPERATION.stop);
    assert.deepEqual([stop.risk, stop.lowers], [2, false]);
    for (const name of ['Pacing mode', 'Lower rate', 'Pacing amplitude, right ventricle']) {
      assert.equal(named(pacemaker, name).risk, 2);
    }
  });

  it('a pump may be stopped by one, and resumes only with two and a hand on it', () => {
    const stop = operationRule(pump, OPERATION.stop);
    const resume = operationRule(pump, OPERATION.resume);
    assert.deepEqual([stop.risk, stop.lowers], [1, true]);
    assert.deepEqual([resume.risk, resume.physicalIntent], [2, true]);
  });

  it('no alarm can be silenced from afar', () => {
    assert.ok(named(pump, 'Alarm volume').min > 0);
    assert.equal(named(pump, 'Alarm volume').options.size, 0);
  });

  it('a tracking rate that the refractory period cannot follow is refused', () => {
    const settings = nominal(pacemaker);
    settings.set(named(pacemaker, 'Maximum tracking rate').code, 150); // (250 + 150) ms x 150 /min = one cycle
    assert.throws(() => checkJointRules(pacemaker, settings), /PVARP and AV delay/u);
    settings.set(named(pacemaker, 'Maximum tracking rate').code, 145);
    checkJointRules(pacemaker, settings);
  });
});

describe('a profile file', () => {
  it('keeps decimals exact', () => {
    assert.equal(named(pacemaker, 'Pulse width, right atrium').max, 19);
    assert.equal(named(pacemaker, 'Sensitivity, right atrium').nominal, 75);
    assert.equal(named(pump, 'Infusion rate').min, 1);
  });

  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    ['more decimals than the scale', '"min": 0.1,', '"min": 0.15,', /^parameters\.0\.min: more decimals/u],
    ['an unknown field', '"drift": 50.0,', '"drift": 50.0, "dirft": 1,', /^parameters\.0\.dirft: no such/u],
    ['a missing limit', '"maxChange": 100.0,', '', /^parameters\.0\.maxChange: is missing/u],
    ['a rule about nothing', '"kvoRate": 1, "rate"', '"kvoRat": 1, "rate"', /^rules\.0\.terms\.kvoRat: /u],
    ['a private code below its range', '"0xF0010001"', '"0x00010001"', /^parameters\.1\.codeSource: /u],
    ['a code twice', '"0xF0010002"', '"0xF0010001"', /appears twice/u],
    ['a key twice', '"key": "vtbi"', '"key": "rate"', /^parameters\.1\.key: rate appears twice/u],
    ['a nominal value off its step', '"nominal": 300', '"nominal": 310', /nominal/u],
    ['nominal settings that break a rule', '"nominal": 200.0', '"nominal": 40.0', /^nominal: E_CMD_LIMIT/u],
    ['a safe state that breaks a rule', '"rate": 1.0,', '"rate": 2.0,', /^safeState: E_CMD_LIMIT/u],
    ['a safe state with a gap', ', "maxRate": 1.0', '', /^safeState: Hard rate limit/u],
    ['an unknown operation', '"operation": "stop"', '"operation": "halt"', /^operations\.2\.operation: /u],
    ['a comment where JSON has none', '{', '{ // no', /is not JSON/u],
  ];
  for (const [what, piece, by, fault] of cases) {
    it(`with ${what} is refused, and the field is named`, () => {
      const faults = faultsOf(changed(piece, by));
      assert.ok(
        faults.some((line) => fault.test(line)),
        faults.join('\n') || 'no fault at all',
      );
    });
  }
});
