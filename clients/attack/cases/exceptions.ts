import { hex, unhex } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import { z } from 'zod';
import { codeFrom } from '../answers.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';
import { CONTEXT, session } from './ceremony.ts';
import { changed, onWire, signedByAttacker, anotherAlarmLimit } from './on-the-wire.ts';
import { attempt, request, streamWith } from './present.ts';

/** dr-b does not care for who lies here. */
const OTHERS = 'pump-2';
const OPENED = z.object({ id: z.string() });
const FOUND = z.object({ patients: z.array(z.object({ id: z.string() })) });
const MOST_WAITING = 5;

/** What is meant for the worst of moments, used on an ordinary day. */
export const EXCEPTIONS: readonly Case[] = [
  {
    id: 'FLOW-07',
    scene: 'gateway',
    given: ['A4'],
    aim: 'make break-glass the usual way to everything',
    codes: ['E_CMD_MALFORMED', 'E_SCOPE', 'E_BREAKGLASS_SCOPE', 'E_DRAFT', 'E_DUAL_SAME_PERSON', 'E_RATE'],
    async *play(at) {
      const doctor = await at.person('dr-b');
      const { patient } = at.honest.device(OTHERS);
      const asked = await doctor.fetch('/v1/patient-search', { wristband: patient.mrn });
      const [found] = FOUND.parse(JSON.parse(new TextDecoder().decode(asked))).patients;
      if (!found) throw new Error('the patient is not found');
      const breakGlass = (reason: string, seconds: number): Promise<unknown> => {
        const detail = new Map<number, string | number | Uint8Array>([
          [1, unhex(found.id)],
          [2, reason],
          [3, ''],
          [4, seconds],
        ]);
        return doctor.post('/v1/break-glass', 'breakGlass', detail);
      };
      const id = hex(at.honest.device(OTHERS).id);
      yield told('reads without a word', await codeFrom(doctor.open(id)));
      yield told('for no reason', await codeFrom(breakGlass('curious', 600)));
      yield told('for a whole day', await codeFrom(breakGlass('emergency', 86_400)));
      const opened = OPENED.parse(await breakGlass('emergency', 600));
      yield* beyond(at, id);
      const review = new Map<number, string | Uint8Array>([
        [3, 'It was well.'],
        [4, unhex(opened.id)],
      ]);
      yield told(
        'reviews it alone',
        await codeFrom(doctor.post('/v1/break-glass-reviews', 'review', review)),
      );
      const { key, token } = await session(at, 'dr-b');
      await request(at, token, { key, method: 'DELETE', path: `/v1/break-glass/${opened.id}` });
      yield told('goes on after it was closed', await codeFrom(doctor.open(id)));
      let [code, times]: [string | undefined, number] = [undefined, 1];
      while (code === undefined && times < 2 * MOST_WAITING) {
        code = await codeFrom(breakGlass('emergency', 60));
        times++;
      }
      yield told(`again and again: refused the ${times}th time, with nothing reviewed`, code);
    },
  },
  {
    id: 'BED-15',
    scene: 'wire',
    given: ['A4', 'A5'],
    aim: 'silence an alarm, or set it where it never sounds, from afar',
    codes: [
      'E_CMD_LIMIT',
      'E_CMD_RATE_OF_CHANGE',
      'E_CMD_SCHEMA',
      'E_ROUTE',
      'E_CMD_MALFORMED',
      'E_ASSERTION',
      'E_RATE',
    ],
    play: onWire(async function* (at, now) {
      for (let kind = 20; kind < 30; kind++)
        yield at.say(`a message "${kind}": silence, acknowledge, pause`, encode([kind, 0, 120]));
      const good = at.honest.set(TARGET, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
      for (const [what, name, value] of [
        ['alarms without a sound', 'Alarm volume', 0],
        ['alarms as quiet as can be, at once', 'Alarm volume', 2],
        ['an occlusion alarm that never comes', 'Occlusion alarm limit', 5_000],
        ['air let through', 'Air-in-line alarm limit', 3_000],
      ] as const) {
        const { code, scale } = at.honest.setting(TARGET, name);
        const changes = new Map([[code, Math.round(value * 10 ** scale)]]);
        const signed = await signedByAttacker(at, changed(good, { changes }), ['dr-a']);
        yield at.deliver(`${what}, signed by one clinician`, await at.forger.bytes(signed));
      }
      const thief = at.as({ ...at.hands.party, id: 'A5', holds: ['keys/gateway/', 'gateway/'] });
      const unsigned = await signedByAttacker(thief, good, ['dr-a']);
      yield at.deliver('a limit that is fine, and signed by nobody', await at.forger.bytes(unsigned));
    }),
  },
];

const told = (what: string, code: string | undefined) =>
  code === undefined ? succeeded(what, 'gateway', 'taken') : refused(what, 'gateway', code);

/** Break-glass is open: a change of high risk, first as the first person and then as the second. */
async function* beyond(at: Lab, id: string): Attempts {
  const doctor = await at.person('dr-b');
  const pump = await doctor.open(id);
  const rate = at.honest.setting(OTHERS, 'Infusion rate');
  const value = ((pump.attestation.settings.get(rate.code) ?? 500) + 30) / 10 ** rate.scale;
  const command = at.honest.set(OTHERS, pump.attestation, 'Infusion rate', value);
  const { key, token } = await session(at, 'dr-b');
  const stream = await streamWith(at, token, key);
  const approval = await at.honest.approve('dr-b', command);
  yield attempt('a change of high risk, behind broken glass', stream, {
    kind: 'sign',
    command,
    approval,
    context: CONTEXT,
  });
  stream.close();
  const first = await at.open(OTHERS, 'dr-a');
  const other = await at.person('dr-a');
  const asked = await other
    .sign(first, at.honest.set(OTHERS, first.attestation, 'Infusion rate', value), CONTEXT)
    .then(
      (outcome) => ('draft' in outcome ? outcome.draft : ''),
      (error: unknown) => (error instanceof Refusal ? '' : Promise.reject(error)),
    );
  if (asked === '') return;
  yield told('the second signature, behind broken glass', await codeFrom(doctor.enter(asked, command)));
  await other.cancel(command).catch(() => undefined);
}
