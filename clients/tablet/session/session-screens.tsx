import { Button } from '../../common/page/button.tsx';
import { Icon } from '../../common/page/icon.tsx';
import { StillSafe } from '../review/still-safe-notice.tsx';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { texts } from '../words.ts';

/** What is left before this tablet forgets everybody. */
export function EndScreen({ state, act }: Screen) {
  const { end, change } = texts.value;
  const elsewhere = state.elsewhere.value;
  const screens = state.screens.value;
  const open = state.busy.value || state.unknown.value;
  const draft = (state.draft.value?.changes.size ?? 0) > 0 && !state.run.value;
  const report = state.report.value;
  const bar = (
    <>
      <Button tall onClick={() => act.go(state.patient.value ? 'devices' : 'patients')}>
        {end.back}
      </Button>
      <Button
        kind="main"
        tall
        onClick={act.endSession}
        off={state.busy.value ? change.needOutcome : undefined}
      >
        {end.end}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="centre">
        <h1>{end.title}</h1>
        <ul class="checks">
          <li>
            <Icon kind={open ? 'unknown' : 'verified'} size={24} />
            {open ? end.unknown : end.noUnknown}
          </li>
          <li>
            <Icon kind={draft ? 'caution' : 'verified'} size={24} />
            {draft ? end.draft : end.noDraft}
          </li>
          {report && (
            <li>
              <Icon kind={report === 'printed' ? 'verified' : 'caution'} size={24} />
              {report === 'printed' ? end.printed : end.notPrinted}
            </li>
          )}
        </ul>
        <StillSafe state={state} />
        <p>{end.lead}</p>
        {screens && <screens.WaitingReviews state={state} />}
        {elsewhere && <elsewhere.Section state={state} act={act} />}
        <TroubleNotice state={state} />
      </div>
    </Stage>
  );
}
