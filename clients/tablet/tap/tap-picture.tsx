/** The one picture there is: a reader over a chest. */
export const TapPicture = () => (
  <svg class="picture" viewBox="0 0 240 120" aria-hidden="true" focusable="false">
    <path d="M40 118c0-36 26-52 60-52s60 16 60 52" fill="none" stroke="var(--line-strong)" stroke-width="3" />
    <circle cx="100" cy="34" r="24" fill="none" stroke="var(--line-strong)" stroke-width="3" />
    <rect
      x="112"
      y="82"
      width="26"
      height="20"
      rx="8"
      fill="var(--changed-bg)"
      stroke="var(--action)"
      stroke-width="3"
    />
    <rect
      x="150"
      y="58"
      width="62"
      height="26"
      rx="6"
      fill="var(--surface)"
      stroke="var(--text)"
      stroke-width="3"
    />
    <path d="M146 76q-10 4-8 14M154 92q-12 6-6 20" fill="none" stroke="var(--action)" stroke-width="3" />
  </svg>
);
