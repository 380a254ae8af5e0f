import { useSignal } from '@preact/signals';
import { TERMS } from '../../../server/protocol/nomenclature.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import type { LiveBed, Signal } from '../../common/page/vitals/bed.ts';
import { stateSaid } from '../../common/page/vitals/said.ts';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';
import type { Screen } from '../screen.ts';
import { Stage } from '../stage.tsx';
import { span } from '../words.ts';
import { FrozenStrip, SweepCanvas, tracesOf } from './sweep-canvas.tsx';
import { PressureTile, VitalTile } from './vital-tile.tsx';
import { feedOf } from './vitals.ts';

/** What stands large at the side, in this order; everything else is a small tile under the traces. */
const LARGE: readonly number[] = [
  TERMS.heartRate.code,
  TERMS.spo2.code,
  TERMS.respirationRate.code,
  TERMS.systolic.code,
];
/** They stand beside the systolic one. */
const WITH_PRESSURE: readonly number[] = [TERMS.diastolic.code, TERMS.meanPressure.code];

/** What is measured now: traces at the left, numbers at the right. Nothing here is older than it says. */
export function LiveScreen({ state, act }: Screen) {
  const feed = feedOf(state);
  void feed.version.value;
  const frozen = useSignal<number | undefined>(undefined);
  const t = vitalsTexts.value;
  const traces = tracesOf(feed);
  const all = [...feed.beds.values()].flatMap((bed) =>
    bed.numbers(feed.clock).map((signal): Shown => ({ bed, signal })),
  );
  const large = LARGE.flatMap((code) => all.filter(({ signal }) => signal.metric.code === code)).slice(0, 4);
  const small = all.filter((one) => !large.includes(one) && !WITH_PRESSURE.includes(one.signal.metric.code));
  const note = <FeedNotice state={state} frozen={frozen.value !== undefined} nothing={all.length === 0} />;
  const bar =
    traces.length === 0 ? null : frozen.value === undefined ? (
      <Button tall onClick={() => void (frozen.value = Date.now())}>
        {t.freeze}
      </Button>
    ) : (
      <Button kind="main" tall onClick={() => void (frozen.value = undefined)}>
        {t.unfreeze}
      </Button>
    );
  return (
    <Stage state={state} act={act} bar={bar}>
      <h1 class="aloud">{t.traces}</h1>
      <div class="live">
        <div class="live-left">
          {traces.length === 0 && note}
          {traces.length > 0 && (
            <figure class="panel-waves">
              <SweepCanvas feed={feed} />
              {frozen.value !== undefined && <FrozenStrip feed={feed} at={frozen.value} />}
              <div class="live-note">{note}</div>
              <figcaption class="aloud">
                <ul>
                  {traces.map(({ signal }) => (
                    <li key={signal.metric.handle}>
                      {t.traceIs(
                        signal.metric.name,
                        feed.state === 'live' ? stateSaid(signal) : t.states['no-data'],
                      )}
                    </li>
                  ))}
                </ul>
              </figcaption>
            </figure>
          )}
          <div class="vitals-small" role="group" aria-label={t.numbers}>
            {small.map(({ bed, signal }) => (
              <VitalTile key={`${bed.id}${signal.metric.handle}`} state={state} bed={bed} of={signal} small />
            ))}
          </div>
        </div>
        <div class="live-right" role="group" aria-label={t.numbers}>
          {large.map(({ bed, signal }) =>
            signal.metric.code === TERMS.systolic.code ? (
              <PressureTile key="pressure" state={state} bed={bed} of={signal} />
            ) : (
              <VitalTile key={`${bed.id}${signal.metric.handle}`} state={state} bed={bed} of={signal} />
            ),
          )}
        </div>
      </div>
    </Stage>
  );
}

interface Shown {
  readonly bed: LiveBed;
  readonly signal: Signal;
}

/** One sentence under the traces, when there is something to say about all of it. */
function FeedNotice({
  state,
  frozen,
  nothing,
}: Pick<Screen, 'state'> & { frozen: boolean; nothing: boolean }) {
  const feed = feedOf(state);
  const t = vitalsTexts.value;
  if (feed.state === 'lost') return <Notice kind="unknown" title={t.feedLost(span(feed.silence))} />;
  if (feed.state === 'waiting') return <Notice kind="unknown" title={t.feedWaiting} />;
  if (frozen) return <p class="note-says">{t.frozenSays}</p>;
  return nothing ? <Notice kind="unknown" title={t.noDevices} /> : null;
}
