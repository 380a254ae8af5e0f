import { INS, parseResponse } from '../../../server/protocol/link/apdu.ts';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { TAP } from '../../../server/protocol/tap/tap.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { IMPLANT, type Lab } from '../lab.ts';
import type { Seen } from '../skin.ts';
import { CONTEXT } from './ceremony.ts';
import { state, unchanged } from './on-the-skin.ts';

const SETTING = 'High atrial rate alert, above';
/** Everything but a delivery has fewer chained parts. */
const DELIVERY_PARTS = 3;
/** A device that was turned away often is opened within this time. */
const PASSES_MS = 30_000;

/** What comes of an honest tap while somebody meddles; in one word. */
async function tapped(at: Lab): Promise<string> {
  try {
    const who = await at.person('dr-a');
    await who.open(hex(at.honest.device(IMPLANT).id));
    return 'the genuine answer';
  } catch (error) {
    return error instanceof Refusal ? error.code : 'no answer';
  }
}

const flipped = (apdu: Uint8Array, fromEnd: number): Uint8Array =>
  apdu.map((byte, i) => (i === apdu.length - fromEnd ? byte ^ 1 : byte));

/** Changes the last part of the first sealed message of one direction, and nothing else. */
function onceSealed(
  towards: Seen['towards'],
  change: (apdu: Uint8Array) => Uint8Array,
): (apdu: Uint8Array, way: Seen['towards']) => Uint8Array {
  let [sealed, answered, done] = [false, false, false];
  return (apdu, way) => {
    const envelope = way === 'device' && apdu[1] === INS.ENVELOPE;
    if (envelope && apdu[5] === TAP.sealed) sealed = true;
    const last = way === 'device' ? envelope && apdu[0] === 0 : answered && apdu.at(-2) === 0x90;
    if (envelope && apdu[0] === 0 && sealed) answered = true;
    if (done || !sealed || !last || way !== towards) return apdu;
    done = true;
    return change(apdu);
  };
}

/** Lets the implant lie on its reader again, with nobody in between. */
async function settleDown(at: Lab): Promise<void> {
  at.ward.skin.giveBack();
  await at.open(IMPLANT);
}

/** Between a genuine reader and a genuine implant. */
export const READER: readonly Case[] = [
  {
    id: 'IMD-33',
    scene: 'gateway',
    given: ['A8'],
    aim: 'put APDUs of one’s own among those of the gateway',
    codes: ['E_CHANNEL', 'E_LINK', 'E_BUSY', 'E_DEVICE_IDENTITY', 'no answer'],
    reader: true,
    async *play(at) {
      const { skin } = at.ward;
      await at.open(IMPLANT);
      const instruction = (): Uint8Array => Uint8Array.of(0, 0xb0, 0, 0, 0);
      const answer = (): Uint8Array => Uint8Array.of(0x90, 0);
      const tricks: readonly (readonly [string, Seen['towards'], (apdu: Uint8Array) => Uint8Array])[] = [
        ['one bit of what goes to the implant', 'device', (apdu) => flipped(apdu, 2)],
        ['one bit of what comes back', 'reader', (apdu) => flipped(apdu, 3)],
        ['an instruction of its own instead', 'device', instruction],
        ['an answer of its own instead', 'reader', answer],
      ];
      for (const [what, towards, change] of tricks) {
        skin.tamper = onceSealed(towards, change);
        const came = await tapped(at);
        yield came === 'the genuine answer'
          ? succeeded(what, 'gateway', 'altered, and believed')
          : refused(what, 'gateway', came);
        await settleDown(at);
      }
    },
  },
  {
    id: 'IMD-31',
    scene: 'gateway',
    given: ['A11'],
    aim: 'carry a tap to somewhere else, or to another time',
    codes: ['E_CHANNEL', 'E_LINK', 'the genuine answer, late'],
    reader: true,
    async *play(at) {
      const { skin } = at.ward;
      let from = 0;
      for (const delay of [20, 60]) {
        from = skin.seen.length;
        skin.giveBack(); // a tap of its own, from its first byte on
        skin.tamper = async (apdu) => {
          await new Promise((resolve) => setTimeout(resolve, delay));
          return apdu;
        };
        const came = await at.open(IMPLANT).then(
          () => 'the genuine answer, late',
          (error: unknown) => (error instanceof Refusal ? error.code : 'no answer'),
        );
        yield refused(`carries a tap, ${delay} ms late: nobody signed anything`, 'device', came);
      }
      skin.tamper = (apdu) => apdu;
      const recorded = await passedBy(at, from);
      if (recorded.length === 0) throw new Error('no tap was there to be recorded');
      skin.take();
      const before = await state(at);
      let sealed = 0;
      for (const { apdu } of recorded) {
        const answer = parseResponse(await skin.transmit(apdu));
        if (answer?.data[0] === 4) sealed++;
      }
      yield sealed > 0
        ? succeeded(
            `plays ${recorded.length} recorded APDUs to the implant`,
            'device',
            `${sealed} sealed answers`,
          )
        : refused(`plays ${recorded.length} recorded APDUs to the implant`, 'device', 'E_CHANNEL');
      yield* unchanged(at, before);
      await settleDown(at);
    },
  },
  {
    id: 'IMD-34',
    scene: 'gateway',
    given: ['A11'],
    aim: 'leave an implant between old and new settings, or otherwise than everybody believes, by taking it away',
    codes: ['old settings', 'new settings'],
    reader: true,
    slow: true,
    async *play(at) {
      yield* cut(at, 'before its answer', beforeTheAnswer(), 200);
      await at.settle(); // the cool-down of a change that was taken
      yield* cut(at, 'at APDU 5', atApdu(5), 190);
    },
  },
];

type Tamper = Lab['ward']['skin']['tamper'];

const atApdu =
  (left: number): Tamper =>
  (apdu, way) =>
    way === 'device' && left-- === 0 ? undefined : apdu;

/** A whole delivery has arrived; what the implant says of it gets lost. */
function beforeTheAnswer(): Tamper {
  let [parts, whole] = [0, false];
  return (apdu, way) => {
    if (way === 'reader') return whole ? undefined : apdu;
    if (apdu[1] === INS.ENVELOPE && apdu[0] !== 0) parts++;
    else if (apdu[1] === INS.ENVELOPE) {
      whole = parts >= DELIVERY_PARTS;
      parts = 0;
    }
    return apdu;
  };
}

/**
 * Takes the implant away in a delivery; afterwards it is all old or all new, and everybody knows which. What became of a
 * command that never arrived stays unknown while the implant could still take it. test/nfc cuts every step.
 */
async function* cut(at: Lab, when: string, tamper: Tamper, value: number): Attempts {
  const doctor = await at.person('dr-a');
  const heart = await at.open(IMPLANT);
  const bytes = at.honest.set(IMPLANT, heart.attestation, SETTING, value);
  at.ward.skin.tamper = tamper;
  const outcome = await doctor.sign(heart, bytes, CONTEXT).then(
    ({ kind }): string => kind,
    (error: unknown) => (error instanceof Refusal ? error.code : 'no answer'),
  );
  at.ward.skin.giveBack();
  const after = await at.open(IMPLANT);
  const settled =
    outcome === 'unknown'
      ? await doctor.resolve(heart, bytes).then(
          ({ kind }): string => kind,
          () => outcome,
        )
      : outcome;
  const { code, scale } = at.honest.setting(IMPLANT, SETTING);
  const expected = new Map(heart.attestation.settings).set(code, Math.round(value * 10 ** scale));
  const whole = (settings: ReadonlyMap<number, number>): string => JSON.stringify([...settings]);
  const is = whole(after.attestation.settings);
  const what = `taken away ${when} (${outcome}, then ${settled})`;
  if (is === whole(heart.attestation.settings))
    yield settled === 'done'
      ? succeeded(what, 'device', 'old settings, said to be new')
      : refused(what, 'device', 'old settings');
  else if (is === whole(expected))
    yield settled === 'done' || settled === 'unknown'
      ? refused(what, 'device', 'new settings')
      : succeeded(what, 'device', 'new settings, said to be old');
  else yield succeeded(what, 'device', `a mixture: ${after.attestation.settings.get(code)}`);
}

/** What the reader said to the implant since then. A busy machine takes a while to see that it lies there again. */
async function passedBy(at: Lab, from: number): Promise<readonly Seen[]> {
  for (const end = Date.now() + PASSES_MS; ; await new Promise((resolve) => setTimeout(resolve, 250))) {
    const seen = at.ward.skin.seen.slice(from).filter(({ towards }) => towards === 'device');
    if (seen.length > 0 || Date.now() > end) return seen;
    await at.open(IMPLANT).catch(() => undefined);
  }
}
