import { connect } from 'node:tls';
import { parseResponse } from '../../../server/protocol/link/apdu.ts';
import { type Bytes, hex } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Tap } from '../../../server/protocol/tap/reader-end.ts';
import { TAP } from '../../../server/protocol/tap/tap.ts';
import { type Answer, encodeRequest, parseAnswer, type Request } from '../../../server/protocol/link/wire.ts';
import { codeOf } from '../answers.ts';
import { type Attempts, type Case, refused, succeeded, type Try } from '../case.ts';
import { IMPLANT, type Lab } from '../lab.ts';
import { partyNamed } from '../parties.ts';
import { patiently, state, unchanged } from './on-the-skin.ts';
import { signedByAttacker } from './on-the-wire.ts';

/** Pairings compared: as many as an implant affords a stranger at once, and some left for whoever looks. */
const PAIRINGS = 8;
/** Bytes that two sessions have in common only when something stays the same. */
const WINDOW = 16;
/** Of random bits, this share at least and the rest at most is set: six thousand of them. */
const FEWEST_SET = 0.46;
const OPEN = encodeRequest({ kind: 'open' });

/** A tap as the gateway’s own, whose messages can be changed on their way. */
async function tapping(at: Lab): Promise<{ tap: Tap; alter: (how: (message: Bytes) => Bytes) => void }> {
  const { skin } = at.ward;
  let change = (message: Bytes): Bytes => message;
  // What is held in the air is held against whoever may talk at all.
  const hands = at.as(partyNamed('A5')).hands;
  const tap = await patiently(() => skin.tap(hands.linkIdentity('gateway'), (message) => change(message)));
  return { tap, alter: (how) => void (change = how) };
}

/** One message of a session, changed; succeeds when the implant reads it all the same. */
async function altered(at: Lab, what: string, how: (message: Bytes) => Bytes): Promise<Try> {
  const { tap, alter } = await tapping(at);
  alter((message) => (message[0] === TAP.sealed ? how(message) : message));
  try {
    const answer = parseAnswer(await tap.exchange(OPEN));
    return succeeded(what, 'device', `read: ${codeOf(answer)}`);
  } catch (error) {
    if (error instanceof Refusal) return refused(what, 'device', error.code);
    throw error;
  }
}

const flip =
  (at: (size: number) => number) =>
  (message: Bytes): Bytes =>
    message.map((byte, i) => (i === at(message.length) ? byte ^ 1 : byte));

/** What passes between an implant and a reader, listened to and changed. */
export const AIR: readonly Case[] = [
  {
    id: 'IMD-14',
    scene: 'skin',
    given: ['A5'],
    aim: 'know the key of a session from the one before, or mend a checksum',
    codes: ['nothing in common', 'E_CHANNEL'],
    slow: true,
    async *play(at) {
      const { skin } = at.ward;
      const sessions: Bytes[] = [];
      for (let i = 0; i < PAIRINGS; i++) {
        const from = skin.seen.length;
        const { tap } = await tapping(at);
        await tap.exchange(OPEN);
        const said = skin.seen.slice(from).filter(({ towards }) => towards === 'reader');
        sessions.push(new Uint8Array(Buffer.concat(said.map(({ apdu }) => apdu.slice(0, -2)))));
      }
      const seen = new Map<string, number>();
      sessions.forEach((bytes, i) => {
        for (let k = 0; k + WINDOW <= bytes.length; k++) {
          const part = hex(bytes.subarray(k, k + WINDOW));
          if (seen.has(part) && seen.get(part) !== i) seen.set(part, -1);
          else if (!seen.has(part)) seen.set(part, i);
        }
      });
      const same = [...seen.values()].filter((i) => i < 0).length;
      const bits = sessions.flatMap((bytes) => Array.from(bytes.slice(-200)));
      const set =
        bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0) / (8 * bits.length);
      const what = `${PAIRINGS} pairings compared; ${Math.round(set * 1000) / 10} % of all bits are set`;
      yield same > 0 || set < FEWEST_SET || set > 1 - FEWEST_SET
        ? succeeded(what, 'device', `${same} parts in common`)
        : refused(what, 'device', 'nothing in common');
      yield altered(
        at,
        'one bit of a sealed message, and its length as it was',
        flip((size) => size >> 1),
      );
    },
  },
  {
    id: 'BED-23',
    scene: 'skin',
    given: ['A5'],
    aim: 'change a message on its way, wherever it has no meaning',
    codes: ['E_CHANNEL'],
    slow: true,
    async *play(at) {
      const places: readonly (readonly [string, (size: number) => number])[] = [
        ['its frame', () => 1],
        ['the name of its algorithm', () => 5],
        ['the first byte of what is sealed', () => 12],
        ['its filling', (size) => size - 20],
        ['the last byte of its tag', (size) => size - 1],
      ];
      for (const [what, place] of places) yield altered(at, `one bit of ${what}`, flip(place));
      yield altered(at, 'a byte behind it', (message) => new Uint8Array([...message, 0]));
    },
  },
  {
    id: 'IMD-18',
    scene: 'skin',
    given: ['A1'],
    aim: 'read measurements on the wire, and tell answers apart by their length in the air',
    codes: ['nothing readable', 'one length'],
    async *play(at) {
      const names = at.honest.device('pump-1').profile.parameters.map(({ name }) => name);
      const words = [...at.honest.canaries, ...names, 'mL/h', 'mmol/L'];
      const wire = Buffer.concat(at.ward.network.captured);
      const found = words.find((word) => wire.includes(word));
      const what = `${wire.length} captured bytes searched for ${words.length} words`;
      yield found === undefined
        ? refused(what, 'gateway', 'nothing readable')
        : succeeded(what, 'gateway', `"${found}" in the clear`);
      const { tap, alter } = await tapping(at);
      const lengths = new Set<number>();
      for (const request of [OPEN, encodeRequest({ kind: 'receipts-since', number: 0xffff })]) {
        alter((message) => {
          lengths.add(message.length);
          return message;
        });
        await tap.exchange(request);
      }
      yield lengths.size > 1
        ? succeeded(`two requests: ${[...lengths].join(' and ')} bytes`, 'device', 'told apart')
        : refused(`two requests: ${[...lengths].join(' and ')} bytes each`, 'device', 'one length');
    },
  },
  {
    id: 'IMD-25',
    scene: 'skin',
    given: ['A5'],
    aim: 'record a session, steal the keys later, and read it or go on with it',
    codes: ['no older TLS', 'nothing in common', 'E_CHANNEL'],
    async *play(at) {
      yield await olderTls(at);
      const { skin } = at.ward;
      const from = skin.seen.length;
      const { tap } = await tapping(at);
      await tap.exchange(OPEN);
      const recorded = skin.seen.slice(from).filter(({ towards }) => towards === 'device');
      let sealed = 0;
      for (const { apdu } of recorded)
        if (parseResponse(await skin.transmit(apdu))?.data[0] === TAP.sealed) sealed++;
      yield sealed > 0
        ? succeeded('a recorded pairing, played again', 'device', 'goes on')
        : refused('a recorded pairing, played again', 'device', 'E_CHANNEL');
    },
  },
  {
    id: 'BED-06',
    scene: 'skin',
    given: ['A5'],
    aim: 'find the link on which less is checked: commands over the air, as over the network',
    codes: ['E_LOG_PROOF', 'E_CMD_LIMIT', 'E_GRANT_DEVICE', 'E_NONCE', 'E_GRANT'],
    async *play(at) {
      yield* everyCommand(at);
    },
  },
];

/** Before TLS 1.3 whoever had the key of a server could read what was recorded. */
function olderTls(at: Lab): Promise<Try> {
  const what = 'an older TLS, in which a stolen key opens what was recorded';
  return new Promise((resolve) => {
    const port = at.ward.port('gateway-devices');
    const socket = connect({ port, host: '127.0.0.1', maxVersion: 'TLSv1.2', rejectUnauthorized: false });
    socket.once('secureConnect', () => {
      socket.destroy();
      resolve(succeeded(what, 'gateway', String(socket.getProtocol())));
    });
    socket.once('error', () => resolve(refused(what, 'gateway', 'no older TLS')));
  });
}

/** What a gateway alone can make, delivered to an implant by that gateway. */
async function* everyCommand(at: Lab): Attempts {
  const before = await state(at);
  const { tap } = await tapping(at);
  const opened = parseAnswer(await tap.exchange(OPEN));
  if (opened.kind !== 'attestation') throw new Error(`the implant says ${codeOf(opened)}`);
  const now = await at.honest.believe(IMPLANT, opened.attestation);
  const command = at.honest.set(IMPLANT, now, 'High atrial rate alert, above', 190);
  const own = await signedByAttacker(at, command, ['dr-a']);
  const tries = [
    ['a change that nobody signed', { ...own, unwitnessed: true }],
    ['the same under another grant', { ...own, unwitnessed: true, grant: { nonce: new Uint8Array(16) } }],
    [
      'the same, granted to another device',
      { ...own, unwitnessed: true, grant: { device: new Uint8Array(8) } },
    ],
  ] as const;
  for (const [what, wanted] of tries) {
    const bundle = await at.forger.bytes(wanted);
    const answer = await insist(tap, { kind: 'deliver', bundle });
    yield answer.kind === 'receipt'
      ? succeeded(what, 'device', 'taken')
      : refused(what, 'device', codeOf(answer));
  }
  yield* unchanged(at, before);
}

/** Asks until the implant has the patience to look at it: what strangers cost it is bounded, and comes back. */
async function insist(tap: Tap, request: Request): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = parseAnswer(await tap.exchange(encodeRequest(request)));
    if (answer.kind !== 'refused' || answer.code !== 'E_RATE' || tries === 4) return answer;
    await new Promise((resolve) => setTimeout(resolve, 3_300));
  }
}
