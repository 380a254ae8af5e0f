import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openGateway } from '../../server/gateway.ts';
import { realWorld } from '../../server/gateway/opening/outside.ts';
import { openDoors } from '../../server/gateway/opening/open-doors.ts';
import { programLog } from '../../server/gateway/watch/program-log.ts';
import { ENTRY } from '../../server/protocol/log/entry.ts';
import { nudge, refuses, stateOf, until } from '../ceremony/world.ts';
import { openWard, type TestWard } from '../support/ward.ts';

describe('a log that is damaged while an outcome is missing', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());

  const change = (sql: string): void => {
    const db = new DatabaseSync(join(ward.config.folder, 'countersign.db'));
    db.exec(sql);
    db.close();
  };

  it('keeps what the device did beside it, grants nothing, and goes on reading', async () => {
    const pump = ward.device('pump-1');
    let doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    pump.onFrame = (frame, towards) => (towards === 'gateway' ? undefined : frame);
    assert.equal((await doctor.sign(pump, bytes)).kind, 'unknown');
    await ward.stopGateway();
    const flip = `UPDATE log_entry SET hashes = zeroblob(length(hashes)) WHERE idx = (SELECT max(idx) FROM log_entry)`;
    change(flip);
    pump.onFrame = (frame) => frame;
    await ward.startGateway();
    assert.equal(ward.gateway.log.health, 'inconsistent');
    doctor = await ward.signIn('dr-a');
    await until('kept', () => stateOf(ward, bytes, doctor.session) === 'applied');
    await refuses('E_LOG_INCONSISTENT', doctor.sign(pump, await doctor.prepare(pump, nudge(pump))));
    assert.equal(ward.desk.devices(doctor.session).length, 2);
    await ward.stopGateway();
    const db = new DatabaseSync(join(ward.config.folder, 'countersign.db'), { readOnly: true });
    const aside = db.prepare('SELECT count(*) AS n FROM log_aside WHERE type = ?').get(ENTRY.outcome.number);
    db.close();
    assert.equal(aside?.['n'], 1);
    await ward.startGateway();
  });
});

describe('a gateway that cannot open its second door', () => {
  it('closes the first', async () => {
    const ward = await openWard();
    const taken = createServer();
    try {
      await ward.stopGateway();
      const devices = await listening(taken);
      const probe = createServer();
      const clinicians = await listening(probe);
      await new Promise((resolve) => probe.close(resolve));
      const config = { ...ward.config, ports: { devices, clinicians } };
      await assert.rejects(
        openGateway(config, realWorld(programLog(() => undefined)), openDoors),
        /EADDRINUSE|in use|taken/u,
      );
      const again = createServer();
      assert.equal(await listening(again, clinicians), clinicians);
      again.close();
    } finally {
      taken.close();
      await ward.end();
    }
  });
});

function listening(server: ReturnType<typeof createServer>, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}
