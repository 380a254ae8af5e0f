import { parseResponse } from '../../../server/protocol/apdu.ts';
import { hex } from '../../../server/protocol/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import type { Lab } from '../lab.ts';
import type { Seen } from '../skin.ts';
import { CONTEXT } from './ceremony.ts';
import { IMPLANT, state, unchanged } from './on-the-skin.ts';

const SETTING = 'High atrial rate alert, above';

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
    codes: ['E_CHANNEL', 'E_LINK', 'E_BUSY', 'E_DEVICE_IDENTITY', 'no answer', 'the genuine answer'],
    reader: true,
    async *play(at) {
      const { skin } = at.ward;
      await at.open(IMPLANT);
      const flip = (apdu: Uint8Array): Uint8Array =>
        apdu.map((byte, i) => (i === apdu.length - 2 ? byte ^ 1 : byte));
      const tricks: readonly (readonly [string, Seen['towards'], (apdu: Uint8Array) => Uint8Array])[] = [
        ['one bit of what goes to the implant', 'device', flip],
        ['one bit of what comes back', 'reader', flip],
        ['an instruction of its own instead', 'device', () => Uint8Array.of(0, 0xb0, 0, 0, 0)],
        ['an answer of its own instead', 'reader', () => Uint8Array.of(0x90, 0)],
      ];
      for (const [what, towards, change] of tricks) {
        let left = 1;
        skin.tamper = (apdu, way) =>
          way === towards && apdu.length > 12 && left-- > 0 ? change(apdu) : apdu;
        yield refused(what, 'gateway', await tapped(at));
        await settleDown(at);
      }
    },
  },
  {
    id: 'IMD-31',
    scene: 'gateway',
    given: ['A11'],
    aim: 'carry a tap to somewhere else, or to another time',
    codes: ['E_CHANNEL', 'the genuine answer, late', 'no answer'],
    reader: true,
    async *play(at) {
      const { skin } = at.ward;
      const from = skin.seen.length;
      for (const delay of [20, 200]) {
        skin.tamper = async (apdu) => {
          await new Promise((resolve) => setTimeout(resolve, delay));
          return apdu;
        };
        const came = await tapped(at);
        yield refused(
          `carries a tap, ${delay} ms late: nobody signed anything`,
          'device',
          came === 'the genuine answer' ? 'the genuine answer, late' : came,
        );
      }
      await settleDown(at);
      const recorded = skin.seen.slice(from).filter(({ towards }) => towards === 'device');
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
    aim: 'leave an implant between old and new settings, by taking it away in the middle',
    codes: ['old settings', 'new settings'],
    reader: true,
    slow: true,
    async *play(at) {
      yield* cut(at, 5, 190);
    },
  },
];

/**
 * Takes the implant away at the n-th APDU of a delivery; afterwards it is all old or all new, and says so. Once only:
 * what became of the command stays unknown while the implant could still take it. test/nfc cuts every step.
 */
async function* cut(at: Lab, cutAt: number, value: number): Attempts {
  const doctor = await at.person('dr-a');
  const heart = await at.open(IMPLANT);
  const bytes = at.honest.set(IMPLANT, heart.attestation, SETTING, value);
  let left = cutAt;
  at.ward.skin.tamper = (apdu, way) => (way === 'device' && left-- === 0 ? undefined : apdu);
  const outcome = await doctor.sign(heart, bytes, CONTEXT).then(
    ({ kind }): string => kind,
    (error: unknown) => (error instanceof Refusal ? error.code : 'no answer'),
  );
  at.ward.skin.giveBack();
  const after = await at.open(IMPLANT);
  if (outcome === 'unknown') await doctor.resolve(heart, bytes).catch(() => undefined);
  const { code, scale } = at.honest.setting(IMPLANT, SETTING);
  const now = after.attestation.settings.get(code);
  const expected = new Map(heart.attestation.settings).set(code, Math.round(value * 10 ** scale));
  const whole = (settings: ReadonlyMap<number, number>): string => JSON.stringify([...settings]);
  const is = whole(after.attestation.settings);
  const what = `taken away at APDU ${cutAt} of a delivery (${outcome})`;
  if (is === whole(heart.attestation.settings)) yield refused(what, 'device', 'old settings');
  else if (is === whole(expected)) yield refused(what, 'device', 'new settings');
  else yield succeeded(what, 'device', `a mixture: ${now}`);
}
