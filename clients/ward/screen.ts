import { styleText } from 'node:util';

/** How the demonstration speaks: one line a fact, a mark in front, colour where the terminal has it. */
export interface Screen {
  title(text: string): void;
  say(text: string): void;
  good(text: string): void;
  refused(text: string): void;
  wait(text: string): void;
}

type Style = Parameters<typeof styleText>[0];

/** Writes to a stream; `quiet` keeps it silent (for --json). */
export function screen(out: NodeJS.WriteStream, quiet: boolean): Screen {
  const colour = out.isTTY && process.env['NO_COLOR'] === undefined;
  const style = (kind: Style, text: string): string => (colour ? styleText(kind, text) : text);
  const line = (text: string): void => {
    if (!quiet) out.write(`${text}\n`);
  };
  return {
    title: (text) => line(`\n${style('bold', text)}`),
    say: (text) => line(`    ${text}`),
    good: (text) => line(`  ${style('green', '✔')} ${text}`),
    refused: (text) => line(`  ${style('red', '✘')} ${text}`),
    wait: (text) => line(`  ${style('yellow', '…')} ${text}`),
  };
}
