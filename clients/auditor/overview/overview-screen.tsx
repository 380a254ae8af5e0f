import type { ComponentChildren } from 'preact';
import { Button } from '../../common/page/button.tsx';
import { Chip, Notice } from '../../common/page/chip.tsx';
import type { Screen } from '../screen.ts';
import { dayAndClock, offsetText } from '../frame/times.ts';
import type { Filters, Overview } from '../wire.ts';
import { deviceName, grouped, outcomeWord, texts } from '../words.ts';

/** After this a witness counts as silent (ms). */
const STALE_MS = 10 * 60_000;

/** The numbers an auditor begins with. Each one leads to its list. */
export function OverviewScreen({ state, act }: Screen) {
  const { overview: t, list } = texts.value;
  const overview = state.overview.value;
  if (overview === 'loading')
    return (
      <p class="note" role="status">
        {t.loading}
      </p>
    );
  if (overview === 'failed')
    return (
      <div class="note">
        <p>{list.failed}</p>
        <Button onClick={() => act.look('overview')}>{list.again}</Button>
      </div>
    );
  const show = (filters: Filters) => (): void => {
    state.filters.value = filters;
    act.go('commands');
  };
  const gaps = Object.values(overview.gaps).reduce((sum, n) => sum + n, 0);
  return (
    <div class="cards">
      <h1>{t.title}</h1>
      <p class="quiet">{t.readOnly}</p>
      {(overview.gaps['fork'] ?? 0) > 0 && (
        <div class="forked whole">
          <Notice kind="blocked" loud title={texts.value.gaps.fork}>
            <Button onClick={() => act.go('gaps')}>{texts.value.gaps.open}</Button>
          </Notice>
        </div>
      )}
      <TheLog overview={overview} everything={show({ rows: 'all' })} fingerprint={state.fingerprint.value} />
      <Card title={t.commands}>
        <Figure says={t.commands} value={overview.commands} open={show({})} />
        {Object.entries(overview.outcomes).map(([outcome, value]) => (
          <Figure key={outcome} says={outcomeWord(outcome)} value={value} open={show({ outcome })} />
        ))}
      </Card>
      <Card title={t.attention}>
        <Figure says={t.gaps} value={gaps} open={() => act.go('gaps')} loud={gaps > 0} />
        <Figure
          says={t.breakGlass}
          value={overview.breakGlass}
          open={show({ rows: 'events', action: 'breakGlass' })}
          loud={overview.breakGlass > 0}
        />
        <Figure
          says={t.emergencies}
          value={overview.emergencies}
          open={show({ proof: 'unreviewed' })}
          loud={overview.emergencies > 0}
        />
        <Figure
          says={t.primed}
          value={overview.primed}
          open={show({ second: 'primed' })}
          loud={overview.primed > 0}
        />
        <Figure says={t.alarms} value={overview.alarms} open={show({ rows: 'events', action: 'alarm' })} />
      </Card>
      <Card title={t.refusals}>
        {Object.keys(overview.refusals).length === 0 && <p class="quiet">{t.noRefusals}</p>}
        {Object.entries(overview.refusals)
          .sort(([, a], [, b]) => b - a)
          .map(([code, value]) => (
            <Figure key={code} says={code} value={value} open={show({ rows: 'all', code })} />
          ))}
      </Card>
      <Card title={t.devices}>
        {Object.entries(overview.lastOfDevice)
          .sort(([, a], [, b]) => b - a)
          .map(([id, time]) => (
            <p key={id} class="figure">
              <button type="button" class="link" onClick={show({ device: id, rows: 'all' })}>
                {deviceName(state, id)}
              </button>
              <span>{dayAndClock(time)}</span>
            </p>
          ))}
      </Card>
    </div>
  );
}

function TheLog({
  overview: { log },
  everything,
  fingerprint,
}: {
  overview: Overview;
  everything: () => void;
  fingerprint: string;
}) {
  const { overview: t } = texts.value;
  const current = log.witnesses.filter(({ seen }) => seen !== null && seen >= log.witnessed).length;
  const stale = log.seen !== undefined && Date.now() - log.seen > STALE_MS;
  return (
    <Card title={t.log}>
      <Figure says={t.entries} value={log.size} open={everything} />
      <p class="figure">
        {t.checkpoint} <strong>{grouped(log.witnessed)}</strong>
      </p>
      <p class="figure">
        {t.seen}{' '}
        <span>{log.seen === undefined ? '–' : `${dayAndClock(log.seen)} ${offsetText(log.seen)}`}</span>
      </p>
      <p class="figure">
        {t.witnesses}{' '}
        <span>{t.quorum(String(current), String(log.witnesses.length), String(log.quorum))}</span>
      </p>
      <p class="figure">
        {t.root} <span class="mono">{log.root.slice(0, 12)}…</span>
      </p>
      <p class="figure">
        {t.health} <span>{log.health}</span>
      </p>
      <p class="figure">
        {t.fingerprint} <span class="mono">{fingerprint}</span>
      </p>
      {stale && <Chip kind="unknown">{t.stale}</Chip>}
    </Card>
  );
}

const Card = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <section class="panel card">
    <h2>{title}</h2>
    {children}
  </section>
);

const Figure = ({
  says,
  value,
  open,
  loud = false,
}: {
  says: string;
  value: number;
  open: () => void;
  loud?: boolean;
}) => (
  <p class="figure">
    <span>{says}</span>
    {loud ? (
      <Chip kind="caution">
        <button type="button" class="link" aria-label={`${says}: ${value}`} onClick={open}>
          {grouped(value)}
        </button>
      </Chip>
    ) : (
      <button type="button" class="link" aria-label={`${says}: ${value}`} onClick={open}>
        {grouped(value)}
      </button>
    )}
  </p>
);
