import { encodeEmergency } from '../../../server/protocol/bundle.ts';
import { type Command, encodeCommand, OPERATION } from '../../../server/protocol/command.ts';
import { readPresence } from '../../../server/protocol/link/presence.ts';
import { encodeRequest, parseAnswer } from '../../../server/protocol/link/wire.ts';
import { codeOf } from '../answers.ts';
import { type Case, refused, succeeded } from '../case.ts';
import { IMPLANT, type Lab, TARGET } from '../lab.ts';
import { rescue } from '../rescue.ts';
import { patiently, refusalCode, state, unchanged } from './on-the-skin.ts';

const ZERO = new Uint8Array(32);
const HANDSHAKES = 60;
/** A stranger's taps cost an implant's patience for a few seconds; somebody in trouble has those. */
const RESCUE_MS = 30_000;

/** When the gateway is away, and when everything is asked too often. */
export const EMERGENCY: readonly Case[] = [
  {
    id: 'IMD-07',
    scene: 'skin',
    given: ['A4', 'A8'],
    aim: 'take the gateway away, and have an implant obey whoever is near',
    codes: ['E_BREAKGLASS_SCOPE', 'E_CMD_SCHEMA', 'E_CMD_MALFORMED'],
    alone: true,
    reader: true,
    slow: true,
    async *play(at) {
      const credential = await at.rescuer();
      const before = await state(at);
      await at.ward.running.stopOne('gateway');
      await at.ward.running.stopOne('witness');
      try {
        const tap = await patiently(() => at.ward.skin.tap(at.hands.linkIdentity('station-1'))).catch(
          refusalCode,
        );
        if (typeof tap === 'string') {
          yield refused('asks at the emergency door, as the station', 'device', tap);
          return;
        }
        const opened = parseAnswer(await tap.exchange(encodeRequest({ kind: 'emergency-open' })));
        if (opened.kind !== 'presence') throw new Error(`the emergency door says ${codeOf(opened)}`);
        const { emergencyNonce: nonce, device } = readPresence(opened.presence);
        const safe: Command = {
          device,
          nonce,
          counter: 0,
          profile: ZERO,
          settings: ZERO,
          operation: OPERATION.safeMode,
          changes: new Map(),
          patient: ZERO,
        };
        const { code } = at.honest.setting(IMPLANT, 'High atrial rate alert, above');
        const others: readonly (readonly [string, Partial<Command>])[] = [
          ...Object.entries(OPERATION)
            .filter(([, operation]) => operation !== OPERATION.safeMode)
            .map(([name, operation]) => [name, { operation }] as const),
          ['the safe mode with a setting of its own', { changes: new Map([[code, 190]]) }],
        ];
        for (const [what, members] of others) {
          const command = encodeCommand({ ...safe, ...members });
          const approval = await at.hands.approve('dr-a', command);
          const emergency = encodeEmergency({ command, approval, credential });
          const answer = parseAnswer(await tap.exchange(encodeRequest({ kind: 'emergency', emergency })));
          yield answer.kind === 'receipt'
            ? succeeded(`${what}, at the emergency door`, 'device', 'taken')
            : refused(`${what}, at the emergency door`, 'device', codeOf(answer));
        }
        for (const kind of ['open', 'read-out'] as const) {
          const answer = parseAnswer(await tap.exchange(encodeRequest({ kind })));
          yield refused(`${kind}, by a station alone`, 'device', codeOf(answer));
        }
      } finally {
        await at.ward.running.startOne('witness');
        await at.ward.running.startOne('gateway');
        for (const name of ['dr-a', 'auditor'] as const) at.forget(name);
        await at.open(TARGET); // until the pump has dialled the gateway that came back
      }
      yield* unchanged(at, before);
    },
  },
  {
    id: 'WEB-28',
    scene: 'gateway',
    given: ['A11', 'A2'],
    aim: 'use every limit up, so that nobody can help',
    codes: ['the safe state is reached'],
    alone: true,
    reader: true,
    slow: true,
    async *play(at) {
      await at.open(IMPLANT);
      await exhaust(at);
      const began = performance.now();
      const what = `a rescue after ${HANDSHAKES} strangers' taps, a flood of sign-ins and every search used up`;
      yield await rescue(at, RESCUE_MS).then(
        () => {
          const seconds = Math.round((performance.now() - began) / 1000);
          return refused(`${what}: within ${seconds} s`, 'device', 'the safe state is reached');
        },
        (error: unknown) => succeeded(what, 'device', error instanceof Error ? error.message : 'no answer'),
      );
    },
  },
];

/** Whatever is bounded, by whoever may ask: strangers at the implant, sign-ins, one person's searches. */
async function exhaust(at: Lab): Promise<void> {
  const { skin } = at.ward;
  for (let i = 0; i < 150; i++) await at.ask('/v1/session-challenge');
  const doctor = await at.person('dr-a');
  for (let i = 0; i < 70; i++)
    await doctor.fetch('/v1/patient-search', { wristband: 'nobody' }).catch(() => undefined);
  skin.take();
  for (let i = 0; i < HANDSHAKES; i++) await skin.tap(at.hands.linkFrom(String(i))).catch(() => undefined);
  skin.giveBack();
}
