import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeOp, type JournalEntry, journalOp, onceOp } from '../../server/broker/journal.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import { StoreConflict } from '../../server/store/errors.ts';
import { openStore } from '../../server/store/store.ts';
import { nudge, stateOf } from '../ceremony/world.ts';
import { openWard } from '../support/ward.ts';

const NONE = new Uint8Array();
const command = (byte: number): JournalEntry => ({
  command: new Uint8Array(32).fill(byte),
  device: new Uint8Array(8).fill(1),
  state: 'sent',
  updated: 1,
  tier: 1,
  commandClass: 'x',
  kids: [],
  subjects: [],
  intentIndex: 0,
  notAfterTick: 0,
  bundle: NONE,
  attestation: NONE,
  receipt: undefined,
  code: undefined,
});

describe('a nonce of a device', () => {
  it('is granted once, also after a restart, until the device has turned it down', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cs-nonce-'));
    const nonce = new Uint8Array(16).fill(9);
    const take = (byte: number) => {
      const entry = command(byte);
      return [journalOp(entry), onceOp({ device: entry.device, nonce })];
    };
    let store = openStore(folder);
    try {
      await store.write(take(1));
      await store.stop();
      store = openStore(folder);
      await assert.rejects(store.write(take(2)), StoreConflict);
      assert.equal(store.reader('SELECT count(*) AS n FROM journal').get()?.['n'], 1, 'all or nothing');
      await store.write([freeOp({ device: command(1).device, nonce })]);
      await store.write(take(2));
    } finally {
      await store.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is free again when the command never left', async () => {
    const ward = await openWard();
    try {
      const pump = ward.device('pump-1');
      const doctor = await ward.signIn('dr-a');
      const bytes = await doctor.prepare(pump, nudge(pump));
      const stages: Stage[] = [];
      stages.push = (stage) => {
        if (stage === 'granted') pump.cut();
        return 0;
      };
      await doctor.sign(pump, bytes, stages).catch(() => undefined);
      assert.equal(stateOf(ward, bytes, doctor.session), 'refused');
      pump.connect();
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
    } finally {
      await ward.end();
    }
  });
});
