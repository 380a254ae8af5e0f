import { cpSync, readFileSync, rmSync } from 'node:fs';
import { encodeEntry } from '../../../server/protocol/log/entry.ts';
import { type Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { verifyEvidence } from '../../../server/protocol/verify.ts';
import { verifyLog } from '../../../server/protocol/verify-log.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { copyLog } from '../../ward/demo-ward.ts';
import { extendLog, type Witness } from '../../ward/stolen-log.ts';
import { type Case, refused, succeeded, type Try } from '../case.ts';
import { codeFrom } from '../answers.ts';
import { type Lab, TARGET } from '../lab.ts';
import { anotherAlarmLimit } from './on-the-wire.ts';

export interface Copy {
  readonly entries: readonly Bytes[];
  readonly checkpoint: string;
}

/** The honest log as an auditor has it. */
export async function copied(at: Lab): Promise<Copy> {
  const folder = at.path('copies', `case-${at.next}`);
  const entries = await copyLog(await at.person('auditor'), folder);
  return { entries, checkpoint: readFileSync(`${folder}/checkpoint`, 'utf8') };
}

/** The way to the honest witness: with the gateway's client certificate where it is held, and with none otherwise. */
export function witnessOf(at: Lab): Witness {
  const client = 'keys/gateway/witness-client.key.pem';
  const text = (path: string): string => new TextDecoder().decode(at.hands.file(path));
  const tls = at.hands.has(client)
    ? { key: at.hands.pem(client), cert: text(client.replace('.key.', '.cert.')) }
    : {};
  const ca = text('keys/public/ca/service-ca.cert.pem');
  return { url: `https://127.0.0.1:${at.ward.port('witness')}`, ca, ...tls };
}

/** Shows entries and a checkpoint to the verifier that anybody can run. */
export async function shown(
  at: Lab,
  what: string,
  entries: readonly Bytes[],
  checkpoint: string,
): Promise<Try> {
  const trust = at.honest.anchors;
  const report = await verifyLog(nodeCrypto, { entries, checkpoints: [checkpoint], trust });
  const [problem] = report.problems;
  return report.verdict === 'VERIFIED' || problem === undefined
    ? succeeded(what, 'verifier', report.verdict)
    : refused(what, 'verifier', problem.fault);
}

const FAULTS = [
  'changed',
  'deleted',
  'inserted',
  'truncated',
  'damaged',
  'malformed',
  'signature',
  'witness',
  'root',
];

/** What was done is to be undone on paper. */
export const LOG: readonly Case[] = [
  {
    id: 'LOG-01',
    scene: 'gateway',
    given: ['A12'],
    aim: 'take entries out of the log, cut its end off, change one',
    codes: FAULTS,
    async *play(at) {
      const { entries, checkpoint } = await copied(at);
      const last = entries.length - 1;
      const without = (index: number): readonly Bytes[] => entries.filter((_, i) => i !== index);
      yield shown(at, 'the first entry deleted', without(0), checkpoint);
      yield shown(at, 'one in the middle deleted', without(Math.floor(last / 2)), checkpoint);
      yield shown(at, 'the last entry deleted', without(last), checkpoint);
      yield shown(
        at,
        'two entries exchanged',
        [...entries.slice(0, 1), ...entries.slice(2, 3), ...entries.slice(1, 2), ...entries.slice(3)],
        checkpoint,
      );
      yield shown(at, 'the last ten cut off', entries.slice(0, -10), checkpoint);
      yield shown(at, 'everything deleted', [], checkpoint);
      const altered = entries.map((entry, i) =>
        i === 1 ? entry.map((byte, k) => (k === entry.length - 1 ? byte ^ 1 : byte)) : entry,
      );
      yield shown(at, 'one bit of one entry changed', altered, checkpoint);
    },
  },
  {
    id: 'LOG-03',
    scene: 'gateway',
    given: ['A5', 'A12'],
    aim: 'show the auditor another log than the hospital',
    codes: ['witness', 'signature', 'a witness that does not sign'],
    async *play(at) {
      const { entries } = await copied(at);
      const signer = at.hands.signer('keys/gateway/log.key.pem');
      const witness = witnessOf(at);
      const lie = encodeEntry({ type: 'alarm', time: Date.now(), code: 'E_CLOCK' });
      for (const back of [1, 5, entries.length]) {
        const fork = { entries: entries.slice(0, -back), anchors: at.honest.anchors, signer, witness };
        const grown = await extendLog(
          fork,
          Array.from({ length: back }, () => lie),
        );
        yield grown.refused === undefined
          ? succeeded(`the last ${back} entries replaced`, 'witness', 'cosigned')
          : refused(
              `asks the witness to sign a log whose last ${back} entries are others`,
              'witness',
              'a witness that does not sign',
            );
        yield shown(at, `shows the auditor that log, of the same size`, grown.entries, grown.checkpoint);
      }
    },
  },
  {
    id: 'LOG-10',
    scene: 'gateway',
    given: ['A5', 'A12'],
    aim: 'date an entry back',
    codes: ['dated before the entry they follow', 'witness'],
    async *play(at) {
      const { entries } = await copied(at);
      const old = encodeEntry({ type: 'alarm', time: Date.now() - 86_400_000, code: 'E_CLOCK' });
      const report = await verifyLog(nodeCrypto, {
        entries: [...entries, old],
        checkpoints: [],
        trust: at.honest.anchors,
      });
      const warned = report.warnings.some((warning) => warning.includes('dated before'));
      yield warned
        ? refused('an entry of yesterday, put in today', 'verifier', 'dated before the entry they follow')
        : succeeded('an entry of yesterday, put in today', 'verifier', 'nobody noticed');
    },
  },
  {
    id: 'LOG-13',
    scene: 'gateway',
    given: ['A12'],
    aim: 'alter the evidence of a command after it was handed out',
    codes: ['FAILED', 'unreadable'],
    async *play(at) {
      const doctor = await at.person('dr-a');
      const pump = await at.open(TARGET);
      const bytes = at.honest.set(
        TARGET,
        pump.attestation,
        'Occlusion alarm limit',
        anotherAlarmLimit(at, pump.attestation),
      );
      const outcome = await doctor.sign(pump, bytes, { reason: 'titration', note: '', order: '' });
      if (outcome.kind !== 'done') throw new Error(`an honest command ended as ${outcome.kind}`);
      await at.settle();
      const evidence = await doctor.evidence(nodeCrypto.sha256(bytes));
      const { authorities, recovery } = at.honest.anchors;
      const trusted = { authorities, recovery };
      const good = await verifyEvidence(nodeCrypto, evidence, trusted);
      if (good.verdict === 'FAILED') throw new Error('genuine evidence does not verify');
      let unnoticed = 0;
      const tried = 150;
      for (let i = 0; i < tried; i++) {
        const at1 = Math.floor((i * (evidence.length - 70)) / tried);
        const altered = Uint8Array.from(evidence);
        altered[at1] = (altered[at1] ?? 0) ^ 1;
        const { verdict } = await verifyEvidence(nodeCrypto, altered, trusted);
        if (verdict === good.verdict) unnoticed++;
      }
      const what = `${tried} bytes of an evidence file altered, one at a time`;
      yield unnoticed > 0
        ? succeeded(what, 'verifier', `${unnoticed} unnoticed`)
        : refused(what, 'verifier', 'FAILED');
    },
  },
  {
    id: 'LOG-04',
    scene: 'gateway',
    given: ['A5', 'A12'],
    aim: 'put back an older log and go on from there',
    codes: ['E_LOG_INCONSISTENT', 'E_AUDIT_UNAVAILABLE', 'E_EVIDENCE'],
    alone: true,
    slow: true,
    async *play(at) {
      const stored = at.path('gateway');
      const kept = at.path('gateway-of-yesterday');
      await at.ward.running.stopOne('gateway');
      cpSync(stored, kept, { recursive: true });
      await at.ward.running.startOne('gateway');
      at.forget('dr-a');
      const doctor = await at.person('dr-a');
      const pump = await at.open(TARGET);
      const bytes = at.honest.set(
        TARGET,
        pump.attestation,
        'Occlusion alarm limit',
        anotherAlarmLimit(at, pump.attestation),
      );
      const outcome = await doctor.sign(pump, bytes, { reason: 'titration', note: '', order: '' });
      if (outcome.kind !== 'done') throw new Error(`an honest command ended as ${outcome.kind}`);
      await at.settle();
      await at.ward.running.stopOne('gateway');
      rmSync(stored, { recursive: true });
      cpSync(kept, stored, { recursive: true });
      await at.ward.running.startOne('gateway');
      at.forget('dr-a');
      at.forget('auditor');
      const again = await at.person('dr-a');
      const now = await at.open(TARGET);
      const next = at.honest.set(
        TARGET,
        now.attestation,
        'Occlusion alarm limit',
        anotherAlarmLimit(at, now.attestation),
      );
      const code = await codeFrom(again.sign(now, next, { reason: 'titration', note: '', order: '' }));
      yield code === undefined
        ? succeeded('a command on yesterday’s log', 'gateway', 'taken')
        : refused('a command on yesterday’s log', 'gateway', code);
    },
  },
];
