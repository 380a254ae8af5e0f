/** What has to be closed again, the last thing opened first. */
export class Closing {
  readonly #steps: (() => unknown)[] = [];

  /** Adds a step. */
  add(close: () => unknown): void {
    this.#steps.push(close);
  }

  /** Runs every step, also after one failed; then throws what the first failed with. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0).toReversed()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
