import type { Place } from '../gate/place.ts';
import { language, speak, t } from '../texts/texts.ts';
import { button, type Inside, make, notice } from './dom.ts';
import { left } from './words-for-people.ts';

/** What a screen is made of. */
export interface View {
  readonly title: string;
  readonly body: readonly Inside[];
  /** What is read aloud first, when it is not the title. */
  readonly first?: HTMLElement;
  /** What can be done next, the main thing last. */
  readonly actions?: readonly HTMLElement[];
  /** Who has signed in, where the tablet is not approved yet. */
  readonly arriving?: string;
}

const LOCK_AFTER_MS = 5 * 60_000;
const WARN_MS = 60_000;
const THEME = 'second-signer.dark';
const LANGUAGE = 'second-signer.language';

/** From here on the page speaks the language that was chosen on this tablet before, or else the browser's. */
export function speakAsBefore(): void {
  speak(localStorage.getItem(LANGUAGE) ?? navigator.language.slice(0, 2));
  document.documentElement.lang = language();
}

/** The frame of the page: who, where, what time it is, and one screen in the middle. */
export class Shell {
  readonly #who = make('span', {});
  readonly #clock = make('span', { class: 'mono' });
  /** Stands above every screen, and stays when the screen changes. */
  readonly #call = make('div', { class: 'told', 'aria-live': 'assertive' });
  readonly #main = make('main', { tabindex: '-1' }, this.#call);
  readonly #foot = make('footer');
  readonly #lock = button(t().page.lock, () => this.#locked(), 'tall');
  readonly #speak = button(t().page.other, turnLanguage);
  #locked: () => void = () => undefined;
  #person = '';
  #about = '';
  #arriving = '';
  #touched = Date.now();
  #ends: { readonly until: number; readonly over: () => void } = { until: Infinity, over: () => undefined };

  constructor(place: Place) {
    const { page } = t();
    const badge = place.simulation && make('span', { class: 'badge' }, page.simulation);
    const head = [make('strong', {}, 'Countersign'), page.name, badge];
    const theme = button(page.theme, () => this.#turn());
    const space = make('span', { class: 'space' });
    this.#lock.hidden = true;
    document.body.replaceChildren(
      make('header', {}, ...head, space, this.#clock, this.#who, this.#speak, theme),
      this.#main,
      this.#foot,
      make('p', { class: 'portrait' }, page.portrait),
    );
    document.documentElement.toggleAttribute('data-dark', localStorage.getItem(THEME) === 'yes');
    document.title = `${place.simulation ? `${page.simulation}: ` : ''}Countersign, ${page.name}`;
    for (const touch of ['pointerdown', 'keydown'])
      addEventListener(touch, () => (this.#touched = Date.now()));
    setInterval(() => this.#tick(), 1_000);
    this.#tick();
  }

  /** What stands under the title of every screen from now on; nothing when empty. */
  about(text: string): void {
    this.#about = text;
  }

  /** What is on the screen ends by itself at that moment (Unix ms), with `over`; at no moment when it is infinite. */
  endsAt(until: number, over: () => void = () => undefined): void {
    this.#ends = { until, over };
  }

  /** When what is on the screen ends (Unix ms). */
  get ends(): number {
    return this.#ends.until;
  }

  show({ title, body, first, actions = [], arriving = '' }: View): void {
    this.#arriving = arriving;
    this.#tick();
    const heading = make('h1', { tabindex: '-1' }, title);
    const about = this.#about === '' ? [] : [make('p', { class: 'about' }, this.#about)];
    // A list that changes by itself leaves whoever stands at a row where they are.
    const at = document.activeElement?.getAttribute('data-row');
    while (this.#call.nextSibling) this.#call.nextSibling.remove();
    this.#main.append(heading, ...about, ...body.filter((one) => one !== false && one !== undefined));
    this.#foot.replaceChildren(this.#lock, make('span', { class: 'space' }), ...actions);
    const row = [...this.#main.querySelectorAll<HTMLElement>('[data-row]')].find(
      (one) => one.dataset['row'] === at,
    );
    (first ?? row ?? heading).focus();
  }

  /** Shows who works here, and locks when nobody does for five minutes. */
  open(person: string, locked: () => void): void {
    this.#person = person;
    this.#touched = Date.now();
    this.#lock.hidden = false;
    this.#speak.hidden = true; // a language is chosen before the work, and not in its middle
    this.#locked = locked;
    this.#tick();
  }

  /** Nobody works here any more. */
  left(): void {
    this.endsAt(Infinity);
    this.#person = '';
    this.seen();
    this.#lock.hidden = true;
    this.#speak.hidden = false;
    this.#locked = () => undefined;
    this.#tick();
  }

  /** Whoever works here is called to a bed: said on every screen, until they have seen it. */
  called(): void {
    this.#tell(t().call.called, t().call.look);
  }

  /** Somebody used the emergency door: said in the same place, so that nobody has to look into the list for it. */
  rescued(): void {
    this.#tell(t().why.news, t().why.newsSays);
  }

  /** Somebody opened a patient of others. */
  brokeGlass(): void {
    this.#tell(t().glass.news, t().glass.newsSays);
  }

  #tell(title: string, line: string): void {
    const { call } = t();
    const says = notice('stop', title, line);
    says.append(button(call.seen, () => this.seen()));
    this.#call.replaceChildren(says);
  }

  /** The call was seen, or whoever was called has left. */
  seen(): void {
    this.#call.replaceChildren();
  }

  /** A command under way is never cut off. */
  busy(): void {
    this.#touched = Date.now();
  }

  #tick(): void {
    this.#clock.textContent = new Date().toLocaleTimeString('en-GB');
    for (const one of this.#main.querySelectorAll<HTMLElement>('[data-until]'))
      one.textContent = left(Number(one.dataset['until']));
    const { until, over } = this.#ends;
    if (Date.now() >= until) {
      this.endsAt(Infinity);
      over();
    }
    const still = LOCK_AFTER_MS - (Date.now() - this.#touched);
    const { page } = t();
    if (this.#person === '') {
      this.#who.textContent = this.#arriving === '' ? page.nobody : this.#arriving;
      return;
    }
    if (still <= 0) return this.#locked();
    this.#who.textContent =
      still < WARN_MS
        ? page.locksSoon(this.#person, String(Math.ceil(still / 1000)))
        : page.locksIn(this.#person, String(Math.ceil(still / 60_000)));
  }

  #turn(): void {
    const dark = document.documentElement.toggleAttribute('data-dark');
    localStorage.setItem(THEME, dark ? 'yes' : 'no');
  }
}

/** Nobody is signed in: the page begins anew, and loses nothing. */
function turnLanguage(): void {
  localStorage.setItem(LANGUAGE, language() === 'de' ? 'en' : 'de');
  location.reload();
}
