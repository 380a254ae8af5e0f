import type { Sequencer } from '../audit/sequencer.ts';
import type { Bedside } from '../broker/bedside.ts';
import type { Health } from '../edge/desk.ts';
import { parseNote } from '../protocol/note.ts';

/** Health is evidence health: the log agrees with its witnesses, and no outcome is left unknown. */
export function healthOf(log: Sequencer, bedsides: Iterable<Bedside>, now: number): Health {
  let unknownOutcomes = 0;
  for (const { unknown } of bedsides) if (unknown) unknownOutcomes++;
  return {
    ready: log.health === 'ok',
    evidence: log.health,
    checkpointAgeSeconds: Math.max(0, Math.floor(now / 1000) - witnessedAt(log.latest().cosigned?.note)),
    logSize: log.latest().size,
    unknownOutcomes,
  };
}

/** Unix seconds of the newest cosignature of a checkpoint; 0 when there is none. A cosignature begins with its time. */
function witnessedAt(note: string | undefined): number {
  if (note === undefined) return 0;
  const times = parseNote(note)
    .signatures.filter(({ payload }) => payload.length === 72)
    .map(({ payload }) => Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0)));
  return Math.max(0, ...times);
}
