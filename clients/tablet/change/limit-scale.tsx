import type { Parameter } from '../../../server/protocol/profile.ts';
import type { SiteRange } from '../device/reading.ts';
import { siteTexts } from '../site/texts.ts';
import { number } from '../words.ts';

const WIDE = 460;
const EDGE = 8;
const TICKS = 10;

interface LimitScaleProps {
  readonly of: Parameter;
  readonly on: number;
  readonly next: number | undefined;
  readonly site: SiteRange | undefined;
}

/**
 * Where a value lies between the device's limits, and how far one command may move it: a ruler to read from, with nothing on
 * it that a finger could take for a handle. A bracket under it is the hospital's own range. Numbers stand beside it.
 */
export function LimitScale({ of, on, next, site }: LimitScaleProps) {
  const at = (value: number): number =>
    EDGE + ((WIDE - 2 * EDGE) * (Math.min(of.max, Math.max(of.min, value)) - of.min)) / (of.max - of.min);
  const free = of.options.has(on);
  const from = at(free ? of.min : on - of.maxChange);
  const to = at(free ? of.max : on + of.maxChange);
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => EDGE + ((WIDE - 2 * EDGE) * i) / TICKS);
  return (
    <svg class="scale" viewBox={`0 -10 ${WIDE} ${site ? 92 : 70}`} aria-hidden="true" focusable="false">
      <rect x={from} y="20" width={Math.max(1, to - from)} height="10" fill="var(--changed-bg)" />
      <path d={`M${from} 30H${to}`} stroke="var(--action)" stroke-width="3" />
      <path
        d={[
          `M${EDGE} 30H${WIDE - EDGE}`,
          ...ticks.map((x, i) => `M${x} 30v${i % TICKS === 0 ? -10 : -5}`),
        ].join('')}
        stroke="var(--line-strong)"
        stroke-width="1"
        fill="none"
      />
      {!free && <path d={`M${at(on)} 34v-22`} stroke="var(--text)" stroke-width="3" />}
      {next !== undefined && !of.options.has(next) && (
        <path d={`M${at(next)} 34v-22`} stroke="var(--action)" stroke-width="3" stroke-dasharray="3 2" />
      )}
      {!free && (
        <text x={at(on)} y="10" class="scale-text" text-anchor={anchorAt(at(on))}>
          {number(on, of.scale)}
        </text>
      )}
      {site && <SiteBracket low={at(site.low)} high={at(site.high)} />}
      <text x="2" y="56" class="scale-text">
        {number(of.min, of.scale)}
      </text>
      <text x={WIDE - 2} y="56" class="scale-text" text-anchor="end">
        {number(of.max, of.scale)}
      </text>
    </svg>
  );
}

/** The range of the site, in a form and with words of its own: colour alone tells nothing. */
function SiteBracket({ low, high }: { low: number; high: number }) {
  const middle = (low + high) / 2;
  return (
    <>
      <path
        d={`M${low} 34v6H${high}v-6`}
        stroke="var(--text-2)"
        stroke-width="2"
        stroke-dasharray="6 3"
        fill="none"
      />
      <text x={middle} y="76" class="scale-text" text-anchor={anchorAt(middle)}>
        {siteTexts.value.ruler}
      </text>
    </>
  );
}

/** A number over a mark near an edge stays on the ruler. */
const anchorAt = (x: number): 'start' | 'middle' | 'end' =>
  x < 40 ? 'start' : x > WIDE - 40 ? 'end' : 'middle';
