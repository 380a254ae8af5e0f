import { useEffect } from 'preact/hooks';

/** Keeps the screen on while what calls it is shown (Screen Wake Lock, W3C): who waits for a device does not touch it. */
export function useScreenOn(): void {
  useEffect(() => {
    let held: WakeLockSentinel | undefined;
    let over = false;
    const hold = async (): Promise<void> => {
      if (over || document.visibilityState !== 'visible') return;
      held = await navigator.wakeLock.request('screen').catch(() => undefined); // the battery may be too low
      if (over) void held?.release();
    };
    const again = (): void => void hold();
    if ('wakeLock' in navigator) void hold();
    document.addEventListener('visibilitychange', again); // it is lost whenever the page is hidden
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', again);
      void held?.release();
    };
  }, []);
}
