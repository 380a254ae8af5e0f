/** 0 done or true, 1 a check failed, 2 it could not be checked (or was not understood). */
export type ExitCode = 0 | 1 | 2;

export interface Command {
  /** One line for the list of commands. */
  readonly says: string;
  /** Everything after the usage line of its own `--help`. */
  readonly help: string;
  /** It answers `--help` itself, for each of its subcommands. */
  readonly ownHelp?: true;
  /** Gets what follows the command's name. Every command understands `--json`. */
  run(args: readonly string[]): ExitCode | Promise<ExitCode>;
}
