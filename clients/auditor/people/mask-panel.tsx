import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import { Chip } from '../../common/page/chip.tsx';
import { REASON } from './masking.ts';
import type { Screen } from '../screen.ts';
import type { Opened } from '../state.ts';
import { clock, dayAndClock, offsetText } from '../frame/times.ts';
import { texts } from '../words.ts';

/** Who a command was about: masked, shown for a quarter of an hour, or erased. */
export function MaskPanel({ state, act, opened }: Screen & { opened: Opened }) {
  const { mask: t } = texts.value;
  const { story, erased } = opened;
  if (story.command === undefined) return null;
  if (story.patient === undefined) return <p class="quiet">{t.nobodyNamed}</p>;
  if (erased) {
    const when = `${dayAndClock(erased.when)} ${offsetText(erased.when)}`;
    return <Chip kind="waiting">{t.erased(when, erased.by.slice(0, 8))}</Chip>;
  }
  const shown = state.shown.value?.patient === story.patient ? state.shown.value : undefined;
  const said = shown?.commands.get(story.command);
  if (!shown || !said) return <Asking state={state} act={act} />;
  const facts: readonly (readonly [string, string])[] = [
    [t.name, said.patient?.name ?? t.nobody],
    [t.born, said.patient?.birthDate ?? '–'],
    [t.number, said.patient?.mrn ?? '–'],
    [t.reason, said.reason || '–'],
    [t.note, said.note || '–'],
    [t.order, said.order || '–'],
    [t.signed, said.people.map((one) => one.slice(0, 8)).join(', ')],
    [t.tablets, said.tablets.join(', ') || '–'],
  ];
  return (
    <section class="panel unmasked" aria-labelledby="unmasked-title">
      <div class="row">
        <h2 id="unmasked-title">{t.title}</h2>
        <TimeLeft until={shown.until} />
        <span class="grow" />
        <Button onClick={act.mask}>{t.maskAgain}</Button>
      </div>
      {story.action === 'safe-mode' && <p>{t.byBefore}</p>}
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div class="whole">
          <dt>{t.pseudonym}</dt>
          <dd class="mono">{said.pseudonym}</dd>
        </div>
      </dl>
    </section>
  );
}

function Asking({ state, act }: Screen) {
  const { mask: t } = texts.value;
  const [reason, setReason] = useState('');
  if (!state.unmasking.value)
    return <Button onClick={() => void (state.unmasking.value = true)}>{t.unmask}</Button>;
  const fine = REASON.test(reason.trim());
  return (
    <section class="panel sheet-in" role="dialog" aria-labelledby="unmask-title">
      <h2 id="unmask-title">{t.unmask}</h2>
      <p>{t.says}</p>
      <div class="field">
        <label for="unmask-reason">{t.why}</label>
        <input
          id="unmask-reason"
          class="input"
          maxLength={80}
          autocomplete="off"
          value={reason}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </div>
      <div class="row">
        <Button kind="main" off={fine ? undefined : t.needed} onClick={() => act.unmask(reason.trim())}>
          {t.show}
        </Button>
        <Button onClick={() => void (state.unmasking.value = false)}>{t.cancel}</Button>
      </div>
    </section>
  );
}

/** Counts down by the second; what it counts ends by itself. */
function TimeLeft({ until }: { until: number }) {
  const { mask: t } = texts.value;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const beat = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(beat);
  }, []);
  const left = Math.max(0, Math.ceil((until - now) / 1_000));
  const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  return (
    <Chip kind="caution">
      <span role="timer">{t.until(clock(until), text)}</span>
    </Chip>
  );
}
