import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { OPERATION } from '../../../server/protocol/command.ts';
import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import { pidOf } from './live.ts';
import type { PageWard } from './ward.ts';

const FOUND = z.object({ patients: z.array(z.object({ id: z.string() })) });
/** Of the ward’s, and in nobody’s care who signs in here. */
const OTHERS = 'SIM-200007';
const CONTEXT = { reason: 'alarms', note: 'it sounded all night', order: '' };

/** A clinician opens a patient of others; and, where there is a card reader, a card is pulled out in the middle of a write. */
export async function makeTrouble(ward: PageWard): Promise<void> {
  const doctor = await ward.signIn('dr-a');
  const found = await doctor.fetch('/v1/patient-search', { wristband: OTHERS });
  const [patient] = FOUND.parse(JSON.parse(Buffer.from(found).toString('utf8'))).patients;
  assert.ok(patient);
  await doctor.post(
    '/v1/break-glass',
    'breakGlass',
    new Map<number, string | number | Uint8Array>([
      [1, unhex(patient.id)],
      [2, 'team-absent'],
      [3, ''],
      [4, 600],
    ]),
  );
  if (ward.withoutNfc === undefined) {
    const heart = await doctor.open(ward.idOf('pacemaker-1'));
    const [setting] = heart.profile.parameters.filter(({ name }) => name === 'High atrial rate alert, above');
    assert.ok(setting);
    const changes = new Map([[setting.code, 190]]);
    const bytes = doctor.prepare(heart, ward.patientOf('pacemaker-1'), {
      operation: OPERATION.program,
      changes,
    });
    ward.running.tell('pacemaker-1', 'remove-after-write');
    assert.equal((await doctor.sign(heart, bytes, CONTEXT)).kind, 'unknown');
  }
  doctor.close();
}

const STORE = ['countersign.db', 'countersign.db-wal', 'countersign.db-shm'];

/** The gateway’s store as it is at this moment, kept beside it. */
export function keepStore(ward: PageWard): void {
  const pid = pidOf(ward, 'gateway');
  process.kill(pid, 'SIGSTOP');
  for (const name of STORE) cpSync(join(ward.folder, 'gateway', name), join(ward.folder, `kept-${name}`));
  process.kill(pid, 'SIGCONT');
}

/** Somebody puts the kept store back: the log ends where it had ended, and the witness has seen what came after. */
export async function putStoreBack(ward: PageWard): Promise<void> {
  const before = ward.restarts('gateway');
  process.kill(pidOf(ward, 'gateway'), 'SIGKILL');
  ward.killed('gateway');
  for (const name of STORE) {
    rmSync(join(ward.folder, 'gateway', name), { force: true });
    cpSync(join(ward.folder, `kept-${name}`), join(ward.folder, 'gateway', name));
  }
  while (ward.restarts('gateway') === before || !ward.isUp('gateway'))
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/**
 * A gateway that lies to one page from now on: it leaves the second row out of every list, or serves other hashes than
 * are in its log. Undefined: it is honest again.
 */
export async function lie(page: Page, what: 'row' | 'tile' | undefined): Promise<void> {
  await page.evaluate((lying) => {
    const at = globalThis as { honest?: typeof fetch };
    const honest = (at.honest ??= globalThis.fetch.bind(globalThis));
    globalThis.fetch = async (input, init) => {
      const answer = await honest(input, init);
      const url = input instanceof Request ? input.url : String(input);
      const { status, headers } = answer;
      if (lying === 'row' && url.endsWith('/v1/audit/stories') && status === 200) {
        const said = (await answer.json()) as { rows: unknown[]; total: number };
        said.rows.splice(1, 1);
        return new Response(JSON.stringify({ ...said, total: said.total - 1 }), { status, headers });
      }
      if (lying === 'tile' && url.includes('/log/tile/') && status === 200) {
        const bytes = new Uint8Array(await answer.arrayBuffer());
        return new Response(
          bytes.map((byte) => byte ^ 1),
          { status, headers },
        );
      }
      return answer;
    };
  }, what);
}
