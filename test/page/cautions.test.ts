import assert from 'node:assert/strict';
import { profileSource } from '../../certs/trust.ts';
import { readProfileFile } from '../../certs/profile-file.ts';
import type { World } from '../../clients/common/page/gate/world.ts';
import type { Staff } from '../../clients/tablet/actions.ts';
import { allTicked, cautionsOf, cautionsWait, lowBattery } from '../../clients/tablet/cautions/cautions.ts';
import { isMoved, newDraft, withValue } from '../../clients/tablet/change/draft.ts';
import { commandActions } from '../../clients/tablet/command/commanding.ts';
import type { Reading } from '../../clients/tablet/device/reading.ts';
import type { Screens } from '../../clients/tablet/later.ts';
import type { Patient } from '../../clients/tablet/patient/patients.ts';
import { newState } from '../../clients/tablet/state.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { Refusal } from '../../server/protocol/refusal.ts';

/** A reference device as it comes from its bench, with some values by name. */
function reading(name: 'pump' | 'pacemaker', values: Readonly<Record<string, number>> = {}): Reading {
  const profile = readProfileFile(profileSource(name));
  const settings = new Map(profile.parameters.map((of) => [of.code, values[of.name] ?? of.nominal]));
  return { profile, profileHash: new Uint8Array(32), attestation: { settings } } as unknown as Reading;
}

const draft = (of: Reading, values: Readonly<Record<string, number>>) =>
  Object.entries(values).reduce(
    (made, [name, value]) =>
      withValue(made, of.profile.parameters.find((one) => one.name === name)?.code ?? 0, value),
    newDraft(of),
  );

describe('what a clinician has to have seen before they sign', () => {
  it('is nothing for a small change of a device that is well', () => {
    const pump = reading('pump');
    assert.deepEqual(cautionsOf(pump, draft(pump, { 'Infusion rate': 450 })), []);
  });

  it('is a value five times as much or as little, for each setting that changes so', () => {
    const pump = reading('pump', { 'Alarm volume': 10 });
    const found = cautionsOf(pump, draft(pump, { 'Infusion rate': 100, 'Alarm volume': 6 }));
    assert.deepEqual(
      found.map(({ key }) => key.split(' ')[0]),
      ['ratio'],
    );
    assert.ok(found[0]?.kind === 'ratio' && found[0].from === 500 && found[0].to === 100);
  });

  it('is a battery that is low by the device’s own word: a word of its maker, or a fifth or less', () => {
    assert.equal(lowBattery(reading('pump', { 'Battery remaining': 21 })), undefined);
    assert.equal(lowBattery(reading('pump', { 'Battery remaining': 20 }))?.value, 20);
    assert.equal(lowBattery(reading('pacemaker')), undefined);
    assert.equal(lowBattery(reading('pacemaker', { 'Battery remaining': 5 }))?.of.name, 'Battery remaining');
    assert.equal(lowBattery(reading('pacemaker', { 'Battery status': 2 }))?.of.name, 'Battery status');
  });

  it('is that the therapy stops or goes on again, unless the maker says that it lowers the risk', () => {
    const kinds = (of: Reading, operation: number) =>
      cautionsOf(of, newDraft(of, operation)).map(({ kind }) => kind);
    assert.deepEqual(kinds(reading('pacemaker'), OPERATION.stop), ['stop']);
    assert.deepEqual(kinds(reading('pacemaker'), OPERATION.resume), ['resume']);
    const pacing = (of: Reading) =>
      cautionsOf(of, newDraft(of, OPERATION.stop)).map((one) => one.kind === 'stop' && one.pacing);
    const other = reading('pacemaker');
    assert.deepEqual(pacing(other), [true], 'a pacemaker is told by the class in its signed profile');
    assert.deepEqual(pacing({ ...other, profile: { ...other.profile, deviceClass: 69_985 } }), [false]);
    const heart = reading('pacemaker');
    const safe = { ...heart, attestation: { ...heart.attestation, mode: 'safe-mode' as const } };
    assert.deepEqual(
      kinds(safe, OPERATION.resume),
      ['safe'],
      'where therapy never stopped, nothing goes on again',
    );
    assert.deepEqual(kinds(reading('pump'), OPERATION.stop), []);
  });

  it('is never signed over other limits, or other values, than the draft was made from', () => {
    const pump = reading('pump');
    const made = draft(pump, { 'Infusion rate': 450 });
    assert.equal(isMoved(pump, made), false);
    assert.equal(isMoved({ ...pump, profileHash: new Uint8Array(32).fill(9) }, made), true);
    assert.equal(isMoved(reading('pump', { 'Infusion rate': 400 }), made), true);
    assert.equal(isMoved(reading('pump', { 'Alarm volume': 5 }), made), false, 'a row that is not in it');
  });

  it('keeps the key away until each of them is ticked; one that says something else is another one', () => {
    const pump = reading('pump', { 'Battery remaining': 12 });
    const made = draft(pump, { 'Infusion rate': 100 });
    const [ratio, battery] = cautionsOf(pump, made).map(({ key }) => key);
    const ticked = (...keys: (string | undefined)[]) =>
      cautionsWait(cautionsOf(pump, made), new Set(keys.map(String)));
    assert.equal(ticked(), 'Tick 2 cautions first.');
    assert.equal(ticked(ratio), 'Tick the caution first.');
    assert.equal(ticked(ratio, battery), undefined);
    const lower = reading('pump', { 'Battery remaining': 9 });
    const now = cautionsOf(lower, made);
    assert.equal(cautionsWait(now, new Set([String(ratio), String(battery)])), 'Tick the caution first.');
  });

  it('is asked for again by what signs: no button makes it sign over one that is not ticked', async () => {
    const state = newState();
    const pump = reading('pump', { 'Battery remaining': 12 });
    const made = draft(pump, { 'Infusion rate': 100 });
    [state.reading.value, state.draft.value] = [pump, made];
    state.patient.value = { wristband: '1' } as unknown as Patient;
    let built = 0;
    const prepareCommand = (): never => {
      built += 1;
      throw new Refusal('E_PATIENT', 'another year of birth');
    };
    state.screens.value = { allTicked, prepareCommand } as unknown as Screens;
    const world = { crypto: {}, passkey: {} } as unknown as World;
    const staff = { tokens: undefined, gateway: undefined } as unknown as Staff;
    const { sign } = commandActions(world, state, staff, () => Promise.reject(new Error('nobody reads it')));
    const [ratio = '', battery = ''] = cautionsOf(pump, made).map(({ key }) => key);
    const signed = async (...keys: string[]): Promise<number> => {
      const typed = { year: '1958', wristband: '', stale: false, trouble: undefined };
      state.signing.value = { ...typed, state: 'ready', ticked: new Set(keys) };
      await sign();
      return built;
    };
    assert.equal(await signed(), 0);
    assert.equal(await signed(ratio), 0);
    assert.equal(await signed(ratio, 'battery of another reading'), 0);
    assert.equal(await signed(ratio, battery), 1);
  });
});
