import { Button } from '../../common/page/button.tsx';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';
import type { Screen } from '../screen.ts';

/** Beside the search for one patient: everybody at once. */
export function WardEntry({ act }: Pick<Screen, 'act'>) {
  const { ward: t } = vitalsTexts.value;
  return (
    <section class="panel ward-entry">
      <h2>{t.title}</h2>
      <p>{t.lead}</p>
      <Button wide onClick={() => act.go('live')}>
        {t.enter}
      </Button>
    </section>
  );
}
