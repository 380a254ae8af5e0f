/** What stands inside an element. Text is only ever text: nothing here becomes markup. */
export type Inside = Node | string | false | undefined;

/** An element with attributes and what stands inside. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...inside: readonly Inside[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside.filter((one): one is Node | string => one !== false && one !== undefined));
  return element;
}

/** A button that can be pressed once at a time: while its work runs it waits. */
export function button(label: string, work: () => void | Promise<void>, look = 'plain'): HTMLButtonElement {
  const element = make('button', { type: 'button', class: look }, label);
  element.addEventListener('click', () => {
    if (element.disabled) return;
    element.disabled = true;
    void Promise.resolve(work()).finally(() => (element.disabled = false));
  });
  return element;
}

/** A labelled field. */
export function field(label: string, input: HTMLElement, hint?: string): HTMLElement {
  const id = `field-${label.replaceAll(/\W+/gu, '-').toLowerCase()}`;
  input.id = id;
  const says = hint === undefined ? undefined : make('span', { class: 'hint', id: `${id}-hint` }, hint);
  if (says) input.setAttribute('aria-describedby', says.id);
  return make('div', { class: 'field' }, make('label', { for: id }, label), input, says);
}

/** A sentence with its kind: a shape and a word, never a colour alone. */
export function notice(
  kind: 'good' | 'stop' | 'unknown' | 'plain',
  title: string,
  ...lines: readonly string[]
) {
  const sign = { good: '✓', stop: '■', unknown: '?', plain: 'i' }[kind];
  const role = kind === 'stop' || kind === 'unknown' ? 'alert' : 'status';
  return make(
    'div',
    { class: `notice ${kind}`, role },
    make('span', { class: 'sign', 'aria-hidden': 'true' }, sign),
    make('div', {}, make('h2', {}, title), ...lines.map((line) => make('p', {}, line))),
  );
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  return make(
    'table',
    {},
    make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)))),
    make('tbody', {}, ...rows.map((row) => make('tr', {}, ...row.map((cell) => make('td', {}, cell))))),
  );
}
