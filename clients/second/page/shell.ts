import type { Place } from '../gate/place.ts';
import { button, type Inside, make } from './dom.ts';

/** What a screen is made of. */
export interface View {
  readonly title: string;
  readonly body: readonly Inside[];
  /** What can be done next, the main thing last. */
  readonly actions?: readonly HTMLElement[];
}

const LOCK_AFTER_MS = 5 * 60_000;
const WARN_MS = 60_000;
const THEME = 'second-signer.dark';

/** The frame of the page: who, where, what time it is, and one screen in the middle. */
export class Shell {
  readonly #who = make('span', {});
  readonly #clock = make('span', { class: 'mono' });
  readonly #main = make('main', { tabindex: '-1' });
  readonly #foot = make('footer');
  readonly #lock = button('Lock', () => this.#locked(), 'tall');
  #locked: () => void = () => undefined;
  #person = '';
  #touched = Date.now();

  constructor(place: Place) {
    const badge = place.simulation && make('span', { class: 'badge' }, 'SIMULATION');
    const head = [make('strong', {}, 'Countersign'), 'Second signature', badge];
    const theme = button('Light or dark', () => this.#turn());
    const space = make('span', { class: 'space' });
    this.#lock.hidden = true;
    document.body.replaceChildren(
      make('header', {}, ...head, space, this.#clock, this.#who, theme),
      this.#main,
      this.#foot,
    );
    document.documentElement.toggleAttribute('data-dark', localStorage.getItem(THEME) === 'yes');
    if (place.simulation) document.title = `SIMULATION: ${document.title}`;
    for (const touch of ['pointerdown', 'keydown'])
      addEventListener(touch, () => (this.#touched = Date.now()));
    setInterval(() => this.#tick(), 1_000);
    this.#tick();
  }

  show({ title, body, actions = [] }: View): void {
    const heading = make('h1', { tabindex: '-1' }, title);
    this.#main.replaceChildren(heading, ...body.filter((one) => one !== false && one !== undefined));
    this.#foot.replaceChildren(this.#lock, make('span', { class: 'space' }), ...actions);
    heading.focus();
  }

  /** Shows who works here, and locks when nobody does for five minutes. */
  open(person: string, locked: () => void): void {
    this.#person = person;
    this.#touched = Date.now();
    this.#lock.hidden = false;
    this.#locked = () => {
      this.#person = '';
      this.#lock.hidden = true;
      this.#locked = () => undefined;
      locked();
    };
    this.#tick();
  }

  /** A command under way is never cut off. */
  busy(): void {
    this.#touched = Date.now();
  }

  #tick(): void {
    this.#clock.textContent = new Date().toLocaleTimeString('en-GB');
    const left = LOCK_AFTER_MS - (Date.now() - this.#touched);
    if (this.#person === '') return void (this.#who.textContent = 'Nobody is signed in');
    if (left <= 0) return this.#locked();
    const soon =
      left < WARN_MS ? `locks in ${Math.ceil(left / 1000)} s` : `locks in ${Math.ceil(left / 60_000)} min`;
    this.#who.textContent = `${this.#person}, ${soon}`;
  }

  #turn(): void {
    const dark = document.documentElement.toggleAttribute('data-dark');
    localStorage.setItem(THEME, dark ? 'yes' : 'no');
  }
}
