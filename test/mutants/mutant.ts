/** One check, and the line that would take it away. */
export interface Mutant {
  readonly id: string;
  /** What the check holds, as a sentence. */
  readonly check: string;
  /** Source file, from the root. */
  readonly file: string;
  /** Exact source; it occurs once in the file. */
  readonly find: string;
  /** What stands there instead: the check removed, or turned round. */
  readonly replace: string;
  /** The test that must fail then: its file, and its full title. */
  readonly test: { readonly file: string; readonly title: string };
}

type Row = readonly [id: string, check: string, find: string, replace: string, file: string, title: string];

/** The mutants of one source file. Test files are named without folder and ending: `place` is test/device/place.test.ts. */
export const mutantsOf = (file: string, rows: readonly Row[]): readonly Mutant[] =>
  rows.map(([id, check, find, replace, test, title]) => ({
    id,
    check,
    file,
    find,
    replace,
    test: { file: `test/${test.includes('/') ? test : `device/${test}`}.test.ts`, title },
  }));
