/** The check that an attack meets, taken out: mutants by name, and lines of this table's own. */
export interface Control {
  /** Names of mutants in test/mutants: each takes one check out. */
  readonly off: readonly string[];
  /** More lines that go: file, exact source (once in the file), what stands there instead. */
  readonly edits?: readonly (readonly [file: string, find: string, replace: string])[];
}

export const off = (...names: string[]): Control => ({ off: names });
/** Edits in one file: exact source, and what stands there instead. */
export const edit = (
  file: string,
  ...pairs: readonly (readonly [find: string, replace: string])[]
): Control => ({
  off: [],
  edits: pairs.map(([find, replace]) => [file, find, replace] as const),
});

/** Several checks hold the same attack: all of them go. */
export const all = (...controls: readonly Control[]): Control => ({
  off: controls.flatMap((one) => one.off),
  edits: controls.flatMap((one) => one.edits ?? []),
});
