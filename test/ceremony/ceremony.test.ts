import assert from 'node:assert/strict';
import { openWard, type TestWard } from '../support/ward.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { PUMP } from '../support/settings.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import { hex } from '../../server/protocol/bytes.ts';

describe('the ceremony, from a signature to a sealed outcome', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());

  it('one clinician changes an alarm limit of the pump, and the tablet itself verifies the outcome', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, {
      operation: OPERATION.program,
      changes: new Map([[PUMP.occlusion, 325]]),
    });
    const stages: Stage[] = [];
    const outcome = await doctor.sign(pump, bytes, stages);
    assert.equal(outcome.kind, 'done');
    assert.equal(pump.therapy.acting.get(PUMP.occlusion), 325);
    assert.deepEqual(stages, ['checked', 'logged', 'granted', 'sent', 'answered']);
    const evidence = await ward.desk.evidence(doctor.session, hex(nodeCrypto.sha256(bytes)));
    const verdict = await verifyEvidence(nodeCrypto, evidence, ward.roots);
    assert.equal(verdict.verdict, 'VERIFIED', JSON.stringify(verdict.checks, null, 1));
  });
});
