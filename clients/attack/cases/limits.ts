import { encode } from '../../../server/protocol/encoding/cbor.ts';
import { encodeAnchors, issueAnchors } from '../../../server/protocol/anchors.ts';
import { type Bytes, concat, unhex } from '../../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../../server/protocol/command.ts';
import { issueProfile } from '../../../server/protocol/profile.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { encodeRequest } from '../../../server/protocol/link/wire.ts';
import { type Case, refused } from '../case.ts';
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

const { sha256 } = nodeCrypto;
const BOTH = ['dr-a', 'dr-b'] as const;
const RATE = 'Infusion rate';
const KVO = 'Keep-vein-open rate';
const MOST = 'Hard rate limit for this patient';

/** Settings by name, in their own units, as a command would have them. */
const scaled = (at: Lab, values: Readonly<Record<string, number>>): ReadonlyMap<number, number> =>
  new Map(
    Object.entries(values)
      .map(([name, value]): [number, number] => {
        const { code, scale } = at.honest.setting(TARGET, name);
        return [code, Math.round(value * 10 ** scale)];
      })
      .sort(([a], [b]) => a - b),
  );

/** Each is within the range of each single setting, or just beyond one of them. */
const HARMFUL: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['twice the hard limit of this patient', { [RATE]: 400 }],
  ['the limit lowered below the rate that runs', { [MOST]: 10 }],
  ['a keep-vein-open rate above the rate', { [RATE]: 1, [KVO]: 3 }],
  ['limit and rate raised together, too far at once', { [RATE]: 300, [MOST]: 400 }],
  ['the rate raised by more than one command may', { [RATE]: 151 }],
  ['the largest rate there is', { [RATE]: 500, [MOST]: 500 }],
  ['a rate beyond the range', { [RATE]: 500.1 }],
  ['a rate of nothing', { [RATE]: 0 }],
  ['a rate below nothing', { [RATE]: -50 }],
  ['a rate of two thousand million', { [RATE]: 200_000_000 }],
  ['an alarm that only the loudest bolus sets off', { 'Occlusion alarm limit': 750 }],
  ['an alarm limit between two steps', { 'Occlusion alarm limit': 310 }],
  ['alarms below what anybody hears', { 'Alarm volume': 0 }],
  ['alarms as quiet as can be, at once', { 'Alarm volume': 2 }],
  ['air let through', { 'Air-in-line alarm limit': 300 }],
  ['a volume beyond the bag', { 'Volume to be infused': 3001 }],
  ['a volume raised too far at once', { 'Volume to be infused': 2000 }],
  ['the battery said to be full', { 'Battery remaining': 1 }],
  ['nothing changed', { [RATE]: 50 }],
  ['limit raised by more than one command may', { [MOST]: 450 }],
];

/** Everything signed, logged and granted, and yet not to be done. */
export const LIMITS: readonly Case[] = [
  {
    id: 'IMD-28',
    scene: 'wire',
    given: ['A4', 'A4b', 'A5'],
    aim: 'two clinicians and the gateway agree on settings that harm, each within its range',
    codes: ['E_CMD_LIMIT', 'E_CMD_RATE_OF_CHANGE', 'E_CMD_SCHEMA'],
    play: onWire(async function* (at, now) {
      const good = at.honest.set(TARGET, now, RATE, anotherRate(at, now));
      for (const [what, values] of HARMFUL) {
        const command = changed(good, { changes: scaled(at, values) });
        yield at.deliver(what, await at.forger.bytes(await signedByAttacker(at, command, BOTH)));
      }
    }),
  },
  {
    id: 'FLOW-09',
    scene: 'wire',
    given: ['A4', 'A4b', 'A5'],
    aim: 'a harmful rate in many small, legal steps',
    codes: ['E_CMD_RATE_OF_CHANGE', 'E_CMD_LIMIT'],
    play: onWire(async function* (at) {
      const { code, scale } = at.honest.setting(TARGET, RATE);
      for (let step = 1; step <= 30; step++) {
        const now = await at.attested();
        if (!now) return;
        const rate = (now.settings.get(code) ?? 0) / 10 ** scale;
        const good = at.honest.set(TARGET, now, RATE, anotherRate(at, now));
        const command = changed(good, {
          changes: scaled(at, { [RATE]: step % 2 === 1 ? rate + 40 : rate - 40 }),
        });
        const done = await at.deliver(
          `step ${step}`,
          await at.forger.bytes(await signedByAttacker(at, command, BOTH)),
        );
        if (done.refused) {
          yield refused(`30 legal steps, by two clinicians; refused at step ${step}`, done.by, done.code);
          return;
        }
        await at.settle();
      }
      yield { what: '30 legal steps within an hour', refused: false, by: 'device', code: 'no end to them' };
    }),
  },
  {
    id: 'BED-02',
    scene: 'wire',
    given: ['A4', 'A4b', 'A5'],
    aim: 'move the hard limits themselves: another profile, other anchors',
    codes: [
      'E_ROUTE',
      'E_ANCHORS',
      'E_CMD_LIMIT',
      'E_CMD_SCHEMA',
      'E_PROFILE',
      'E_CMD_MALFORMED',
      'E_CMD_RATE_OF_CHANGE',
    ],
    play: onWire(async function* (at, now) {
      const { profile } = at.honest.device(TARGET);
      const wide = {
        ...profile,
        version: profile.version + 1,
        parameters: profile.parameters.map((p) => ({ ...p, max: 5_000_000 })),
      };
      const signed = await issueProfile(wide, at.hands.signer('keys/maker/profile.key.pem'));
      const good = at.honest.set(TARGET, now, RATE, anotherRate(at, now));
      const none = new Map<number, number>();
      for (const operation of [OPERATION.profile, OPERATION.firmware]) {
        const command = changed(good, { operation, changes: none, companion: sha256(signed) });
        const both = await signedByAttacker(at, command, BOTH);
        yield at.deliver(
          'a profile without limits, signed by two clinicians',
          await at.forger.bytes(both),
          signed,
        );
      }
      const named = changed(good, { profile: sha256(signed) });
      yield at.deliver(
        'a command that names that profile',
        await at.forger.bytes(await signedByAttacker(at, named, BOTH)),
      );
      const { anchors } = at.honest;
      const next = {
        ...anchors,
        version: anchors.version + 1,
        credentialAge: 0,
      };
      const authority = at.hands.signer('keys/authority/authority.key.pem');
      const recovery = at.hands.signer('keys/recovery/recovery.key.pem');
      const forged = await issueAnchors(next, authority, recovery);
      yield at.say(
        'the next anchors, of its own making',
        encodeRequest({ kind: 'anchors', anchors: forged }),
      );
      yield at.say(
        'the present anchors again',
        encodeRequest({ kind: 'anchors', anchors: at.honest.anchorsBytes }),
      );
      yield at.say('anchors nobody signed', encodeRequest({ kind: 'anchors', anchors: encodeAnchors(next) }));
      const over = changed(good, { changes: scaled(at, { [RATE]: 300 }) });
      yield at.deliver(
        'then a dose over the old limit',
        await at.forger.bytes(await signedByAttacker(at, over, BOTH)),
      );
    }),
  },
  {
    id: 'IMD-19',
    scene: 'wire',
    given: ['A5'],
    aim: 'pass by moving the clock',
    codes: ['E_GRANT_EXPIRED', 'E_NONCE'],
    play: onWire(async function* (at, now) {
      const signed = await signedByOne(at, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      const tenYears = 10 * 365 * 86_400;
      for (const [what, away] of [
        ['ten years ago', -tenYears],
        ['now', 0],
        ['in ten years', tenYears],
      ] as const) {
        const issued = Math.max(0, Math.floor(Date.now() / 1000) + away);
        const late = {
          ...signed,
          grant: { notAfterTick: now.ticks - 1, issued },
          intent: { time: issued * 1000 },
        };
        yield at.deliver(`a grant that is over, and says it is ${what}`, await at.forger.bytes(late));
        const nonce = new Uint8Array(16).fill(9);
        const other = await signedByAttacker(at, changed(signed.command, { nonce }), ['dr-a']);
        const stray = { ...other, grant: { issued }, intent: { time: issued * 1000 } };
        yield at.deliver(`another nonce, ${what}`, await at.forger.bytes(stray));
      }
    }),
  },
  {
    id: 'WEB-29',
    scene: 'wire',
    given: ['A4', 'A4b', 'A5'],
    aim: 'a number that one program reads in another way than the next',
    codes: ['E_CMD_MALFORMED', 'E_CMD_SCHEMA', 'E_CMD_LIMIT'],
    play: onWire(async function* (at, now) {
      const { command } = await signedByBoth(at, now, RATE, anotherRate(at, now));
      const { code } = at.honest.setting(TARGET, RATE);
      const strange: readonly (readonly [string, string])[] = [
        ['a half float', 'f95640'],
        ['a double', 'fb4059000000000000'],
        ['infinity', 'f97c00'],
        ['not a number', 'f97e00'],
        ['minus zero as a float', 'f98000'],
        ['two to the power of 53, and one', '1b0020000000000001'],
        ['the largest 64-bit number', '1bffffffffffffffff'],
        ['a big number', 'c249010000000000000000'],
        ['a decimal fraction', 'c48221196ab3'],
        ['a number in more bytes than it needs', '1900 64'.replace(' ', '')],
        ['text', '63313030'],
        ['nothing', 'f6'],
        ['yes', 'f5'],
        ['a list', '811864'],
      ];
      for (const [what, value] of strange) {
        const altered = withValue(command, code, unhex(value));
        yield at.deliver(
          `${what} for a rate`,
          await at.forger.bytes(await signedByAttacker(at, altered, BOTH)),
        );
      }
    }),
  },
  {
    id: 'WEB-09',
    scene: 'wire',
    given: ['A4', 'A4b', 'A5'],
    aim: 'two values under one name: one for the signer, one for the device',
    codes: ['E_CMD_MALFORMED', 'E_CMD_SCHEMA'],
    play: onWire(async function* (at, now) {
      const { command } = await signedByBoth(at, now, RATE, anotherRate(at, now));
      const { code } = at.honest.setting(TARGET, RATE);
      const key = encode(code);
      const twice = concat(Uint8Array.of(0xa2), key, encode(600), key, encode(900));
      const altered = withChanges(command, code, twice);
      yield at.deliver(
        'the rate twice in one command',
        await at.forger.bytes(await signedByAttacker(at, altered, BOTH)),
      );
      const backwards = concat(Uint8Array.of(0xa2), key, encode(600), encode(1), encode(1));
      const unsorted = withChanges(command, code, backwards);
      yield at.deliver(
        'members in another order',
        await at.forger.bytes(await signedByAttacker(at, unsorted, BOTH)),
      );
      const endless = concat(Uint8Array.of(0xbf), key, encode(600), Uint8Array.of(0xff));
      const loose = withChanges(command, code, endless);
      yield at.deliver(
        'a map without an end',
        await at.forger.bytes(await signedByAttacker(at, loose, BOTH)),
      );
      const longer = concat(command, Uint8Array.of(0));
      yield at.deliver(
        'something behind the command',
        await at.forger.bytes(await signedByAttacker(at, longer, BOTH)),
      );
    }),
  },
];

/** The command's bytes with other bytes for the one change it makes. */
function withChanges(command: Bytes, code: number, changes: Bytes): Bytes {
  const start = Buffer.from(command).indexOf(Buffer.from(concat(Uint8Array.of(8, 0xa1), encode(code))));
  const from = start + 1;
  const value = from + 1 + encode(code).length;
  const size = command[value] === 0x19 ? 3 : command[value] === 0x18 ? 2 : 1;
  return concat(command.subarray(0, from), changes, command.subarray(value + size));
}

const withValue = (command: Bytes, code: number, value: Bytes): Bytes =>
  withChanges(command, code, concat(Uint8Array.of(0xa1), encode(code), value));
