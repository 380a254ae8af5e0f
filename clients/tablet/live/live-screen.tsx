import { useSignal } from '@preact/signals';
import { TERMS } from '../../../server/protocol/telemetry/nomenclature.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { READ_BY } from '../../common/page/vitals/alarms.ts';
import type { LiveBed, Signal } from '../../common/page/vitals/bed.ts';
import { contactSaid } from '../../common/page/vitals/said.ts';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import { span } from '../words.ts';
import { AlarmList } from './alarm-list.tsx';
import { FrozenStrip, SweepCanvas, tracesOf } from './sweep-canvas.tsx';
import type { TrendPanel } from './trends/trend-panel.tsx';
import { WaveWords } from './wave-words.tsx';
import { PressureTile, VitalTile } from './vital-tile.tsx';
import { isReadOut, onlyImplants } from './implants.ts';
import { feedOf } from './vitals.ts';

/** What a bed is read by stands large at the side, everything else is a small tile under the traces; these stand beside the systolic one. */
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
  const nameOf = (device: string): string =>
    state.patient.value?.assigned.find(({ id }) => id === device)?.name ?? device;
  const large = READ_BY.flatMap((code) => all.filter(({ signal }) => signal.metric.code === code)).slice(
    0,
    4,
  );
  const small = all.filter((one) => !large.includes(one) && !WITH_PRESSURE.includes(one.signal.metric.code));
  const trends = useTrends();
  const note = <FeedNotice state={state} frozen={frozen.value !== undefined} nothing={all.length === 0} />;
  const bar = trends.Panel ? (
    <Button kind="main" tall onClick={trends.close}>
      {t.trends.close}
    </Button>
  ) : frozen.value !== undefined ? (
    <Button kind="main" tall onClick={() => void (frozen.value = undefined)}>
      {t.unfreeze}
    </Button>
  ) : (
    <>
      {all.length > 0 && (
        <Button tall onClick={trends.open}>
          {t.trends.open}
        </Button>
      )}
      {traces.length > 0 && (
        <Button tall onClick={() => void (frozen.value = Date.now())}>
          {t.freeze}
        </Button>
      )}
    </>
  );
  const readTrend = state.vitals.value?.readTrend;
  return (
    <Stage state={state} act={act} bar={bar}>
      <h1 class="aloud">{t.traces}</h1>
      <div class="live">
        <div class="live-left">
          {state.patient.value && state.vitals.value?.listed.value === state.patient.value.id && (
            <AlarmList state={state} />
          )}
          {trends.failed && <Notice kind="blocked" loud title={t.trends.failed} />}
          {trends.Panel && readTrend && <trends.Panel feed={feed} readTrend={readTrend} />}
          {(traces.length === 0 || trends.Panel) && note}
          {traces.length > 0 && !trends.Panel && (
            <figure class="panel-waves">
              <SweepCanvas feed={feed} />
              {frozen.value !== undefined && <FrozenStrip feed={feed} at={frozen.value} />}
              <div class="live-note">{note}</div>
              <figcaption class="aloud">
                <WaveWords feed={feed} nameOf={nameOf} />
              </figcaption>
            </figure>
          )}
          {!trends.Panel && (
            <div class="vitals-small" role="group" aria-label={t.numbers}>
              {small.map(({ bed, signal }) => (
                <VitalTile
                  key={`${bed.id}${signal.metric.handle}`}
                  state={state}
                  bed={bed}
                  of={signal}
                  small
                />
              ))}
            </div>
          )}
          <p class="small contacts">
            {[...feed.beds.values()]
              .map((bed) => contactSaid(nameOf(bed.id), bed, feed.clock, isReadOut(state, bed)))
              .join(' · ')}
          </p>
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

/** The trends, fetched when somebody asks for them. */
function useTrends() {
  const panel = useSignal<{ readonly Panel: typeof TrendPanel } | undefined>(undefined);
  const failed = useSignal(false);
  return {
    Panel: panel.value?.Panel,
    failed: failed.value,
    open: async (): Promise<void> => {
      failed.value = false;
      try {
        panel.value = { Panel: (await import('./trends/trend-panel.tsx')).TrendPanel };
      } catch {
        failed.value = true;
      }
    },
    close: () => void (panel.value = undefined),
  };
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
  const lost = onlyImplants(state) ? t.feedLostImplant : t.feedLost;
  if (feed.state === 'lost') return <Notice kind="unknown" title={lost(span(feed.silence))} />;
  if (feed.state === 'waiting') return <Notice kind="unknown" title={t.feedWaiting} />;
  if (frozen) return <p class="note-says">{t.frozenSays}</p>;
  return nothing ? <Notice kind="unknown" title={t.noDevices} /> : null;
}
