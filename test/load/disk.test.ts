import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Refusal } from '../../server/protocol/refusal.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { BusyWard } from './busy-ward.ts';
import { rescue } from './rescue.ts';

const PUMPS = ['pump-1', 'pump-2'];
const DEVICE = z.object({ connected: z.boolean(), review: z.string().optional() });
const REASON = { reason: 'titration', note: 'going on after the emergency', order: 'ORD-1' };

/** Gives a folder a small disk of its own; false where this system lets nobody do that. */
function smallDisk(folder: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('while the ward is used and the gateway’s disk is full', function () {
  this.timeout(120_000);
  let busy: BusyWard;
  let disk: string | undefined;
  before(async function () {
    busy = await BusyWard.open(PUMPS.length, (folder) => {
      const path = join(folder, 'gateway');
      if (smallDisk(path)) disk = path;
    });
    if (disk === undefined) {
      console.log('      skipped: no small disk can be mounted here');
      this.skip();
    }
    for (const device of PUMPS) busy.work(device);
    await busy.goesOn(...PUMPS);
  });
  after(async () => {
    await busy.stopped();
    if (disk !== undefined) execFileSync('umount', [disk]);
    await busy.removed();
  });

  const heart = async (): Promise<z.output<typeof DEVICE>> =>
    DEVICE.parse(
      await busy.clinic.as('operator', (who) => who.get(`/v1/devices/${busy.ward.idOf('pacemaker-1')}`)),
    );
  const kept = (): number => readdirSync(busy.path('station-1', 'receipts')).length;
  const filler = (): string => join(disk ?? '', 'filler');
  function fill(): void {
    for (const size of [1 << 20, 1 << 12, 1])
      for (;;) {
        try {
          appendFileSync(filler(), new Uint8Array(size));
        } catch {
          break;
        }
      }
  }

  it('commands stop and say why, people see everything, and the emergency door is open', async () => {
    fill();
    const turned = busy.turnedAway(...PUMPS).length;
    await busy.until('commands stop', () => busy.turnedAway(...PUMPS).length > turned + 3);
    fill(); // What SQLite had left in its own pages is gone as well.
    const from = busy.turnedAway(...PUMPS).length;
    await busy.until('again and again', () => busy.turnedAway(...PUMPS).length > from + 3);
    const codes = new Set(busy.turnedAway(...PUMPS).map((line) => line.split(' ').at(-1)));
    assert.deepEqual([...codes], ['E_AUDIT_UNAVAILABLE']);
    const { reads } = busy;
    await busy.until('people still see', () => busy.reads > reads + 5);
    assert.ok(busy.faults.every((fault) => fault.startsWith('signing in')), busy.faults.join('\n')); // prettier-ignore
    if (busy.ward.withoutNfc !== undefined) return;
    assert.equal((await rescue(busy.ward)).result, 'applied');
    await busy.until('a review is open', async () => (await heart()).review !== undefined);
    assert.equal(kept(), 1, 'the station keeps the record');
    await busy.until('the implant is met again', async () => (await heart()).connected);
    const goingOn = busy.clinic.as('dr-a', async (who) => {
      const device = await who.open(busy.ward.idOf('pacemaker-1'));
      const rearm = { operation: OPERATION.resume, changes: new Map<number, number>() };
      return who.sign(device, who.prepare(device, busy.ward.patientOf('pacemaker-1'), rearm), REASON);
    });
    await assert.rejects(goingOn, (error) => {
      assert.ok(error instanceof Refusal && /E_REVIEW|E_AUDIT_UNAVAILABLE/u.test(error.code), String(error));
      return true;
    });
  });

  it('and with room again commands come back, and the record reaches the log by itself', async () => {
    rmSync(filler());
    await busy.goesOn(...PUMPS);
    assert.equal(busy.restarted('gateway'), false);
    if (busy.ward.withoutNfc === undefined) {
      await busy.until('the station may forget it', () => kept() === 0);
      assert.ok((await heart()).review, 'and somebody has to look at it');
    }
    busy.faults.length = 0;
    assert.deepEqual(await busy.audit(), []);
    assert.deepEqual(busy.faults, []);
  });
});
