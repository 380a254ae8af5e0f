import { OPERATION } from '../../../server/protocol/command.ts';
import { streamCode } from '../answers.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';
import { CONTEXT } from './ceremony.ts';

/** Two heartbeats of ten seconds, and what a loaded machine adds. */
const NOTICED_MS = 35_000;
/** A device has ten seconds to answer; then its silence is said. */
const SAID_MS = 15_000;

/** A link that is there and carries nothing. */
export const OUTAGE: readonly Case[] = [
  {
    id: 'BED-14',
    scene: 'gateway',
    given: ['A1'],
    aim: 'leave device and gateway each believing that the other one watches',
    codes: ['both ends know'],
    alone: true,
    slow: true,
    async *play(at) {
      await at.open(TARGET);
      yield* unnoticed(at, 'nothing arrives any more, either way', () => at.ward.network.swallow());
      yield* unnoticed(at, 'the gateway is heard by nobody', () => at.ward.network.deafen());
    },
  },
  {
    id: 'FLOW-17',
    scene: 'gateway',
    given: ['A1'],
    aim: 'keep a stop from the pump, and have the clinician believe that it stands still',
    codes: ['not delivered, and said so', 'E_LINK', 'E_UNKNOWN_OUTCOME'],
    alone: true,
    slow: true,
    async *play(at) {
      const doctor = await at.person('dr-a');
      const pump = await at.open(TARGET);
      const wish = { operation: OPERATION.stop, changes: new Map<number, number>() };
      const bytes = at.honest.prepare(TARGET, pump.attestation, wish);
      at.ward.network.swallow();
      const began = performance.now();
      const said = await Promise.race([
        doctor.sign(pump, bytes, CONTEXT).then(({ kind }): string => kind, streamCode),
        later(SAID_MS + 5_000, 'no word'),
      ]);
      const seconds = Math.round((performance.now() - began) / 1000);
      at.ward.network.carry();
      yield said === 'done' || said === 'no word'
        ? succeeded(`a stop that never arrives: "${said}" after ${seconds} s`, 'gateway', said)
        : refused(
            `a stop that never arrives: "${said}" after ${seconds} s`,
            'gateway',
            said === 'unknown' ? 'not delivered, and said so' : said,
          );
      await at.settle();
    },
  },
];

const later = <T>(ms: number, what: T): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(what), ms));

/** Disturbs the wire of the pump, and waits until both of its ends have noticed. */
async function* unnoticed(at: Lab, what: string, disturb: () => void): Attempts {
  const lost = (): number => at.printed().toString('latin1').split('"msg":"link-lost"').length;
  const before = lost();
  disturb();
  const [began, know] = [performance.now(), { gateway: 0, device: 0 }];
  while (performance.now() - began < NOTICED_MS && (know.gateway === 0 || know.device === 0)) {
    await later(500, undefined);
    const seconds = Math.round((performance.now() - began) / 1000);
    if (know.gateway === 0 && !(await at.connected(TARGET))) know.gateway = seconds;
    if (know.device === 0 && lost() > before) know.device = seconds;
  }
  at.ward.network.carry();
  await at.open(TARGET);
  const told = `${what}: the gateway knows after ${know.gateway || '-'} s, the pump after ${know.device || '-'} s`;
  yield know.gateway > 0 && know.device > 0
    ? refused(told, 'system', 'both ends know')
    : succeeded(told, know.gateway === 0 ? 'gateway' : 'device', 'one end knows of nothing');
}
