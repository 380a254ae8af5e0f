import { exchangeOverApdus, selectApplet } from '../../../server/protocol/link/apdu-exchange.ts';
import { issueAttestation } from '../../../server/protocol/attestation.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { type Case, refused, succeeded } from '../case.ts';
import { IMPLANT } from '../lab.ts';
import { state, unchanged } from './on-the-skin.ts';

/** An implant that is worn down, and one that is copied. */
export const BATTERY: readonly Case[] = [
  {
    id: 'IMD-03',
    scene: 'skin',
    given: ['A11'],
    aim: 'wear the battery down by waking the implant up',
    codes: ['no answer but a refusal'],
    slow: true,
    async *play(at) {
      const { skin } = at.ward;
      const before = await state(at);
      let begun = 0;
      const times = 400;
      for (let i = 0; i < times; i++) {
        await selectApplet(skin.transmit);
        const answer = await exchangeOverApdus(skin.transmit, Uint8Array.of(0));
        if (answer[0] === 1) begun++;
      }
      const what = `${times} times woken up; ${begun} handshakes begun`;
      yield begun > 40
        ? succeeded(what, 'device', 'it goes on and on')
        : refused(what, 'device', 'no answer but a refusal');
      await new Promise((resolve) => setTimeout(resolve, 4_000)); // one more handshake is earned every three ticks
      yield* unchanged(at, before);
    },
  },
  {
    id: 'IMD-32',
    scene: 'skin',
    given: ['A9'],
    aim: 'pass for an enrolled implant with a copied card',
    codes: ['E_DEVICE_IDENTITY'],
    async *play(at) {
      const real = await state(at);
      const forged = await issueAttestation(
        real,
        at.hands.signer(`keys/devices/${IMPLANT}/identity.key.pem`),
      );
      const other = await issueAttestation(real, at.hands.signer('keys/devices/pump-2/identity.key.pem'));
      for (const [what, attestation] of [
        ['a clone under the real name', forged],
        ['another device’s key', other],
      ] as const)
        yield at.honest.believe(IMPLANT, attestation).then(
          () => succeeded(what, 'tablet', 'believed'),
          (error: unknown) => refused(what, 'tablet', error instanceof Refusal ? error.code : 'an error'),
        );
    },
  },
];
