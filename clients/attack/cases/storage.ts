import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat } from '../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import { issueReceipt, readReceipt } from '../../../server/protocol/receipt.ts';
import { parseEvidence } from '../../../server/protocol/evidence/evidence.ts';
import { verifySealed } from '../../../server/protocol/seal.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { codeFrom } from '../answers.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';
import { CONTEXT } from './ceremony.ts';
import { anotherAlarmLimit } from './on-the-wire.ts';

const IDLE = 'pump-2';
const { sha256 } = nodeCrypto;

/** What lies on a disk, changed behind everybody's back. */
export const STORAGE: readonly Case[] = [
  {
    id: 'BED-08',
    scene: 'gateway',
    given: ['A5'],
    aim: 'have a pump run at another rate than everybody reads',
    codes: ['does not start', 'old settings', 'E_DEVICE_IDENTITY', 'E_LOG_PROOF'],
    alone: true,
    slow: true,
    async *play(at) {
      yield* echoed(at);
      yield* swapped(at);
    },
  },
  {
    id: 'GW-06',
    scene: 'gateway',
    given: ['A12'],
    aim: 'edit the policy on the disk, so that everything is allowed',
    codes: ['does not start'],
    alone: true,
    slow: true,
    async *play(at) {
      const file = at.path('hospital', 'policy.json');
      const kept = readFileSync(file, 'utf8');
      await at.ward.running.stopOne('gateway');
      const edited = kept
        .replaceAll('"coolDownSeconds": 1', '"coolDownSeconds": 0')
        .replaceAll('"count": 120', '"count": 1000');
      if (edited === kept) throw new Error('there is nothing to edit');
      writeFileSync(file, edited);
      const started = await at.ward.running.startOne('gateway').then(
        () => true,
        () => false,
      );
      yield started
        ? succeeded('no waiting, and no end to it', 'gateway', 'starts with it')
        : refused('no waiting, and no end to it', 'gateway', 'does not start');
      writeFileSync(file, kept);
      if (!started) await at.ward.running.startOne('gateway');
      for (const name of ['dr-a', 'auditor'] as const) at.forget(name);
    },
  },
];

/** The screen is shown what was asked for, whatever acts: a receipt whose read-back says what the clinician wants. */
async function* echoed(at: Lab): Attempts {
  const doctor = await at.person('dr-a');
  const pump = await at.open(TARGET);
  const now = pump.attestation;
  const bytes = at.honest.set(TARGET, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
  const outcome = await doctor.sign(pump, bytes, CONTEXT);
  if (outcome.kind !== 'done') throw new Error(`an honest command ended as ${outcome.kind}`);
  await at.settle();
  const file = parseEvidence(await doctor.evidence(sha256(bytes)));
  const genuine = readReceipt(file.receipt);
  const { code } = at.honest.setting(TARGET, 'Occlusion alarm limit');
  const readBack = new Map(genuine.readBack).set(code, 1);
  const forged = await issueReceipt(
    { ...genuine, readBack },
    at.hands.signer(`keys/devices/${TARGET}/identity.key.pem`),
  );
  const sealed = { receipt: forged, code: '', proof: file.outcome, command: sha256(bytes) };
  const seen = await codeFrom(verifySealed(nodeCrypto, bytes, sealed, pump.identity, at.honest.anchors));
  yield seen === undefined
    ? succeeded('a receipt with another read-back', 'tablet', 'shown as done')
    : refused('a receipt with another read-back', 'tablet', seen);
}

/** One bit of one setting in the memory of a pump that stands still, and everything else as it was. */
async function* swapped(at: Lab): Attempts {
  const before = (await at.open(IDLE)).attestation;
  const { code } = at.honest.setting(IDLE, 'Infusion rate');
  await at.ward.running.stopOne(IDLE);
  const folder = at.path('devices', IDLE);
  const part = concat(encode(code), encode(before.settings.get(code) ?? 0));
  let altered = 0;
  for (const name of readdirSync(folder).filter((each) => each.startsWith('state-'))) {
    const bytes = readFileSync(join(folder, name));
    for (let found = bytes.indexOf(part); found >= 0; found = bytes.indexOf(part, found + 1)) {
      const last = found + part.length - 1;
      bytes[last] = (bytes[last] ?? 0) ^ 1;
      altered++;
    }
    writeFileSync(join(folder, name), bytes);
  }
  if (altered === 0) throw new Error('the setting is not found in its memory');
  const started = await at.ward.running.startOne(IDLE).then(
    () => true,
    () => false,
  );
  const what = `its rate changed in its memory, ${altered} times`;
  if (!started) {
    yield refused(what, 'device', 'does not start');
    return;
  }
  const after = (await at.open(IDLE)).attestation;
  yield after.settings.get(code) === before.settings.get(code)
    ? refused(what, 'device', 'old settings')
    : succeeded(what, 'device', 'runs at it');
}
