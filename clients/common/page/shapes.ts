import type { Kind } from './icon.tsx';

/** One element of a drawing in SVG, in a box of 24 by 24. */
export type Stroke = readonly [tag: 'circle' | 'path' | 'rect', attributes: Readonly<Record<string, string>>];

const LINE = { fill: 'none', stroke: 'currentColor', 'stroke-width': '2' };
const CUT = { fill: 'none', stroke: 'var(--surface)' };
const FULL = { fill: 'currentColor' };
const RING: Stroke = ['circle', { cx: '12', cy: '12', r: '9', ...LINE }];

/** The drawing of each kind, for pages with preact and without. */
export const SHAPES: Readonly<Record<Kind, readonly Stroke[]>> = {
  verified: [
    ['circle', { cx: '12', cy: '12', r: '10', ...FULL }],
    ['path', { d: 'M7 12.5l3.5 3.5L17 9', ...CUT, 'stroke-width': '2.4' }],
  ],
  caution: [
    ['path', { d: 'M12 3L22 21H2z', ...LINE, 'stroke-linejoin': 'round' }],
    ['path', { d: 'M12 10v5M12 17v2', ...LINE }],
  ],
  blocked: [
    ['path', { d: 'M8 2h8l6 6v8l-6 6H8l-6-6V8z', ...FULL }],
    ['path', { d: 'M7 12h10', ...CUT, 'stroke-width': '2.6' }],
  ],
  unknown: [
    ['rect', { x: '3', y: '3', width: '18', height: '18', ...LINE, 'stroke-dasharray': '4 3' }],
    ['path', { d: 'M9 9.5a3 3 0 1 1 4 2.8c-.7.3-1 .8-1 1.7M12 16v2', ...LINE }],
  ],
  busy: [RING, ['path', { d: 'M12 3a9 9 0 0 0 0 18z', ...FULL }]],
  waiting: [RING],
};
