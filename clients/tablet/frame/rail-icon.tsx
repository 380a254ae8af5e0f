/** A drawing for each place of the rail. Circles, triangles and squares mean states, so none of them stands here. */
const DRAWINGS = {
  patient: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8M4 21c0-4 4-6 8-6s8 2 8 6',
  live: 'M2 13h5l2-6 4 11 3-8 2 3h4',
  device: 'M7 3h10v18H7zM10 7h4M10 17h4M12 11v3',
  change: 'M4 7h9M17 7h3M4 17h3M11 17h9M13 4v6h4V4zM7 14v6h4v-6z',
  history: 'M4 12a8 8 0 1 1 3 6M4 20v-5h5M12 8v4l3 2',
} as const;
export type RailPlace = keyof typeof DRAWINGS;

/** The drawing of a place; its name stands below it. */
export const RailIcon = ({ of }: { of: RailPlace }) => (
  <svg width="26" height="26" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={DRAWINGS[of]} fill="none" stroke="currentColor" stroke-width="1.8" />
  </svg>
);
