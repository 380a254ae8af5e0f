import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import { parseCommand } from '../../../server/protocol/command.ts';
import { readReceipt } from '../../../server/protocol/receipt.ts';
import { verifySealed } from '../../../server/protocol/seal.ts';
import { parseEvidence } from '../../../server/protocol/evidence/evidence.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { type Case, refused, succeeded } from '../case.ts';
import { codeFrom } from '../answers.ts';
import { TARGET } from '../lab.ts';
import {
  anotherAlarmLimit,
  anotherRate,
  changed,
  deliverGenuine,
  onWire,
  signedByAttacker,
  signedByBoth,
  signedByOne,
} from './on-the-wire.ts';

const TIMES = 3;
const { sha256 } = nodeCrypto;

/** What was once right, at another time or in another place. */
export const REPLAY: readonly Case[] = [
  {
    id: 'IMD-01',
    scene: 'wire',
    given: ['A5'],
    aim: 'have a recorded command act again',
    codes: ['old receipt', 'E_NONCE'],
    play: onWire(async function* (at, first) {
      const done = await signedByOne(at, first, 'Occlusion alarm limit', anotherAlarmLimit(at, first));
      const also = await signedByOne(at, first, 'Air-in-line alarm limit', 125);
      const recorded = await deliverGenuine(at, done);
      for (let i = 1; i <= TIMES; i++) yield at.deliver(`replays the recorded command (${i})`, recorded);
      yield at.deliver(
        'the same command in a new bundle: new log entry, new grant',
        await at.forger.bytes(done),
      );
      yield at.deliver('another command signed for the spent nonce', await at.forger.bytes(also));
      await at.powerCycle();
      yield at.deliver('replays after the pump was off and on', recorded);
      yield at.deliver('the other one after the pump was off and on', await at.forger.bytes(also));
    }),
  },
  {
    id: 'FLOW-16',
    scene: 'wire',
    given: ['A5'],
    aim: 'hold a signed command back and deliver it later',
    codes: ['E_NONCE'],
    play: onWire(async function* (at, first) {
      const held = await at.forger.bytes(
        await signedByBoth(at, first, 'Infusion rate', anotherRate(at, first)),
      );
      await at.powerCycle();
      yield at.deliver('holds two signatures back until the pump was off and on', held);
      const second = await at.attested();
      if (!second) return;
      const kept = await signedByBoth(at, second, 'Infusion rate', anotherRate(at, second));
      await deliverGenuine(
        at,
        await signedByOne(at, second, 'Occlusion alarm limit', anotherAlarmLimit(at, second)),
      );
      yield at.deliver('holds it back until another command was taken', await at.forger.bytes(kept));
    }),
  },
  {
    id: 'FLOW-01',
    scene: 'wire',
    given: ['A4', 'A5'],
    aim: 'execute something else than what was approved, or under other circumstances',
    codes: [
      'E_APPROVAL_STALE',
      'E_GRANT_EXPIRED',
      'E_GRANT_DEVICE',
      'E_COUNTER',
      'E_PROFILE',
      'E_PATIENT',
      'E_CMD_HASH',
    ],
    play: onWire(async function* (at, now) {
      const signed = await signedByOne(at, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      const { command } = signed;
      const bytes = parseCommand(command);
      const stale = [
        ['approved over settings that have changed since', { settings: new Uint8Array(32).fill(7) }],
        ['approved for another device, sent to this one', { device: at.honest.device('pump-2').id }],
        ['approved for another patient', { patient: new Uint8Array(32).fill(7) }],
        ['approved for another model', { profile: new Uint8Array(32).fill(7) }],
        ['with the place of a command that is long done', { counter: bytes.counter - 1 }],
        ['with a place of its own choice', { counter: bytes.counter + 5 }],
      ] as const;
      for (const [what, members] of stale) {
        const other = await signedByAttacker(at, changed(command, members), ['dr-a']);
        yield at.deliver(what, await at.forger.bytes(other));
      }
      const late = { ...signed, grant: { notAfterTick: 0 } };
      yield at.deliver('delivered after the time of the grant', await at.forger.bytes(late));
      const swapped = { ...signed, grant: { command: sha256(unhex('00')) } };
      yield at.deliver('under the grant of another command', await at.forger.bytes(swapped));
    }),
  },
  {
    id: 'IMD-13',
    scene: 'gateway',
    given: ['A5'],
    aim: 'have a tablet show "done" for a command that was never delivered, with the receipt of an older one',
    codes: ['E_CMD_HASH', 'E_LOG_PROOF'],
    async *play(at) {
      const doctor = await at.person('dr-a');
      const pump = await at.open(TARGET);
      const bytes = at.honest.set(TARGET, pump.attestation, 'Alarm volume', 8);
      const outcome = await doctor.sign(pump, bytes, { reason: 'titration', note: '', order: '' });
      if (outcome.kind !== 'done') throw new Error(`an honest command ended as ${outcome.kind}`);
      await at.settle();
      const file = parseEvidence(await doctor.evidence(sha256(bytes)));
      const next = await at.open(TARGET);
      const wanted = at.honest.set(TARGET, next.attestation, 'Alarm volume', 7);
      const { anchors } = at.honest;
      const sealed = { receipt: file.receipt, code: '', proof: file.outcome };
      const tricks = [
        ['the old outcome as it is', { ...sealed, command: sha256(bytes) }],
        ['the old outcome under the name of the new command', { ...sealed, command: sha256(wanted) }],
        [
          'no receipt at all, and no refusal',
          { ...sealed, receipt: new Uint8Array(), command: sha256(wanted) },
        ],
      ] as const;
      for (const [what, trick] of tricks) {
        const code = await codeFrom(verifySealed(nodeCrypto, wanted, trick, next.identity, anchors));
        yield code === undefined
          ? succeeded(what, 'tablet', `shows receipt ${readReceipt(file.receipt).number}`)
          : refused(what, 'tablet', code);
      }
    },
  },
];
