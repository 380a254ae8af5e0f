import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Command, ExitCode } from './command.ts';

const WARD = process.env['COUNTERSIGN_DIR'] ?? fileURLToPath(new URL('../../.ward', import.meta.url));
const PATIENCE_MS = 5_000;

/** Makes something happen to a simulated patient, for whoever watches. */
export const scenario: Command = {
  says: 'make something happen to a simulated patient',
  help: `  NAME WHAT      for example: countersign scenario monitor-3 desaturation
                 NAME is monitor-1 to monitor-8
                 WHAT is arrhythmia, desaturation, lead-off, motion, over-range, link-loss or recover,
                 or what somebody does at the bed: acknowledge or pause
  --dir FOLDER   the ward's folder (default .ward, or COUNTERSIGN_DIR)
  --json         one JSON object on standard output`,
  async run(args): Promise<ExitCode> {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { dir: { type: 'string' }, json: { type: 'boolean' } },
    });
    if (positionals.length !== 2) throw new Error('say which patient and what, like: monitor-3 desaturation');
    const answer = await tell(join(values.dir ?? WARD, 'scenario.sock'), positionals.join(' '));
    if (answer !== 'ok') throw new Error(answer);
    const [name, what] = positionals;
    process.stdout.write(
      values.json === true ? `${JSON.stringify({ name, what })}\n` : `${what} at ${name}: watch it happen\n`,
    );
    return 0;
  },
};

function tell(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let heard = '';
    socket.setEncoding('utf8');
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('the simulated patients do not answer')));
    socket.on('connect', () => socket.write(`${line}\n`));
    socket.on('data', (chunk: string) => {
      heard += chunk;
    });
    socket.on('end', () => resolve(heard.trim()));
    socket.on('error', (error) => {
      const away = 'code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED');
      reject(away ? new Error('no patients are simulated here: is the ward running? (npm start)') : error);
    });
  });
}
