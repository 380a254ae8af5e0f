import { Button } from '../../common/page/button.tsx';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import { wantsImplant } from '../state.ts';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { texts } from '../words.ts';

/** While there is no fresh reading, no value is shown. */
export function NotRead({ state, act }: Screen) {
  const { overview, reader, tap } = texts.value;
  const busy = state.readingState.value === 'reading';
  const bar = busy ? null : (
    <>
      {wantsImplant(state) && (
        <Button tall onClick={() => act.go('reader')}>
          {reader.wrong}
        </Button>
      )}
      <Button kind="main" tall focus onClick={act.readAgain}>
        {overview.again}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="centre">
        <h1>{busy ? tap.network : overview.notRead}</h1>
        <TroubleNotice state={state} />
      </div>
    </Stage>
  );
}
