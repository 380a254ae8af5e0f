import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { oneLine } from '../../common/process/lifecycle.ts';
import { joinWard } from './join.ts';
import { newDevice } from './new-device.ts';
import { profileCommand } from './profile-check.ts';
import { refusalsCommand } from './refusals.ts';

const HELP = `Usage: countersign device new NAME              a device to begin with, in a folder NAME
       countersign device join FOLDER           enrol it in the simulated ward (npm start)
       countersign device run FOLDER            start it there

  --dir FOLDER   the ward’s folder (default .ward of this project, or COUNTERSIGN_DIR)
  --wait N       join: seconds to wait for an operator (default 300)

The tutorial is clients/device/TUTORIAL.md.
`;

const WARD = process.env['COUNTERSIGN_DIR'] ?? fileURLToPath(new URL('../../../.ward', import.meta.url));

async function deviceCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      dir: { type: 'string', default: WARD },
      wait: { type: 'string', default: '300' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return (process.stdout.write(HELP), 0);
  const [verb, folder] = positionals;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const now = Math.floor(Date.now() / 1000);
  if (folder === undefined) throw new Error('say: countersign device new|join|run NAME; --help tells more');
  if (verb === 'new') (await newDevice(folder, '.', now)).forEach(say);
  else if (verb === 'join')
    await joinWard({ folder, ward: values.dir, now, say, patienceMs: Number(values.wait) * 1000 });
  else if (verb === 'run') return runInWard(folder);
  else throw new Error(`there is no "device ${verb}"; --help shows what there is`);
  return 0;
}

/** The device’s own program, until Ctrl-C; Enter presses the key at the device. */
function runInWard(folder: string): Promise<number> {
  const args = [join(folder, 'device.ts'), '--config', join(folder, 'ward', 'device.json')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  process.stdout.write('The device runs. Enter presses the key at the device; Ctrl-C switches it off.\n');
  process.stdin.on('data', () => child.send('confirm'));
  process.on('SIGINT', () => undefined); // it reaches the device too, which ends in order
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      process.stdin.unref();
      resolve(code === 0 ? 0 : 1);
    });
  });
}

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => number | Promise<number>>> = {
  device: deviceCommand,
  profile: profileCommand,
  refusals: refusalsCommand,
};

try {
  const [name = '', ...rest] = process.argv.slice(2);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  process.exitCode = await (command ? command(rest) : Promise.reject(new Error('no such command')));
} catch (error) {
  process.stderr.write(`countersign: ${oneLine(error)}\n`);
  process.exitCode = 2;
}
