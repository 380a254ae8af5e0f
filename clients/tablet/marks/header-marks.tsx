import { Chip } from '../../common/page/chip.tsx';
import type { Screen } from '../screen.ts';
import { arranged, marksOf } from './marks.ts';
import { markTexts } from './texts.ts';

const LIST = 'all-marks';

/** Beside the patient's name: a few marks, and a key that opens the list of all where there are more than find room. */
export function HeaderMarks({ state }: Pick<Screen, 'state'>) {
  const all = marksOf(state);
  const { shown, folded } = arranged(state, all);
  return (
    <>
      <div class="marks">
        {shown.map(({ kind, says }) => (
          <Chip key={says} kind={kind}>
            {says}
          </Chip>
        ))}
      </div>
      {folded.length > 0 && (
        <>
          <button type="button" class="button more" popovertarget={LIST}>
            {markTexts.value.more(String(folded.length))}
          </button>
          <div class="all-marks panel" id={LIST} popover="auto">
            <h2>{markTexts.value.all}</h2>
            <ul>
              {all.map(({ kind, says, whole = says }) => (
                <li key={says}>
                  <Chip kind={kind}>{whole}</Chip>
                </li>
              ))}
            </ul>
          </div>
        </>
      )}
    </>
  );
}
