import type { Parameter } from '../../server/protocol/profile.ts';
import { number } from './words.ts';

/** Where a value lies between the device's limits, and how far one command may move it. Numbers stand beside it. */
export function LimitScale({ of, on, next }: { of: Parameter; on: number; next: number | undefined }) {
  const wide = 460;
  const at = (value: number): number =>
    8 + ((wide - 16) * (Math.min(of.max, Math.max(of.min, value)) - of.min)) / (of.max - of.min);
  const free = of.options.has(on);
  const from = at(free ? of.min : on - of.maxChange);
  const to = at(free ? of.max : on + of.maxChange);
  return (
    <svg class="scale" viewBox={`0 0 ${wide} 54`} aria-hidden="true" focusable="false">
      <path d={`M8 20H${wide - 8}`} stroke="var(--line-strong)" stroke-width="4" />
      <path d={`M${from} 20H${to}`} stroke="var(--action)" stroke-width="8" />
      {!free && (
        <circle cx={at(on)} cy="20" r="8" fill="var(--surface)" stroke="var(--text)" stroke-width="3" />
      )}
      {next !== undefined && !of.options.has(next) && (
        <path d={`M${at(next)} 10l8 -10h-16z`} fill="var(--action)" transform="translate(0 2)" />
      )}
      <text x="2" y="48" class="scale-text">
        {number(of.min, of.scale)}
      </text>
      <text x={wide - 2} y="48" class="scale-text" text-anchor="end">
        {number(of.max, of.scale)}
      </text>
    </svg>
  );
}
