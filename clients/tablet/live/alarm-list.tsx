import { Button } from '../../common/page/button.tsx';
import { MARKS, type ShownAlarm } from '../../common/page/vitals/alarms.ts';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';
import type { Screen } from '../screen.ts';
import { alarmSaid, sourceOf } from './alarm-strip.tsx';
import { feedOf } from './vitals.ts';
import { standing } from './ward.ts';

/** Every alarm of the patient at hand by its words, in the order of the strip: what it has no room for stands here. */
export function AlarmList({ state }: Pick<Screen, 'state'>) {
  const feed = feedOf(state);
  const vitals = vitalsTexts.value;
  const { alarms: t } = vitals;
  const { now, known, silent } = standing(feed, undefined);
  const line = (alarm: ShownAlarm, says: string) => (
    <li key={`${alarm.device} ${alarm.owner} ${alarm.metric} ${alarm.says}`}>
      <b>{says}</b> <span class="small">{vitals.source(sourceOf(state, alarm))}</span>
    </li>
  );
  const live = feed.state === 'live' ? now : [];
  const before = feed.state === 'live' ? known : [...now, ...known];
  return (
    <section class="panel alarm-list" aria-label={t.all}>
      <h2>{t.all}</h2>
      <Button onClick={() => state.vitals.value && void (state.vitals.value.listed.value = undefined)}>
        {t.close}
      </Button>
      <ol tabIndex={0}>
        {feed.state === 'live' && silent.length + now.length === 0 && <li>{t.over}</li>}
        {live.map((alarm) => line(alarm, `${MARKS[alarm.priority]} ${alarmSaid(state, alarm)}`))}
        {before.map((alarm) => line(alarm, t.lastKnown(`${MARKS[alarm.priority]} ${alarm.says}`)))}
      </ol>
    </section>
  );
}
