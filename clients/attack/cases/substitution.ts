import { encodeBundle } from '../../../server/protocol/bundle.ts';
import { decode, encode, isArray } from '../../../server/protocol/encoding/cbor.ts';
import { issueGrant, readGrant } from '../../../server/protocol/grant.ts';
import { encodeRequest } from '../../../server/protocol/link/wire.ts';
import { parseCommand, OPERATION } from '../../../server/protocol/command.ts';
import { type Attempts, type Case, refused } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';
import {
  anotherAlarmLimit,
  anotherRate,
  changed,
  onWire,
  signedByAttacker,
  signedByBoth,
  signedByOne,
} from './on-the-wire.ts';

/** A gateway that alters, adds, leaves out or invents. */
export const SUBSTITUTION: readonly Case[] = [
  {
    id: 'FLOW-04',
    scene: 'wire',
    given: ['A5'],
    aim: 'alter a signed command on its way',
    codes: [
      'E_CMD_MALFORMED', 'E_CMD_SCHEMA', 'E_VERSION', 'E_NONCE', 'E_GRANT_DEVICE', 'E_COUNTER', 'E_PROFILE',
      'E_APPROVAL_STALE', 'E_ROUTE', 'E_PATIENT', 'E_CMD_LIMIT', 'E_CMD_RATE_OF_CHANGE', 'E_ASSERTION',
      'E_SAFE_STATE', 'E_DUAL_REQUIRED',
    ], // prettier-ignore
    play: onWire(async function* (at, now) {
      const signed = await signedByBoth(at, now, 'Infusion rate', anotherRate(at, now));
      const codes = new Map<string, number>();
      for (let i = 0; i < signed.command.length; i++) {
        const altered = Uint8Array.from(signed.command);
        altered[i] = (altered[i] ?? 0) ^ 0x01;
        const one = await at.deliver(
          `byte ${i} altered`,
          await at.forger.bytes({ ...signed, command: altered }),
        );
        if (!one.refused) yield one;
        codes.set(one.code, (codes.get(one.code) ?? 0) + 1);
      }
      for (const [code, count] of codes)
        yield refused(
          `${count} of ${signed.command.length} bytes altered, everything else made anew`,
          'device',
          code,
        );
      const { code, scale } = at.honest.setting(TARGET, 'Infusion rate');
      const more = changed(signed.command, { changes: new Map([[code, 90 * 10 ** scale]]) });
      yield at.deliver(
        'another rate than two people signed',
        await at.forger.bytes({ ...signed, command: more }),
      );
    }),
  },
  {
    id: 'FLOW-14',
    scene: 'wire',
    given: ['A5'],
    aim: 'change the therapy with everything a gateway has: keys, database, log, address',
    codes: [
      'E_ASSERTION',
      'E_ASSERTION_CRED',
      'E_DUAL_REQUIRED',
      'E_DUAL_SAME_PERSON',
      'E_ROUTE',
      'E_ANCHORS',
      'E_CMD_MALFORMED',
      'E_BREAKGLASS_SCOPE',
      'E_ROLE',
      'E_CMD_SCHEMA',
      'E_SAFE_STATE',
    ],
    async *play(at) {
      yield* corpus(at);
    },
  },
  {
    id: 'FLOW-10',
    scene: 'wire',
    given: ['A4', 'A5'],
    aim: 'one clinician and the gateway together: a change of high risk',
    codes: ['E_DUAL_REQUIRED', 'E_DUAL_SAME_PERSON', 'E_ROLE', 'E_ASSERTION'],
    play: onWire(async function* (at, now) {
      const command = at.honest.set(TARGET, now, 'Infusion rate', anotherRate(at, now));
      const alone = await signedByAttacker(at, command, ['dr-a']);
      yield at.deliver('one genuine signature', await at.forger.bytes({ ...alone, tier: 1 }));
      yield at.deliver(
        'the log says that one is enough',
        await at.forger.bytes({ ...alone, tier: 1, intent: { tier: 1 } }),
      );
      const twice = await signedByAttacker(at, command, ['dr-a', 'dr-a']);
      yield at.deliver('the same signature twice', await at.forger.bytes(twice));
      const operator = await signedByAttacker(at, command, ['dr-a', 'operator']);
      yield at.deliver('with somebody who may not sign', await at.forger.bytes(operator));
      const forged = await signedByAttacker(at, command, ['dr-a', 'dr-b']);
      yield at.deliver('with a forged signature of the second', await at.forger.bytes(forged));
    }),
  },
  {
    id: 'GW-15',
    scene: 'wire',
    given: ['A5'],
    aim: 'be the pump’s gateway',
    codes: ['E_GRANT', 'E_LOG_PROOF', 'E_TLS_PEER'],
    play: onWire(async function* (at, now) {
      // The TLS key alone is held; grant and log keys are imitations under the real names.
      const thief = at.as({ ...at.hands.party, id: 'A5-tls', holds: ['keys/gateway/tls.key.pem'] });
      const signed = await signedByOne(at, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      yield at.deliver('a stolen TLS key, and a grant by a key of its own', await thief.forger.bytes(signed));
      const genuine = await at.forger.bundle(signed);
      const foreign = await thief.forger.bundle(signed);
      const grant = await issueGrant(
        readGrant(genuine.grant),
        thief.hands.signer('keys/gateway/grant.key.pem'),
      );
      yield at.deliver('a genuine log, and a forged grant', encodeBundle({ ...genuine, grant }));
      yield at.deliver(
        'a genuine grant, and a forged log',
        encodeBundle({ ...genuine, proof: foreign.proof }),
      );
    }),
  },
  {
    id: 'LOG-08',
    scene: 'wire',
    given: ['A4', 'A5'],
    aim: 'a command that no log knows',
    codes: ['E_LOG_PROOF', 'E_GRANT', 'E_CMD_HASH'],
    play: onWire(async function* (at, now) {
      const command = at.honest.set(TARGET, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      const signed = await signedByAttacker(at, command, ['dr-a']);
      yield at.deliver(
        'logged, and shown to no witness',
        await at.forger.bytes({ ...signed, unwitnessed: true }),
      );
      const device = at.honest.device('pump-2').id;
      yield at.deliver(
        'logged as a command for another device',
        await at.forger.bytes({ ...signed, intent: { device } }),
      );
      const kids = [new Uint8Array(16).fill(7)];
      yield at.deliver(
        'logged as signed by somebody else',
        await at.forger.bytes({ ...signed, intent: { kids } }),
      );
      const other = new Uint8Array(32).fill(7);
      yield at.deliver(
        'logged as another command',
        await at.forger.bytes({ ...signed, intent: { command: other } }),
      );
      const bundle = await at.forger.bundle(signed);
      const proof = bundle.credentials[0]?.proof ?? bundle.proof;
      yield at.deliver('with the proof of another entry', encodeBundle({ ...bundle, proof }));
    }),
  },
  {
    id: 'FLOW-11',
    scene: 'wire',
    given: ['A4', 'A5'],
    aim: 'have an older or another version of the protocol spoken',
    codes: ['E_VERSION', 'E_CMD_MALFORMED', 'E_ROUTE', 'E_GRANT'],
    play: onWire(async function* (at, now) {
      const signed = await signedByOne(at, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      const items = decode(await at.forger.bytes(signed));
      for (const version of [0, 2, 255])
        yield at.deliver(
          `a bundle of version ${version}`,
          encode([version, ...(isArray(items) ? items.slice(1) : [])]),
        );
      for (const version of [0, 2]) {
        const command = Uint8Array.from(signed.command);
        command[2] = version; // { 1: version, ...
        yield at.deliver(
          `a command of version ${version}`,
          await at.forger.bytes(await signedByAttacker(at, command, ['dr-a'])),
        );
      }
      const wire = encodeRequest({ kind: 'open' });
      yield at.say('a request of no version', encode([0, wire]));
    }),
  },
];

/** Every operation, with every signature a gateway can come by. */
async function* corpus(at: Lab): Attempts {
  yield* onWire(async function* (lab, now) {
    const signed = await signedByBoth(lab, now, 'Infusion rate', anotherRate(lab, now));
    const one = await signedByOne(lab, now, 'Occlusion alarm limit', anotherAlarmLimit(lab, now));
    const bytes = parseCommand(signed.command);
    const none = new Map<number, number>();
    for (const [name, operation] of Object.entries(OPERATION)) {
      const changes = operation === OPERATION.program ? bytes.changes : none;
      const command = changed(signed.command, { operation, changes });
      if (operation === OPERATION.program) continue; // Those are the genuine bytes.
      yield lab.deliver(
        `${name}, with two signatures for something else`,
        await lab.forger.bytes({ ...signed, command }),
      );
      const forged = await signedByAttacker(lab, command, ['dr-a', 'dr-b']);
      yield lab.deliver(`${name}, with two forged signatures`, await lab.forger.bytes(forged));
    }
    const { code } = lab.honest.setting(TARGET, 'Occlusion alarm limit');
    const other = changed(one.command, { changes: new Map([[code, 400]]) });
    yield lab.deliver(
      'another value than one person signed',
      await lab.forger.bytes({ ...one, command: other }),
    );
    const swapped = { ...one, approvals: signed.approvals.slice(0, 1) };
    yield lab.deliver('the signature under another command', await lab.forger.bytes(swapped));
    const half = { ...signed, approvals: signed.approvals.slice(0, 1), people: ['dr-a'] as const };
    yield lab.deliver('one of two signatures', await lab.forger.bytes({ ...half, tier: 1 }));
    const again = {
      ...signed,
      approvals: [signed.approvals[0], signed.approvals[0]].flatMap((a) => (a ? [a] : [])),
    };
    yield lab.deliver(
      'the first signature twice',
      await lab.forger.bytes({ ...again, people: ['dr-a', 'dr-a'] }),
    );
    yield lab.say('anchors of its own', encodeRequest({ kind: 'anchors', anchors: lab.honest.anchorsBytes }));
    yield lab.say(
      'the emergency door, over the network',
      encodeRequest({ kind: 'emergency', emergency: signed.command }),
    );
  })(at);
}
