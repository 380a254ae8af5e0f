import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { Screen } from '../screen.ts';
import { OpenSheet } from './sheets.tsx';
import { texts } from '../words.ts';

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
          <div class="content" tabIndex={0}>
            {children}
          </div>
          {side && (
            <aside class="panel side" tabIndex={0}>
              {side}
            </aside>
          )}
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

/** Held this long, it asks nothing more; pressed, it asks once, at another place. */
const HOLD_MS = 1_500;

function EmergencyButton({ act }: Screen) {
  const held = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const release = (): void => clearTimeout(held.current);
  const hold = (): void => {
    release();
    held.current = setTimeout(() => void act.confirmEmergency(), HOLD_MS);
  };
  return (
    <button
      type="button"
      class="button danger emergency"
      onPointerDown={hold}
      onPointerUp={release}
      onPointerLeave={release}
      onClick={() => void act.openEmergency()}
    >
      {texts.value.frame.emergency}
    </button>
  );
}
