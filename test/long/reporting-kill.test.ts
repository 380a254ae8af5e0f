import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { OPERATION } from '../../server/protocol/command.ts';
import { PUMP } from '../support/settings.ts';
import { type ProcessWard, startProcesses } from '../support/processes.ts';

const POLICY = new URL('../support/quick-policy.json', import.meta.url);
const MONITORS = 4;
const ROUNDS = 3;
const PATIENCE_MS = 60_000;
const DEVICE = z.object({ connected: z.boolean() });
const REASON = { reason: 'titration', note: 'while the gateway is killed', order: 'ORD-1' };

/** What is stored of one session: numbers of frames, in order. */
interface Stored {
  readonly source: number;
  readonly numbers: readonly number[];
}

describe('a ward that reports while its gateway is killed', function () {
  this.timeout(300_000);
  let ward: ProcessWard;
  const folder = mkdtempSync(join(tmpdir(), 'cs-killed-'));
  const abort = new AbortController();
  before(async () => {
    const say = (): void => undefined;
    ward = await startProcesses({
      folder,
      pumps: 1,
      monitors: MONITORS,
      policy: POLICY,
      say,
      signal: abort.signal,
    });
  });
  after(async () => {
    await ward?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function stored(): readonly Stored[] {
    const db = new DatabaseSync(join(folder, 'gateway', 'vitals.db'), { readOnly: true, timeout: 5_000 });
    try {
      return db
        .prepare('SELECT id FROM session')
        .all()
        .map(({ id }): Stored => {
          const source = Number(id);
          const blocks = db
            .prepare('SELECT first, last FROM block WHERE source = ? ORDER BY first')
            .all(source);
          const packed = blocks.flatMap(({ first, last }) => range(Number(first), Number(last)));
          const recent = db.prepare('SELECT number FROM recent WHERE source = ? ORDER BY id').all(source);
          const after = recent.map((row) => Number(row['number'])).filter((n) => n > (packed.at(-1) ?? 0));
          return { source, numbers: [...packed, ...after] };
        });
    } finally {
      db.close();
    }
  }

  const frames = (): number => stored().reduce((sum, { numbers }) => sum + numbers.length, 0);
  async function until(what: string, isSo: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      assert.ok(performance.now() < end, `not within ${PATIENCE_MS} ms: ${what}`);
      await pause(100);
    }
  }

  it('has every frame once, in its order, no gap, and takes commands each time', async () => {
    await until('they report', () => frames() > 20);
    for (let round = 0; round < ROUNDS; round++) {
      const pid = ward.running.pids.get('gateway');
      assert.ok(pid !== undefined);
      ward.killed('gateway');
      process.kill(pid, 'SIGKILL');
      await until('it is there again', () => ward.isUp('gateway'));
      const before = frames();
      await until('they report again', () => frames() > before + 10 * MONITORS);
      for (const { source, numbers } of stored())
        assert.deepEqual(numbers, range(1, numbers.length), `session ${source}, round ${round}`);
      const who = await ward.signIn('dr-a');
      while (!DEVICE.parse(await who.get(`/v1/devices/${ward.idOf('pump-1')}`)).connected) await pause(100);
      const device = await who.open(ward.idOf('pump-1'));
      const louder = device.attestation.settings.get(PUMP.volume) === 7 ? 8 : 7;
      const changes = new Map([[PUMP.volume, louder]]);
      const wish = { operation: OPERATION.program, changes };
      const outcome = await who.sign(device, who.prepare(device, ward.patientOf('pump-1'), wish), REASON);
      assert.equal(outcome.kind, 'done');
      who.close();
    }
    assert.ok(ward.restarts('gateway') >= ROUNDS);
    // Monitors and pump go on in the session they began: none had to begin anew.
    assert.equal(new Set(stored().map(({ source }) => source)).size, MONITORS + 1 + readOuts());
  });

  /** Each time it comes into contact, the implant is read out: a session of its own. */
  function readOuts(): number {
    return stored().filter(({ numbers }) => numbers.length === 1).length;
  }
});

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
