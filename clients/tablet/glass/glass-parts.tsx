import { Notice } from '../../common/page/chip.tsx';
import { ToldPeople } from '../review/told.tsx';
import type { Screen } from '../screen.ts';
import { clock } from '../words.ts';
import { glassOf } from './glass.ts';
import { glassTexts } from './texts.ts';

/** What one opened, and nobody has reviewed yet. */
export function Pending({ state }: Pick<Screen, 'state'>) {
  const t = glassTexts.value;
  const openings = glassOf(state).openings.value;
  if (openings.length === 0) return null;
  return (
    <Notice kind="caution" title={t.pending(String(openings.length))}>
      {openings.map(({ id, since, until, open, told }) => (
        <div key={id}>
          <p>{open ? t.openRow(clock(since), clock(until)) : t.pendingRow(clock(since))}</p>
          <ToldPeople told={told} />
        </div>
      ))}
    </Notice>
  );
}
