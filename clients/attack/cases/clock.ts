import { writeFileSync } from 'node:fs';
import { streamCode } from '../answers.ts';
import { type Case, refused, succeeded } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';
import { CONTEXT, session } from './ceremony.ts';
import { anotherAlarmLimit } from './on-the-wire.ts';
import { streamWith } from './present.ts';

const HOUR_MS = 3_600_000;
const CLOCK = new URL('../clock.ts', import.meta.url).href;

/** A gateway whose machine has another idea of the time than everybody else. */
export const CLOCKS: readonly Case[] = [
  {
    id: 'FLOW-13',
    scene: 'gateway',
    given: ['A1'],
    aim: 'move the gateway’s clock, and have a command taken at a time that is none',
    codes: [
      'E_CLOCK',
      'E_TOKEN_EXPIRED',
      'E_AUDIT_UNAVAILABLE',
      'E_LOG_PROOF',
      'E_ASSERTION_CRED',
      'E_SESSION',
    ],
    alone: true,
    slow: true,
    async *play(at) {
      const file = at.path('clock');
      writeFileSync(file, '0');
      await restartWithClock(at);
      for (const [what, ms] of [
        ['an hour ahead', HOUR_MS],
        ['an hour back', -HOUR_MS],
      ] as const) {
        const { key, token } = await session(at, 'dr-a');
        const stream = await streamWith(at, token, key);
        const pump = await at.open(TARGET);
        const now = pump.attestation;
        const command = at.honest.set(TARGET, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
        const approval = await at.honest.approve('dr-a', command);
        await moved(file, ms);
        const came = await stream
          .call({ kind: 'sign', command, approval, context: CONTEXT })
          .then(({ kind }) => kind, streamCode);
        await moved(file, 0);
        stream.close();
        at.forget('dr-a');
        const after = await at.open(TARGET);
        yield after.attestation.counter === now.counter
          ? refused(`a signed change, the gateway’s clock ${what}`, 'gateway', came)
          : succeeded(`a signed change, the gateway’s clock ${what}`, 'device', 'taken');
        if (after.attestation.counter !== now.counter) return;
      }
    },
  },
];

/** The same gateway again, on a machine whose clock follows a file. */
async function restartWithClock(at: Lab): Promise<void> {
  const { running } = at.ward;
  await running.stopOne('gateway');
  process.env['NODE_OPTIONS'] = `--import=${CLOCK}`;
  try {
    await running.startOne('gateway');
  } finally {
    delete process.env['NODE_OPTIONS'];
  }
  for (const name of ['dr-a', 'auditor'] as const) at.forget(name);
}

/** The watch looks twenty times a second. */
async function moved(file: string, ms: number): Promise<void> {
  writeFileSync(file, String(ms));
  await new Promise((resolve) => setTimeout(resolve, 500));
}
