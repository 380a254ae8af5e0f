const REFRESH_MS = 2_000;
const SETTLE_MS = 5_000;

/** What the gateway does again and again: looks for what was replaced or revoked, and asks about open outcomes. */
export interface Beats {
  readonly refresh: () => Promise<void>;
  readonly settle: () => void;
  readonly surprised: (error: unknown) => void;
}

/** Starts the beats; the result ends them. */
export function beating({ refresh, settle, surprised }: Beats): () => void {
  const beats = [
    setInterval(() => void refresh().catch(surprised), REFRESH_MS),
    setInterval(settle, SETTLE_MS),
  ];
  return () => beats.forEach((beat) => clearInterval(beat));
}
