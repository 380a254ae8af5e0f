/** What a state is, for people who do not see its colour: each kind has a shape of its own. */
export type Kind = 'verified' | 'caution' | 'blocked' | 'unknown' | 'busy' | 'waiting';

const SHAPES: Readonly<Record<Kind, preact.JSX.Element>> = {
  verified: (
    <>
      <circle cx="12" cy="12" r="10" fill="currentColor" />
      <path d="M7 12.5l3.5 3.5L17 9" fill="none" stroke="var(--surface)" stroke-width="2.4" />
    </>
  ),
  caution: (
    <>
      <path d="M12 3L22 21H2z" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
      <path d="M12 10v5M12 17v2" stroke="currentColor" stroke-width="2" />
    </>
  ),
  blocked: (
    <>
      <path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" fill="currentColor" />
      <path d="M7 12h10" stroke="var(--surface)" stroke-width="2.6" />
    </>
  ),
  unknown: (
    <>
      <rect
        x="3"
        y="3"
        width="18"
        height="18"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-dasharray="4 3"
      />
      <path
        d="M9 9.5a3 3 0 1 1 4 2.8c-.7.3-1 .8-1 1.7M12 16v2"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
      />
    </>
  ),
  busy: (
    <>
      <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M12 3a9 9 0 0 0 0 18z" fill="currentColor" />
    </>
  ),
  waiting: <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="2" />,
};

/** The shape of a state. It says nothing to a screen reader: a word always stands beside it. */
export const Icon = ({ kind, size = 20 }: { kind: Kind; size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {SHAPES[kind]}
  </svg>
);
