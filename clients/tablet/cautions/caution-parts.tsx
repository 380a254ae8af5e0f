import { Notice } from '../../common/page/chip.tsx';
import { Icon } from '../../common/page/icon.tsx';
import type { Reading } from '../device/reading.ts';
import { wholeValue } from '../words.ts';
import { type Caution, isPacemaker, lowBattery } from './cautions.ts';
import { cautionTexts } from './texts.ts';

/** A caution in a sentence. */
function cautionSays(caution: Caution): string {
  const t = cautionTexts.value;
  switch (caution.kind) {
    case 'ratio': {
      const { of, from, to } = caution;
      const times = String(Math.floor(Math.max(to / from, from / to)));
      return (to > from ? t.more : t.less)(of.name, wholeValue(of, from), wholeValue(of, to), times);
    }
    case 'battery':
      return t.battery(caution.of.name, wholeValue(caution.of, caution.value));
    case 'stop':
      return caution.pacing ? `${t.stop} ${t.pacing}` : t.stop;
    default:
      return t[caution.kind];
  }
}

/** What the stop of a pacemaker may mean; nothing for any other device. */
export const PacingNotice = ({ of: { profile } }: { of: Reading }) =>
  isPacemaker(profile) ? <p>{cautionTexts.value.pacing}</p> : null;

/** That the battery is low, on the device's own word, with what to do; nothing when it is not. */
export function BatteryNotice({ reading }: { reading: Reading }) {
  const t = cautionTexts.value;
  const low = lowBattery(reading);
  if (!low) return null;
  return (
    <Notice kind="caution" title={t.battery(low.of.name, wholeValue(low.of, low.value))}>
      <p>{t.batterySays}</p>
    </Notice>
  );
}

/** Beside the comparison: what will have to be ticked on the sign sheet. Stop and resume stand there as what is asked for. */
export function Cautions({ of }: { of: readonly Caution[] }) {
  const more = of.filter(({ kind }) => kind === 'ratio' || kind === 'battery');
  if (more.length === 0) return null;
  return (
    <ul class="cautions" aria-label={cautionTexts.value.title}>
      {more.map((caution) => (
        <li key={caution.key}>
          <Icon kind="caution" />
          <span>{cautionSays(caution)}</span>
        </li>
      ))}
    </ul>
  );
}

/** On the sign sheet: each caution with a tick of its own. @param ticked keys of those that were; `tell` is told which are now */
export function CautionTicks({
  of,
  ticked,
  tell,
}: {
  of: readonly Caution[];
  ticked: ReadonlySet<string>;
  tell: (ticked: ReadonlySet<string>) => void;
}) {
  const t = cautionTexts.value;
  if (of.length === 0) return null;
  const tick = (key: string, on: boolean): void => {
    const next = new Set(ticked);
    if (on) next.add(key);
    else next.delete(key);
    tell(next);
  };
  return (
    <fieldset class="cautions">
      <legend>{t.title}</legend>
      {of.map((caution) => (
        <label key={caution.key} class="choice">
          <input
            type="checkbox"
            checked={ticked.has(caution.key)}
            onChange={({ currentTarget }) => tick(caution.key, currentTarget.checked)}
          />
          <span>
            {t.tick} {cautionSays(caution)}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
