import assert from 'node:assert/strict';
import { emergencyActions } from '../../clients/tablet/emergency/emergency.ts';
import type { Patient } from '../../clients/tablet/patient/patients.ts';
import { newState } from '../../clients/tablet/state.ts';
import type { World } from '../../clients/common/page/gate/world.ts';
import { webCrypto } from '../../clients/common/page/web-crypto.ts';

const DEVICE = '00000000000000e3';

/** A device on the reader, found and read, and how often the key is asked. */
async function found(of: {
  readonly patient: boolean;
  readonly expected: boolean;
  readonly locked?: boolean;
}) {
  const state = newState();
  let asked = 0;
  const world = {
    place: { stations: [] },
    crypto: webCrypto(globalThis.crypto.subtle),
    passkey: {
      approve: () => {
        asked += 1;
        return Promise.reject(new Error('nobody touches it'));
      },
    },
  } as unknown as World;
  const act = emergencyActions(world, state, () => undefined);
  state.view.value = of.locked ? { at: 'locked', step: 'ready', ended: false } : { at: 'live' };
  if (of.patient) state.patient.value = { id: 'p', assigned: [] } as unknown as Patient;
  state.emergency.value = {
    step: 'sign',
    station: 'https://station.test',
    card: 1,
    device: DEVICE,
    command: new Uint8Array(8),
    words: 'choir solar hotel jacket',
    known: undefined,
    expected: of.expected,
  };
  const sign = async (): Promise<number> => {
    await act.signEmergency();
    return asked;
  };
  return { state, act, sign };
}

describe('the emergency, with the device of somebody else on the reader', () => {
  it('asks no key before the person has said that they go on for them, and then as always', async () => {
    const { state, act, sign } = await found({ patient: true, expected: false });
    assert.equal(await sign(), 0);
    assert.equal(state.emergency.value?.step, 'sign');
    act.agreeEmergency();
    assert.equal(await sign(), 1);
    assert.equal(await sign(), 2, 'what failed at the key is not asked about again');
  });

  it('asks nothing more where it is the patient’s own, where nobody is at hand, and on a locked screen', async () => {
    for (const of of [
      { patient: true, expected: true },
      { patient: false, expected: false },
      { patient: true, expected: false, locked: true },
    ])
      assert.equal(await (await found(of)).sign(), 1, JSON.stringify(of));
  });
});
