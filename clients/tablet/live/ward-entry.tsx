import { Button } from '../../common/page/button.tsx';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';
import type { Screen } from '../screen.ts';

/** In the bar of the search for one patient, whatever was found: everybody at once. */
export const WardEntry = ({ act }: Pick<Screen, 'act'>) => (
  <Button tall onClick={() => act.go('live')}>
    {vitalsTexts.value.ward.title}
  </Button>
);
