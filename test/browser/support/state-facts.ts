import type { Page } from 'playwright-core';
import { missedTargets } from './targets.ts';

/** What is looked at in every state of the tablet, in one go: a walk through all of them takes a while. */
export interface StateFacts {
  /** Where the emergency control is (px, from the left and from the bottom), and whether it can be pressed. */
  readonly emergency:
    | {
        readonly x: number;
        readonly bottom: number;
        readonly width: number;
        readonly height: number;
        readonly free: boolean;
      }
    | undefined;
  readonly badge: string | undefined;
  readonly title: string;
  readonly text: string;
  /** Parts of who the patient is, and of the marks beside it, that are cut or stand under something else. */
  readonly who: readonly string[];
  /** Controls that go beyond the edge of the screen. */
  readonly beyond: readonly string[];
  /** Buttons that cannot be pressed and look as if they could. */
  readonly inviting: readonly string[];
  /** Controls that a finger misses. */
  readonly missed: readonly string[];
}

export const stateFacts = async (page: Page): Promise<StateFacts> => ({
  ...(await page.evaluate(() => {
    const button = document.querySelector('.emergency');
    const box = button?.getBoundingClientRect();
    const beside = document.querySelector('.which')?.getBoundingClientRect().left ?? 0;
    return {
      emergency: box && {
        x: box.x,
        bottom: innerHeight - box.bottom,
        width: box.width,
        height: box.height,
        free: document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === button,
      },
      badge: document.querySelector('.badge')?.textContent,
      title: document.title,
      text: document.body.innerText,
      who: [...document.querySelectorAll<HTMLElement>('.who, .who > *, .marks, .marks > *')]
        .filter((one) => {
          const { right } = one.getBoundingClientRect();
          return one.offsetWidth < one.scrollWidth || right > (one.closest('.who') ? beside : innerWidth);
        })
        .map(({ innerText }) => innerText),
      beyond: [...document.querySelectorAll('button, a.button, input, select, textarea')]
        .filter((one) => one.getBoundingClientRect().right > innerWidth)
        .map((one) => one.textContent || one.id),
      inviting: [...document.querySelectorAll('.button:is([aria-disabled="true"], :disabled)')]
        .filter((one) => {
          const { borderTopStyle, backgroundColor } = getComputedStyle(one);
          const primary = document.createElement('button');
          primary.className = 'button primary';
          document.body.append(primary);
          const { backgroundColor: filled } = getComputedStyle(primary);
          primary.remove();
          return borderTopStyle !== 'dashed' || backgroundColor === filled;
        })
        .map(({ textContent }) => textContent),
    };
  })),
  missed: await missedTargets(page),
});
