import type { Sequencer } from '../audit/sequencer.ts';
import type { Bedside } from '../broker/bedside.ts';
import type { Health } from '../edge/desk.ts';

/** Health is evidence health: the log agrees with its witnesses, and no outcome is left unknown. */
export function healthOf(log: Sequencer, bedsides: Iterable<Bedside>, age: number): Health {
  let unknownOutcomes = 0;
  for (const { unknown } of bedsides) if (unknown) unknownOutcomes++;
  return {
    ready: log.health === 'ok',
    evidence: log.health,
    checkpointAgeSeconds: Math.max(0, Math.floor(age / 1000)),
    logSize: log.latest().size,
    unknownOutcomes,
  };
}
