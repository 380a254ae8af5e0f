import { exchangeOverApdus, selectApplet } from '../../../server/protocol/link/apdu-exchange.ts';
import { INS, parseResponse } from '../../../server/protocol/link/apdu.ts';
import { type Bytes, concat, hex } from '../../../server/protocol/encoding/bytes.ts';
import { encodeRequest, type Request } from '../../../server/protocol/link/wire.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { IMPLANT, type Lab } from '../lab.ts';
import { partyNamed } from '../parties.ts';
import { apdu, ask, state, tapped, unchanged, refusalCode } from './on-the-skin.ts';

/** What is tried before anybody has shown a key, is tried without one, whoever attacks. */
const STRANGER = partyNamed('A11');

/** A stranger's reader at the implant. */
export const SKIN: readonly Case[] = [
  {
    id: 'IMD-02',
    scene: 'skin',
    given: ['A11'],
    aim: 'read anything about the patient before showing who asks',
    codes: [
      '6a82',
      '6985',
      '6d00',
      '6e00',
      '6700',
      '6a86',
      '9000',
      '6884',
      '610c',
      'E_CHANNEL',
      'a fresh key',
    ],
    async *play(at) {
      const { skin } = at.ward;
      const from = skin.seen.length;
      const answers = new Set<string>();
      const say = async (command: Bytes): Promise<void> => {
        const answer = parseResponse(await skin.transmit(command));
        answers.add(answer ? answer.sw.toString(16) : 'none');
      };
      for (const ins of [0xa4, 0xb0, 0xb2, 0xca, 0xc0, 0xc2, 0x84, 0x88]) await say(apdu(ins));
      await selectApplet(skin.transmit);
      for (const ins of [0xb0, 0xb2, 0xca, 0xcb, 0x84, 0x88, 0x20]) await say(apdu(ins));
      for (const sw of answers) yield refused('every reading command of ISO 7816-4', 'device', sw);
      const sizes: number[] = [];
      for (const message of [
        Uint8Array.of(0),
        Uint8Array.of(1),
        encodeRequest({ kind: 'open' }),
        Uint8Array.of(4, 1, 2),
      ]) {
        await selectApplet(skin.transmit);
        sizes.push((await exchangeOverApdus(skin.transmit, message)).length);
      }
      yield refused(`begins a session; ${sizes.join(', ')} bytes come back`, 'device', 'a fresh key');
      const tap = await tapped(at.as(STRANGER), 'gateway');
      yield typeof tap === 'string'
        ? refused('shakes hands with a key of its own', 'device', tap)
        : succeeded('shakes hands with a key of its own', 'device', await ask(tap, { kind: 'open' }));
      yield* canaries(at, from);
    },
  },
  {
    id: 'IMD-12',
    scene: 'skin',
    given: ['A11'],
    aim: 'recognise an implant again, or find all of them at once',
    codes: ['nothing stays the same'],
    async *play(at) {
      const { skin } = at.ward;
      const sweeps: string[][] = [];
      for (let sweep = 0; sweep < 3; sweep++) {
        skin.power();
        await selectApplet(skin.transmit);
        const one = await exchangeOverApdus(skin.transmit, Uint8Array.of(0));
        sweeps.push(windows(one));
      }
      const [first = [], second = [], third = []] = sweeps;
      const same = first.filter((part) => second.includes(part) && third.includes(part));
      yield same.length > 0
        ? succeeded('three sweeps compared', 'device', `${same.length} parts stay the same`)
        : refused('three sweeps compared, eight bytes at a time', 'device', 'nothing stays the same');
      const serial = hex(at.honest.device(IMPLANT).id);
      const air = skin.seen.map((seen) => hex(seen.apdu)).join('');
      if (air.includes(serial)) yield succeeded('its number in the clear', 'device', serial);
    },
  },
  {
    id: 'IMD-11',
    scene: 'skin',
    given: ['A11'],
    aim: 'get in with everything that is printed on the implant and its papers',
    codes: ['E_CHANNEL'],
    async *play(at) {
      const { id, patient } = at.honest.device(IMPLANT);
      const before = await state(at);
      const texts = [
        hex(id),
        `SIM-${hex(id)}`,
        patient.mrn,
        patient.name,
        String(patient.birthYear),
        'SIM-DDD1',
      ];
      for (const text of texts) {
        const tap = await at.ward.skin.tap(at.as(STRANGER).hands.linkFrom(text)).catch(refusalCode);
        yield typeof tap === 'string'
          ? refused(`a session with a key made from ${text.slice(0, 3)}...`, 'device', tap)
          : succeeded(`a session with ${text.slice(0, 3)}...`, 'device', 'open');
      }
      yield* unchanged(at, before);
    },
  },
  {
    id: 'IMD-04',
    scene: 'skin',
    given: ['A11'],
    aim: 'write anything, be it only a name or a clock',
    codes: ['E_CHANNEL', '6d00', '6e00', '6985', '6700', '6884'],
    async *play(at) {
      const { skin } = at.ward;
      const before = await state(at);
      await selectApplet(skin.transmit);
      const codes = new Map<string, number>();
      for (let ins = 0; ins < 256; ins++) {
        if (ins === INS.SELECT || ins === INS.ENVELOPE || ins === INS.GET_RESPONSE) continue;
        const answer = parseResponse(await skin.transmit(apdu(ins, Uint8Array.of(1, 2, 3, 4))));
        const sw = answer ? answer.sw.toString(16) : 'none';
        codes.set(sw, (codes.get(sw) ?? 0) + 1);
      }
      for (const [sw, count] of codes) {
        const what = `${count} instructions of 253, with data`;
        yield sw === '9000' ? succeeded(what, 'device', 'taken') : refused(what, 'device', sw);
      }
      yield* unchanged(at, before);
    },
  },
  {
    id: 'IMD-10',
    scene: 'skin',
    given: ['A11'],
    aim: 'a well-formed command with nobody’s signature, at any distance',
    codes: ['E_CHANNEL'],
    async *play(at) {
      yield* unsignedCommand(at);
    },
  },
  {
    id: 'IMD-06',
    scene: 'skin',
    given: ['A8'],
    aim: 'pass because it is near',
    codes: ['E_CHANNEL', 'E_BREAKGLASS_SCOPE', 'presence'],
    async *play(at) {
      const before = await state(at);
      const tap = await tapped(at, 'station-1');
      if (typeof tap === 'string') yield refused('shakes hands as the station', 'device', tap);
      else
        for (const request of requests(at)) {
          const code = await ask(tap, request);
          if (code === 'attestation') yield succeeded('reads the implant as the station', 'device', code);
          yield refused(`asks for ${request.kind} with the station’s own key`, 'device', code);
        }
      yield* unchanged(at, before);
    },
  },
];

/** Everything a device can be asked, as an attacker would. */
function requests(at: Lab): readonly Request[] {
  const bundle = new Uint8Array(200).fill(1);
  return [
    { kind: 'open' },
    { kind: 'deliver', bundle },
    { kind: 'receipt-for', command: new Uint8Array(32) },
    { kind: 'receipts-since', number: 0 },
    { kind: 'anchors', anchors: at.honest.anchorsBytes },
  ];
}

async function* unsignedCommand(at: Lab): Attempts {
  const { skin } = at.ward;
  const before = await state(at);
  for (const request of requests(at)) {
    await selectApplet(skin.transmit);
    const message = encodeRequest(request);
    const plain = await exchangeOverApdus(skin.transmit, message);
    yield plain.length === 1
      ? refused(`${request.kind}, in the clear`, 'device', 'E_CHANNEL')
      : succeeded(`${request.kind}, in the clear`, 'device', `${plain.length} bytes`);
    const sealed = await exchangeOverApdus(skin.transmit, concat(Uint8Array.of(4), message));
    if (sealed.length !== 1)
      yield succeeded(`${request.kind}, as if sealed`, 'device', `${sealed.length} bytes`);
  }
  yield* unchanged(at, before);
}

/** Nothing of the patient and nothing of the device in what passed through the air since. */
async function* canaries(at: Lab, from: number): Attempts {
  const air = Buffer.concat(at.ward.skin.seen.slice(from).map((seen) => Buffer.from(seen.apdu)));
  const words = [
    ...at.honest.canaries.map((word) => Buffer.from(word)),
    Buffer.from(at.honest.device(IMPLANT).id),
  ];
  const found = words.find((word) => air.includes(word));
  if (found) yield succeeded('listens to everything', 'device', 'a name or a number in the clear');
}

const windows = (bytes: Bytes): string[] =>
  Array.from({ length: Math.max(0, bytes.length - 8) }, (_, i) => hex(bytes.subarray(i, i + 8)));
