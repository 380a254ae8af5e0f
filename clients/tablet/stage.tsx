import type { ComponentChildren } from 'preact';
import type { Screen } from './screen.ts';
import { OpenSheet } from './sheets.tsx';
import { texts } from './words.ts';

/** Main area with an optional panel at its side, and the bar at the bottom with its emergency control. */
export function Stage({
  state,
  act,
  side,
  bar,
  children,
}: Screen & {
  side?: ComponentChildren;
  bar?: ComponentChildren;
  children: ComponentChildren;
}) {
  const covered = state.sheet.value !== undefined;
  return (
    <div class="stage">
      <div class="area">
        <main id="main" class={side ? 'main with-side' : 'main'} inert={covered}>
          <div class="content">{children}</div>
          {side && <aside class="panel side">{side}</aside>}
        </main>
        <OpenSheet state={state} act={act} />
      </div>
      <footer class="bottom">
        <EmergencyButton state={state} act={act} />
        <span class="grow" />
        {!covered && bar}
      </footer>
    </div>
  );
}

function EmergencyButton({ act }: Screen) {
  return (
    <button type="button" class="button danger emergency" onClick={() => void act.openEmergency()}>
      {texts.value.frame.emergency}
    </button>
  );
}
