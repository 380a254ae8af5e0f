import {
  CardRefused,
  exchangeOverApdus,
  MAX_CARD_MESSAGE,
  selectApplet,
} from '../../../server/protocol/link/apdu-exchange.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import { ROLE } from '../../../server/protocol/credential.ts';
import type { Identity } from '../../../server/protocol/edhoc/handshake.ts';
import { openTap } from '../../../server/protocol/tap/reader-end.ts';
import { TAP } from '../../../server/protocol/tap/tap.ts';
import { parseAnswer } from '../../../server/protocol/link/wire.ts';
import { tapCrypto } from '../../common/process/tap-crypto.ts';
import type { Bench } from '../bench.ts';
import { CaseFault, demand, same } from '../faults.ts';
import { linkOf } from '../place.ts';
import { ephemeralSigner } from '../world/hospital.ts';
import type { Case } from './case.ts';

const SECTION = '6, the encrypted tap';
const NEEDS = ['nfc'] as const;

const transmitOf = async ({ parts }: Bench): Promise<(command: Bytes) => Promise<Bytes>> => {
  const station = await parts.place.station();
  return (command) => station.transmit(command);
};

/** A device that does not like whoever asks answers one byte, and never says why. */
const unwelcome = (id: string, says: string, who: (bench: Bench) => Promise<Identity>): Case => ({
  id: `tap.${id}`,
  says,
  section: SECTION,
  needs: NEEDS,
  async run(bench) {
    bench.hangUp();
    const identity = await who(bench);
    const transmit = await transmitOf(bench);
    let last: Bytes = new Uint8Array();
    await selectApplet(transmit);
    const tapped = await openTap(tapCrypto, identity, async (message) => {
      last = await exchangeOverApdus(transmit, message);
      return last;
    }).then(
      () => true,
      () => false,
    );
    if (tapped) throw new CaseFault(says, { expected: 'no session', got: 'a session', field: 'message_3' });
    same('it answers that it will not, and not why', 'message_3', Uint8Array.of(TAP.no), last);
    await bench.open();
  },
});

/** Bytes on the card that are no session: what they bring about is nothing. */
const clear = (id: string, says: string, message: Bytes): Case => ({
  id: `tap.${id}`,
  says,
  section: SECTION,
  needs: NEEDS,
  async run(bench) {
    bench.hangUp();
    const transmit = await transmitOf(bench);
    await selectApplet(transmit);
    const answer = await exchangeOverApdus(transmit, message).catch((error: unknown) => {
      if (error instanceof CardRefused) return Uint8Array.of(TAP.no);
      throw error;
    });
    same('nothing is answered in the clear', 'card message', Uint8Array.of(TAP.no), answer);
  },
});

/** One command APDU that is none of the device's, and the status word it gets. */
const apdu = (id: string, says: string, command: readonly number[]): Case => ({
  id: `apdu.${id}`,
  says,
  section: '6, NFC',
  needs: NEEDS,
  async run(bench) {
    bench.hangUp();
    const transmit = await transmitOf(bench);
    await selectApplet(transmit);
    const answer = await transmit(Uint8Array.from(command));
    same('anything else gets a status word and nothing more', 'APDU', 2, answer.length);
    demand(answer[0] !== 0x90, 'anything else is not answered with 9000', 'SW', answer.join(' '));
  },
});

/** Over the air: who may begin a session, and what a device shows before it knows who asks. */
export const tapCases: readonly Case[] = [
  {
    id: 'tap.fresh',
    says: 'two handshakes show two fresh keys and nothing by which the device could be known again',
    section: SECTION,
    needs: NEEDS,
    async run(bench) {
      bench.hangUp();
      const transmit = await transmitOf(bench);
      await selectApplet(transmit);
      const [first, again] = [
        await exchangeOverApdus(transmit, Uint8Array.of(TAP.begin)),
        await exchangeOverApdus(transmit, Uint8Array.of(TAP.begin)),
      ];
      same(
        'it answers message_1: method 3, suite 2, a key, connection 0',
        'message_1',
        Uint8Array.of(TAP.one, 3, 2),
        first.slice(0, 3),
      );
      demand(!Buffer.from(first).equals(again), 'its key is made for each session', 'message_1');
      same('message_1 is as long as its parts', 'message_1', first.length, again.length);
      await bench.open();
    },
  },
  clear('clear-open', 'a message of the device protocol in the clear is not answered', encode([1])),
  clear(
    'sealed-early',
    'a sealed message before a handshake is not answered',
    Uint8Array.of(TAP.sealed, 0x83),
  ),
  clear('message-2-early', 'message_2 before message_1 is not answered', Uint8Array.of(TAP.two, 1, 2, 3)),
  clear('unknown', 'a card message that does not exist is not answered', Uint8Array.of(9)),
  unwelcome('stranger', 'whoever a stranger certified may not begin a session', ({ parts }) =>
    linkOf(parts.hospital, 'link', ROLE.gateway, parts.now, { issuer: ephemeralSigner() }),
  ),
  unwelcome('clinician', 'a clinician’s credential is none of a gateway', ({ parts }) =>
    linkOf(parts.hospital, 'link', ROLE.clinician, parts.now),
  ),
  unwelcome('expired', 'a gateway whose credential ran out may not begin a session', ({ parts }) =>
    linkOf(parts.hospital, 'link', ROLE.gateway, parts.now, { until: parts.now - 86_400 }),
  ),
  {
    id: 'tap.unproven',
    says: 'a gateway that does not show that it was certified in the open reads nothing',
    section: SECTION,
    needs: NEEDS,
    async run(bench) {
      bench.hangUp();
      const { hospital, now, first } = bench.parts;
      const transmit = await transmitOf(bench);
      await selectApplet(transmit);
      const identity = await linkOf(hospital, 'link', ROLE.gateway, now, { serial: 3 });
      const tap = await openTap(tapCrypto, identity, (message) => exchangeOverApdus(transmit, message));
      const asked = async (): Promise<string> => parseAnswer(await tap.exchange(encode([1]))).kind;
      same('it reads no settings', 'answer', 'refused', await asked());
      const held = await tap.prove(first.proven.proof); // of somebody else
      demand(held !== undefined, 'a proof of another credential is none', 'proof');
      same('and reads none after that', 'answer', 'refused', await asked());
      await bench.open();
    },
  },
  {
    id: 'tap.station',
    says: 'a reader station by itself may ask for the safe mode, and for nothing else',
    section: SECTION,
    needs: NEEDS,
    async run(bench) {
      bench.hangUp();
      const { hospital, now } = bench.parts;
      const transmit = await transmitOf(bench);
      await selectApplet(transmit);
      const identity = await linkOf(hospital, 'station', ROLE.station, now);
      const tap = await openTap(tapCrypto, identity, (message) => exchangeOverApdus(transmit, message));
      const open = parseAnswer(await tap.exchange(encode([1])));
      same('a station alone reads no settings', 'answer', 'refused', open.kind);
      const presence = parseAnswer(await tap.exchange(encode([7])));
      same('a station alone is shown a presence', 'answer', 'presence', presence.kind);
      await bench.open();
    },
  },
  {
    id: 'apdu.long',
    says: 'a chain of more than 16,384 bytes is not taken',
    section: '6, NFC',
    needs: NEEDS,
    async run(bench) {
      bench.hangUp();
      const transmit = await transmitOf(bench);
      await selectApplet(transmit);
      const part = Uint8Array.of(0x10, 0xc2, 0, 0, 255, ...new Uint8Array(255));
      let status = 0x90;
      for (let sent = 0; sent <= MAX_CARD_MESSAGE && status === 0x90; sent += 255)
        status = (await transmit(part)).at(-2) ?? 0;
      demand(status !== 0x90, 'what is too long is cut off', 'APDU', '9000');
    },
  },
  apdu('class', 'another class is not spoken', [0x80, 0xc2, 0, 0, 1, 0, 0]),
  apdu('instruction', 'another instruction is not spoken', [0, 0xb0, 0, 0, 0]),
  apdu('length', 'a length that does not fit is refused', [0, 0xc2, 0, 0, 9, 0]),
  apdu('get-response', 'there is no rest of an answer that was not begun', [0, 0xc0, 0, 0, 0]),
];
