/**
 * Who works at this page, from when they come until they leave. What somebody began ends with them: its result never comes,
 * so that nothing of a patient takes the place of the screen that says that nobody is signed in.
 */
export class Presence {
  #people = 0;

  /** Nobody is here any more. */
  left(): void {
    this.#people++;
  }

  /** Some work of whoever is here now; it settles while they are here, and never after that. */
  async own<T>(work: () => Promise<T>): Promise<T> {
    const began = this.#people;
    try {
      return await work();
    } finally {
      if (began !== this.#people) await new Promise<never>(() => undefined);
    }
  }
}
