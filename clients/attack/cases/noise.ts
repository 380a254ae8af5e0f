import { randomBytes } from 'node:crypto';
import { type Bytes, concat } from '../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import { isTelemetry } from '../../../server/protocol/telemetry/telemetry.ts';
import { encodeRequest, parseAnswer } from '../../../server/protocol/link/wire.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { therapy } from '../answers.ts';
import type { Lab } from '../lab.ts';
import { partyNamed } from '../parties.ts';
import { anotherAlarmLimit, changed, onWire, signedByAttacker, signedByOne } from './on-the-wire.ts';

const FRAMES = 2_000;
const FORGED_GRANTS = 60;
const STRANGERS = 30;

/** Sends many messages and looks at the pump once, at the end. */
async function* flood(at: Lab, what: string, messages: readonly Bytes[]): Attempts {
  const wire = await at.wire();
  const before = await at.attested();
  if ('hungUp' in wire || !before) return;
  const codes = new Map<string, number>();
  for (const message of messages) {
    const answer = await wire.send(message).catch(() => undefined);
    if (!answer) {
      yield succeeded(what, 'device', 'answers no more');
      return;
    }
    const code = codeIn(answer);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  const after = await at.attested();
  if (!after || therapy(before) !== therapy(after)) {
    yield succeeded(what, 'device', 'the state changed');
    return;
  }
  if (after.receiptNumber !== before.receiptNumber) {
    yield succeeded(what, 'device', 'a receipt was spent');
    return;
  }
  for (const [code, count] of codes) yield refused(`${what}: ${count} of ${messages.length}`, 'device', code);
}

/** What comes of messages that are none, and of many that prove nothing. */
export const NOISE: readonly Case[] = [
  {
    id: 'IMD-17',
    scene: 'wire',
    given: ['A4', 'A5'],
    aim: 'reach memory, or any operation that is not in the profile, with genuine signatures',
    codes: ['E_ROUTE', 'E_CMD_MALFORMED', 'E_CMD_SCHEMA'],
    play: onWire(async function* (at, now) {
      const kinds = Array.from({ length: FRAMES }, (_, i) => encode([8 + i, 0x2000_0000 + i, 64])).filter(
        (message) => !isTelemetry(message), // These get no answer; they come next.
      );
      const unasked = Array.from({ length: 20 }, (_, i) => encode([201 + i, 0x2000_0000 + i, 64]));
      for (const message of unasked) await at.tell(message);
      yield* flood(at, 'requests with an address and a length, of unknown kinds', kinds);
      const { command } = await signedByOne(at, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      for (const operation of [0, 8, 99, 65_535]) {
        const signed = await signedByAttacker(at, changed(command, { operation, changes: new Map() }), [
          'dr-a',
        ]);
        yield at.deliver(`operation ${operation}`, await at.forger.bytes(signed));
      }
    }),
  },
  {
    id: 'IMD-15',
    scene: 'wire',
    given: ['A5'],
    aim: 'have something happen by sending anything',
    codes: ['E_ROUTE', 'E_CMD_MALFORMED', 'E_CMD_SCHEMA', 'E_VERSION', 'E_ANCHORS'],
    play: onWire(async function* (at) {
      const noise = Array.from(
        { length: FRAMES / 2 },
        (_, i) => new Uint8Array(randomBytes(1 + (i % 600))),
      ).filter((message) => !isTelemetry(message));
      yield* flood(at, 'random bytes', noise);
      const framed = Array.from({ length: FRAMES / 2 }, (_, i) => {
        const kind = [2, 3, 6][i % 3] ?? 2;
        return encode([kind, new Uint8Array(randomBytes(200))]);
      }).filter((message) => message[1] !== 3);
      yield* flood(at, 'random bytes in the right frames', framed);
    }),
  },
  {
    id: 'BED-21',
    scene: 'wire',
    given: ['A5'],
    aim: 'break the parser with lengths that lie',
    codes: ['E_CMD_MALFORMED', 'E_ROUTE'],
    play: onWire(async function* (at) {
      const good = encodeRequest({ kind: 'receipt-for', command: new Uint8Array(32) });
      const lies = [
        ...Array.from({ length: good.length - 1 }, (_, i) => good.subarray(0, i + 1)),
        concat(good, Uint8Array.of(0)),
        Uint8Array.of(0x82, 2, 0x5a, 0xff, 0xff, 0xff, 0xff),
        Uint8Array.of(0x82, 2, 0x5b, 0, 0, 0, 1, 0, 0, 0, 0),
        Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff, 1),
        Uint8Array.of(0x9f, 1, 0xff),
        new Uint8Array(20_000).fill(0x81),
        new Uint8Array(20_000).fill(0xa1),
      ];
      yield* flood(at, 'lengths that lie, nesting without end', lies);
    }),
  },
  {
    id: 'IMD-27',
    scene: 'wire',
    given: ['A5-tls'],
    aim: 'wear the battery down with signatures to check',
    codes: ['E_NONCE', 'E_GRANT_DEVICE', 'E_COUNTER', 'E_GRANT', 'E_RATE'],
    play: onWire(async function* (hands, now) {
      // Grants are forged, whoever attacks: a genuine one would be no attack.
      const at = hands.as(partyNamed('A5-tls'));
      const signed = await signedByOne(at, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      const deliver = (bundle: Bytes): Bytes => encodeRequest({ kind: 'deliver', bundle });
      const cheap = [
        changed(signed.command, { nonce: new Uint8Array(16) }),
        changed(signed.command, { device: at.honest.device('pump-2').id }),
        changed(signed.command, { counter: 0xffff_ffff }),
      ];
      for (const command of cheap) {
        const bundle = deliver(await at.forger.bytes({ ...signed, command }));
        yield* flood(
          at,
          'wrong at first sight',
          Array.from({ length: 100 }, () => bundle),
        );
      }
      const forged = deliver(await at.forger.bytes(signed));
      const wire = await at.wire();
      if ('hungUp' in wire) return;
      const codes: string[] = [];
      for (let i = 0; i < FORGED_GRANTS; i++) codes.push(codeIn(await wire.send(forged)));
      const checked = codes.filter((code) => code === 'E_GRANT').length;
      const what = `${FORGED_GRANTS} forged grants, of which ${checked} cost a check`;
      yield checked > STRANGERS + 2 || codes.at(-1) !== 'E_RATE'
        ? succeeded(what, 'device', 'checks without end')
        : refused(what, 'device', 'E_RATE');
    }),
  },
];

function codeIn(message: Bytes): string {
  try {
    const answer = parseAnswer(message);
    return answer.kind === 'refused' ? answer.code : answer.kind;
  } catch {
    return 'not an answer';
  }
}
