import type { Page } from 'playwright-core';

/** What a finger in a glove needs (px): 9.5 mm on a tablet of ten inches. */
const LEAST = 56;

/**
 * Every control that a finger misses, by its name and the size of its box. Nothing is measured alone, everything is pressed
 * for: at the sides and near the corners of a square of 56 px in the middle of the control, or up to 8 px above or below
 * it, the page has to find this control and nothing that lies over it. Of a box to tick its whole label counts; what only the
 * keyboard reaches, and what a sheet keeps off, is no target.
 */
export const missedTargets = (page: Page): Promise<readonly string[]> =>
  page.evaluate((least) => {
    const CONTROLS = 'button, a[href], input, select, textarea, summary, [role="button"], [role="link"]';
    /** A border takes part of a pixel, and round corners take no presses. */
    const [SIDE, CORNER] = [least / 2 - 1, least / 2 - 4];
    const SQUARE = [
      [0, 0], [0, -SIDE], [0, SIDE], [-SIDE, 0], [SIDE, 0],
      [-CORNER, -CORNER], [CORNER, -CORNER], [-CORNER, CORNER], [CORNER, CORNER],
    ] as const; // prettier-ignore
    const SHIFTS = [0, 8, -8];
    const reached = (one: Element): boolean =>
      one.checkVisibility({ visibilityProperty: true }) && !one.closest('[inert], .aloud');
    const targetOf = (one: Element): Element =>
      (one.matches('[type="checkbox"], [type="radio"]') && one.closest('label')) || one;
    const targets = [...document.querySelectorAll(CONTROLS)].filter(reached).map(targetOf);
    return [...new Set(targets)].flatMap((one) => {
      one.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      const { x, y, width, height } = one.getBoundingClientRect();
      const found = SHIFTS.some((shift) =>
        SQUARE.every(([dx, dy]) =>
          one.contains(document.elementFromPoint(x + width / 2 + dx, y + height / 2 + dy + shift)),
        ),
      );
      const name = one.textContent?.trim() || one.ariaLabel || one.id || one.className;
      return found ? [] : [`${name} (${Math.round(width)} x ${Math.round(height)})`];
    });
  }, LEAST);
