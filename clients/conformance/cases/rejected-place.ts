import { randomBytes } from 'node:crypto';
import { encodeAssociation } from '../../../server/protocol/association.ts';
import { encodeBundle } from '../../../server/protocol/bundle.ts';
import { type Bytes, concat } from '../../../server/protocol/encoding/bytes.ts';
import { type Cbor, decode, encode, isArray, isMap } from '../../../server/protocol/encoding/cbor.ts';
import { OPERATION } from '../../../server/protocol/command.ts';
import { MAX_BUNDLE } from '../../../server/protocol/bundle.ts';
import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { Skipped } from '../faults.ts';
import { wrongWishes } from '../world/wishes.ts';
import { big, type Built, type Case, flipped, reject, small } from './case.ts';
import type { Bench } from '../bench.ts';

const random = (size: number): Bytes => new Uint8Array(randomBytes(size));
const { sha256 } = nodeCrypto;

const map = (bytes: Bytes): ReadonlyMap<number, Cbor> => {
  const value = decode(bytes);
  return isMap(value) ? value : new Map();
};
const replaced =
  (key: number, value: Cbor) =>
  (bytes: Bytes): Bytes =>
    encode(new Map([...map(bytes), [key, value]]));

/** The encoded bundle with one member changed. */
const member =
  (at: number, value: Cbor) =>
  async (bench: Bench): Promise<Built> => {
    const items = decode(encodeBundle(await small(bench)));
    const bundle = encode(isArray(items) ? items.with(at, value) : []);
    return { kind: 'deliver', bundle };
  };

/** A small change for another session, granted for that session too. */
const sessionOf = (bench: Bench, nonce: Bytes): Promise<Built> =>
  small(bench, { command: { nonce }, grant: { nonce } });

const wrong = (id: string, what: string, code: RefusalCode): Case =>
  reject(`limits.${id}`, `${what} is refused`, '4, check 6', code, async (bench) => {
    const found = wrongWishes(bench.parts.profile, bench.attestation.settings).find(
      (each) => each.what === what,
    );
    if (!found) throw new Skipped('the profile leaves no room for it');
    return bench.bundle({ command: { changes: found.changes } }, 1);
  });

/** Form, place and limits: checks 1 to 8 of section 4, before anything costs a signature. */
export const placeCases: readonly Case[] = [
  reject(
    'form.bundle-version',
    'a bundle of another version is refused',
    '4, check 1',
    'E_VERSION',
    member(0, 3),
  ),
  reject(
    'form.long',
    'a bundle beyond 16,384 bytes is refused',
    '3.6',
    'E_CMD_MALFORMED',
    member(4, new Uint8Array(MAX_BUNDLE)),
    { needs: ['websocket'] },
  ),
  reject(
    'form.trailing',
    'a bundle with a byte after its end is refused',
    '2.1',
    'E_CMD_MALFORMED',
    async (bench) => ({
      kind: 'deliver',
      bundle: concat(encodeBundle(await small(bench)), Uint8Array.of(0)),
    }),
  ),
  reject('form.pairs', 'one credential for each approval, no more', '3.6', 'E_CMD_MALFORMED', (bench) =>
    small(bench, { bundle: (b) => ({ ...b, credentials: [...b.credentials, ...b.credentials] }) }),
  ),
  reject(
    'form.command-version',
    'a command of another version is refused',
    '4, check 1',
    'E_VERSION',
    (bench) => small(bench, { bytes: replaced(1, 2) }),
  ),
  reject(
    'form.command-field',
    'a command with a field that does not belong is refused',
    '2.1',
    'E_CMD_MALFORMED',
    (bench) => small(bench, { bytes: replaced(11, 0) }),
  ),
  reject(
    'form.command-spelling',
    'a command in another spelling of the same value is refused',
    '2.1',
    'E_CMD_MALFORMED',
    (bench) =>
      // a9 01 01 ..: the version 1 spelled with one byte too many.
      small(bench, { bytes: (bytes) => concat(bytes.slice(0, 2), Uint8Array.of(0x18, 1), bytes.slice(3)) }),
  ),
  reject('place.nonce', 'a command for another nonce is refused', '4, check 3', 'E_NONCE', (bench) =>
    sessionOf(bench, random(16)),
  ),
  reject('place.device', 'a command for another device is refused', '4, check 4', 'E_GRANT_DEVICE', (bench) =>
    small(bench, { command: { device: random(8) } }),
  ),
  reject(
    'place.counter-behind',
    'a command with the counter of the last one is refused',
    '4, check 4',
    'E_COUNTER',
    (bench) => small(bench, { command: { counter: bench.attestation.counter } }),
  ),
  reject(
    'place.counter-ahead',
    'a command with a counter too far ahead is refused',
    '4, check 4',
    'E_COUNTER',
    (bench) => small(bench, { command: { counter: bench.attestation.counter + 2 } }),
  ),
  reject('place.patient', 'a command for another patient is refused', '4, check 4', 'E_PATIENT', (bench) =>
    small(bench, { command: { patient: random(32) } }),
  ),
  reject('place.profile', 'a command for another profile is refused', '4, check 4', 'E_PROFILE', (bench) =>
    small(bench, { command: { profile: random(32) } }),
  ),
  reject(
    'place.settings',
    'a command that starts from other settings is refused',
    '4, check 4',
    'E_APPROVAL_STALE',
    (bench) => small(bench, { command: { settings: random(32) } }),
  ),
  reject(
    'operation.unknown',
    'an operation that the profile does not have is refused',
    '4, check 5',
    'E_ROUTE',
    (bench) => bench.bundle({ command: { operation: 99 } }),
  ),
  reject(
    'operation.safe-mode',
    'the operation of the emergency has no other door',
    '4, check 5',
    'E_ROUTE',
    (bench) => bench.bundle({ command: { operation: OPERATION.safeMode } }),
  ),
  reject(
    'beside.unannounced',
    'what travels beside a command that announces nothing is refused',
    '4, check 5',
    'E_CMD_SCHEMA',
    async (bench) => ({
      kind: 'deliver',
      bundle: encodeBundle(await small(bench)),
      companion: random(48),
    }),
  ),
  reject(
    'beside.missing',
    'a command whose companion is missing is refused',
    '4, check 5',
    'E_CMD_SCHEMA',
    (bench) => {
      const { risk } = bench.ruleOf(OPERATION.associate);
      return bench.bundle({ command: { operation: OPERATION.associate, companion: random(32) } }, risk);
    },
  ),
  reject(
    'beside.other',
    'a companion that is not the one that was signed is refused',
    '4, check 5',
    'E_CMD_HASH',
    async (bench) => {
      const { risk } = bench.ruleOf(OPERATION.associate);
      const companion = encodeAssociation({ patientSalt: random(16), patient: random(32) });
      const command = { operation: OPERATION.associate, companion: sha256(companion) };
      const bundle = encodeBundle(await bench.bundle({ command }, risk));
      return { kind: 'deliver', bundle, companion: flipped(companion, -1) };
    },
  ),
  reject('limits.none', '`program` without settings is refused', '4, check 6', 'E_CMD_SCHEMA', (bench) =>
    bench.bundle(),
  ),
  reject(
    'limits.beside-stop',
    'settings beside another operation than `program` are refused',
    '4, check 6',
    'E_CMD_SCHEMA',
    async (bench) => {
      const { risk } = bench.ruleOf(OPERATION.stop);
      return bench.bundle({ command: { operation: OPERATION.stop, changes: await bench.wish(1) } }, risk);
    },
  ),
  wrong('unknown', 'a setting that the profile does not have', 'E_CMD_SCHEMA'),
  wrong('read-only', 'a value that is only read', 'E_CMD_SCHEMA'),
  wrong('same', 'a change that changes nothing', 'E_CMD_SCHEMA'),
  wrong('above', 'a value above its maximum', 'E_CMD_LIMIT'),
  wrong('below', 'a value below its minimum', 'E_CMD_LIMIT'),
  wrong('step', 'a value off its step', 'E_CMD_LIMIT'),
  wrong('far', 'more than one command may change', 'E_CMD_RATE_OF_CHANGE'),
  wrong('joint', 'settings that break a joint rule', 'E_CMD_LIMIT'),
  reject('mode.resume', 'a device that runs is not told to go on', '4, check 7', 'E_SAFE_STATE', (bench) => {
    const { risk } = bench.ruleOf(OPERATION.resume);
    return bench.bundle({ command: { operation: OPERATION.resume } }, risk);
  }),
  reject(
    'tier.one-for-two',
    'a change of high risk that one person signed is refused, whatever else says',
    '4, check 8',
    'E_DUAL_REQUIRED',
    async (bench) => bench.bundle({ command: { changes: await bench.wish(2) }, entry: { tier: 1 } }, 1),
  ),
  reject(
    'tier.one-of-two',
    'a change of high risk with the second person taken out is refused',
    '4, check 8',
    'E_DUAL_REQUIRED',
    (bench) =>
      big(bench, {
        bundle: (b) => ({ ...b, approvals: b.approvals.slice(0, 1), credentials: b.credentials.slice(0, 1) }),
      }),
  ),
];
