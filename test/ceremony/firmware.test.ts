import assert from 'node:assert/strict';
import { PACEMAKER, PUMP } from '../support/settings.ts';
import { openWard, type TestWard } from '../support/ward.ts';
import { program } from './world.ts';

describe('a device with another firmware than its profile is signed for', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard({ firmware: 'one that nobody signed for' });
  });
  after(() => ward.end());

  it('is sent no command: the gateway refuses it before the device is asked', async () => {
    const who = await ward.signIn('dr-a');
    const heart = ward.device('pacemaker-1');
    const bytes = await who.prepare(heart, program(PACEMAKER.atrialAlert, 190));
    await assert.rejects(who.sign(heart, bytes), { code: 'E_FIRMWARE' });
  });

  it('is sent commands where its profile names none', async () => {
    const who = await ward.signIn('dr-a');
    const pump = ward.device('pump-1');
    const bytes = await who.prepare(pump, program(PUMP.occlusion, 325));
    assert.equal((await who.sign(pump, bytes)).kind, 'done');
  });
});
