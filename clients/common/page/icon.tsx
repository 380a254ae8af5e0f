import { h } from 'preact';
import { SHAPES } from './shapes.ts';

/** What a state is, for people who do not see its colour: each kind has a shape of its own. */
export type Kind = 'verified' | 'caution' | 'blocked' | 'unknown' | 'busy' | 'waiting';

/** The shape of a state. It says nothing to a screen reader: a word always stands beside it. */
export const Icon = ({ kind, size = 20 }: { kind: Kind; size?: number }) => (
  <svg class={kind} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {SHAPES[kind].map(([tag, attributes]) => h(tag, attributes))}
  </svg>
);
