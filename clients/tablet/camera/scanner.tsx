import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import { codeReader, lookForCode, type Looking } from './look.ts';
import { cameraTexts } from './texts.ts';

/** A wristband carries the record number; what looks like an address or a sentence is none. */
export const isWristband = (code: string): boolean => /^[\p{L}\p{N}._-]{3,40}$/u.test(code);

/**
 * Reads one code with the camera where the browser can; elsewhere nothing of it is shown, and the field beside it takes what a
 * scanner or a person types.
 *
 * @param fits is it a code of the kind that is asked for? @param found told the code, once
 */
export function Scanner({
  fits,
  found,
}: {
  fits: (code: string) => boolean;
  found: (code: string) => void | Promise<void>;
}) {
  const t = cameraTexts.value;
  const how = useSignal<Looking | undefined>(undefined);
  const video = useRef<HTMLVideoElement>(null);
  const turn = useRef(new AbortController());
  const Reader = codeReader();
  useEffect(() => () => turn.current.abort(), []);
  if (!Reader) return null;
  const stop = (): void => {
    turn.current.abort();
    how.value = undefined;
  };
  const begin = async (): Promise<void> => {
    if (!video.current) return;
    turn.current.abort();
    turn.current = new AbortController();
    const { signal } = turn.current;
    const code = await lookForCode(Reader, video.current, fits, (now) => void (how.value = now), signal);
    if (signal.aborted || code === undefined) return;
    how.value = undefined;
    void found(code);
  };
  const on = how.value !== undefined && how.value !== 'denied' && how.value !== 'none';
  return (
    <div class="camera">
      <video ref={video} hidden={!on || how.value === 'asking'} muted playsInline aria-label={t.picture} />
      {how.value && <p role={on ? 'status' : 'alert'}>{t[how.value]}</p>}
      <Button wide onClick={on ? stop : begin}>
        {on ? t.stop : t.begin}
      </Button>
    </div>
  );
}
