import { TERMS } from '../../../server/protocol/telemetry/nomenclature.ts';
import type { LiveBed, Trace } from '../../common/page/vitals/bed.ts';
import type { Feed } from '../../common/page/vitals/feed.ts';
import { ageSaid, stateSaid, valueSaid } from '../../common/page/vitals/said.ts';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';

/** The number that stands for a waveform: what its device counts in it. No page counts for itself. */
const RATES: ReadonlyMap<number, number> = new Map([
  [TERMS.ecg.code, TERMS.heartRate.code],
  [TERMS.pleth.code, TERMS.pulseRate.code],
  [TERMS.respiration.code, TERMS.respirationRate.code],
]);

/** The traces in words, for people who do not see them: what it is, how it stands, its rate, its age, and its source. */
export function WaveWords({ feed, nameOf }: { feed: Feed; nameOf: (device: string) => string }) {
  return (
    <ul>
      {[...feed.beds.values()].flatMap((bed) =>
        bed
          .traces(feed.clock)
          .map((trace) => (
            <li key={`${bed.id}${trace.signal.metric.handle}`}>{wordsOf(bed, trace, feed, nameOf)}</li>
          )),
      )}
    </ul>
  );
}

function wordsOf(bed: LiveBed, { signal }: Trace, feed: Feed, nameOf: (device: string) => string): string {
  const t = vitalsTexts.value;
  const lost = feed.state !== 'live';
  const rate = bed.numbers(feed.clock).find(({ metric }) => metric.code === RATES.get(signal.metric.code));
  const live = !lost && (signal.state === 'live' || signal.state === 'artefact');
  const parts = [
    t.traceIs(signal.metric.name, lost ? t.states['no-data'] : stateSaid(signal)),
    live && rate?.value !== undefined ? t.traceRate(valueSaid(rate)) : '',
    signal.at === undefined ? '' : t.old(ageSaid(signal.age)),
    t.source(nameOf(bed.id)),
    bed.simulated ? t.simulated : '',
  ];
  return parts.filter(Boolean).join(', ');
}
