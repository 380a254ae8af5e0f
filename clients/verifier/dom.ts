import type { Kind } from '../common/page/icon.tsx';
import { SHAPES } from '../common/page/shapes.ts';

/** What stands inside an element. Text is only ever text: nothing here becomes markup. */
export type Inside = Node | string | false | undefined;

/**
 * An element with attributes and what stands inside. This page goes into every bundle, so it is small enough to do
 * without a library.
 */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...inside: readonly Inside[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside.filter((one) => one !== false && one !== undefined));
  return element;
}

/** The shape of a state. It says nothing to a screen reader: a word always stands beside it. */
export function icon(kind: Kind, size = '20'): Element {
  const box = { width: size, height: size, viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' };
  const drawing = drawn('svg', box);
  drawing.append(...SHAPES[kind].map(([tag, attributes]) => drawn(tag, attributes)));
  return drawing;
}

function drawn(tag: string, attributes: Readonly<Record<string, string>>): Element {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
