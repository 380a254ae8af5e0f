import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import { Icon } from '../../common/page/icon.tsx';
import { IdentityBanner } from './identity-banner.tsx';
import { WARN_MS } from '../session/idle.ts';
import { AlarmPlace } from '../live/alarm-place.tsx';
import { RailIcon, type RailPlace } from './rail-icon.tsx';
import type { Screen } from '../screen.ts';
import type { Place, State } from '../state.ts';
import { clock, span, texts } from '../words.ts';

/** The gateway takes proofs that are younger than this. */
const CLOCK_MS = 25_000;

/** The frame that is the same on every screen: who, which patient, alarms, where, and the emergency control. */
export function Frame({ state, act, children }: Screen & { children: ComponentChildren }) {
  const patient = state.patient.value !== undefined && state.view.value.at !== 'locked';
  const { frame } = texts.value;
  const News = state.screens.value?.NewsBar;
  const title = `${environmentOf(state)} · ${frame.product}`;
  useEffect(() => void (document.title = title), [title]);
  return (
    <div class="frame">
      <a class="aloud skip" href="#main">
        {frame.skip}
      </a>
      <TopBar state={state} act={act} />
      {patient && <IdentityBanner state={state} />}
      <AlarmPlace state={state} act={act} />
      {News && <News state={state} />}
      <Offline state={state} />
      <WrongClock state={state} />
      <div class="below">
        {patient && <Rail state={state} act={act} />}
        {children}
      </div>
      <p class="narrow">{frame.narrow}</p>
    </div>
  );
}

/** Simulation or real, in a word: on every screen and in the title, so that neither is taken for the other. */
const environmentOf = ({ environment }: State): string =>
  environment.value === 'simulation' ? texts.value.frame.simulation : texts.value.frame.production;

function TopBar({ state, act }: Screen) {
  const { frame } = texts.value;
  const person = state.person.value;
  const link = state.link.value;
  const locked = state.view.value.at === 'locked';
  const left = state.idleLeft.value;
  const soon = left <= WARN_MS; // never on the ward board: it does not lock while it shows
  return (
    <header class="top">
      <strong>{frame.product}</strong>
      <span class={`badge ${state.environment.value}`}>{environmentOf(state)}</span>
      <span class="grow" />
      <span class="link">
        <Icon kind={link.kind === 'online' ? 'verified' : 'unknown'} />
        {link.kind === 'online'
          ? frame.online(String(link.ms))
          : frame.offline(span(state.now.value - link.since))}
      </span>
      <time>{clock(state.now.value)}</time>
      {person && !locked && (
        <>
          <span class={soon ? 'soon' : ''} role={soon ? 'alert' : undefined}>
            {state.view.value.at === 'live' && !state.patient.value
              ? person.name
              : soon
                ? frame.locksSoon(person.name, String(Math.ceil(left / 1000)))
                : frame.locksIn(person.name, String(Math.ceil(left / 60_000)))}
          </span>
          {soon && <Button onClick={act.stay}>{frame.stay}</Button>}
          <Button onClick={act.lock}>{frame.lock}</Button>
        </>
      )}
    </header>
  );
}

function Offline({ state }: Pick<Screen, 'state'>) {
  const link = state.link.value;
  if (link.kind === 'online' || state.view.value.at === 'starting') return null;
  return (
    <div class="offline" role="status">
      <Icon kind="unknown" />
      {texts.value.frame.offlineBar(span(state.now.value - link.since))}
    </div>
  );
}

/** Proofs carry this tablet's time: with a wrong one nobody is let in, and the reason would be hard to guess. */
function WrongClock({ state }: Pick<Screen, 'state'>) {
  const off = state.clockOff.value;
  if (Math.abs(off) < CLOCK_MS) return null;
  const minutes = String(Math.round(Math.abs(off) / 60_000));
  const { fast, slow } = texts.value.frame;
  return (
    <div class="offline" role="status">
      <Icon kind="caution" />
      {off > 0 ? fast(minutes) : slow(minutes)}
    </div>
  );
}

const RAIL: readonly {
  readonly key: RailPlace;
  readonly at: Place;
}[] = [
  { key: 'patient', at: 'devices' },
  { key: 'live', at: 'live' },
  { key: 'device', at: 'overview' },
  { key: 'change', at: 'change' },
  { key: 'history', at: 'history' },
];
const UNDER: Readonly<Partial<Record<State['view']['value']['at'], string>>> = {
  devices: 'patient',
  reader: 'patient',
  tap: 'patient',
  end: 'patient',
  overview: 'device',
  settings: 'device',
  change: 'change',
  command: 'change',
  live: 'live',
  history: 'history',
};

function Rail({ state, act }: Screen) {
  const here = UNDER[state.view.value.at];
  const { rail } = texts.value;
  return (
    <nav class="rail" aria-label={rail.label}>
      {RAIL.map(({ key, at }) => {
        const own = state.reading.value?.belongs === true && !state.mismatch.value;
        const ready = key === 'patient' || key === 'live' || own;
        const running = state.run.value !== undefined && key === 'change';
        return (
          <button
            key={key}
            type="button"
            class="rail-item"
            aria-current={here === key ? 'page' : undefined}
            disabled={!ready}
            onClick={() => act.go(running ? 'command' : at)}
          >
            <RailIcon of={key} />
            {rail[key]}
          </button>
        );
      })}
    </nav>
  );
}
