import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { isScenario, type Scenario, SCENARIOS } from './patient.ts';

/** What somebody at the bedside can do, or what can happen to the patient there. */
export interface Playing {
  play(scenario: Scenario): void;
  press(button: Button): void;
}

const BUTTONS = ['acknowledge', 'pause'] as const;
type Button = (typeof BUTTONS)[number];
const isButton = (word: string): word is Button => BUTTONS.some((name) => name === word);

const MAX_LINE = 200;

/** The answer to one line: `ok`, or what would have been understood. */
export function playLine(line: string, beds: ReadonlyMap<string, Playing>): string {
  const [name = '', word = ''] = line.trim().split(/\s+/u);
  const bed = beds.get(name);
  if (!bed)
    return `there is no ${name === '' ? 'name' : `"${name}"`}; choose from ${[...beds.keys()].join(', ')}`;
  if (isScenario(word)) bed.play(word);
  else if (isButton(word)) bed.press(word);
  else return `choose from ${[...SCENARIOS, ...BUTTONS].join(', ')}`;
  return 'ok';
}

/**
 * Lets a visitor make things happen: a unix socket in the ward's own folder takes lines like `monitor-3 desaturation`.
 * A socket, so that nobody outside of this machine and this user can.
 */
export async function openPlayer(
  path: string,
  beds: ReadonlyMap<string, Playing>,
): Promise<{ close(): Promise<void> }> {
  rmSync(path, { force: true }); // left by a process that was killed
  const server = createServer((socket) => converse(socket, beds));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return { close: () => new Promise((resolve) => void server.close(() => resolve())) };
}

function converse(socket: Socket, beds: ReadonlyMap<string, Playing>): void {
  let heard = '';
  socket.setEncoding('utf8');
  socket.setTimeout(5_000, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    heard += chunk;
    if (heard.length > MAX_LINE) socket.destroy();
    else if (heard.includes('\n')) socket.end(`${playLine(heard.slice(0, heard.indexOf('\n')), beds)}\n`);
  });
}
