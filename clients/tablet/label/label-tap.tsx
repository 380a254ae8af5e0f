import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import { tagReader, tapLabel, type Tapping } from './tap-label.ts';
import { labelTexts } from './texts.ts';

/**
 * Reads the label of a card reader by holding the tablet to it, where the browser can; elsewhere nothing of it is shown.
 *
 * @param fits is it a label of this hospital? @param found told the label, once
 */
export function LabelTap({
  fits,
  found,
}: {
  fits: (label: string) => boolean;
  found: (label: string) => void | Promise<void>;
}) {
  const t = labelTexts.value;
  const how = useSignal<Tapping | undefined>(undefined);
  const turn = useRef(new AbortController());
  const Reader = tagReader();
  useEffect(() => () => turn.current.abort(), []);
  if (!Reader) return null;
  const stop = (): void => {
    turn.current.abort();
    how.value = undefined;
  };
  const begin = async (): Promise<void> => {
    turn.current.abort();
    turn.current = new AbortController();
    const { signal } = turn.current;
    const label = await tapLabel(Reader, fits, (now) => void (signal.aborted || (how.value = now)), signal);
    if (signal.aborted || label === undefined) return;
    how.value = undefined;
    void found(label);
  };
  const on = how.value !== undefined && how.value !== 'denied' && how.value !== 'none';
  return (
    <div class="camera">
      {how.value && <p role={on ? 'status' : 'alert'}>{t[how.value]}</p>}
      <Button wide onClick={on ? stop : begin}>
        {on ? t.stop : t.begin}
      </Button>
    </div>
  );
}
