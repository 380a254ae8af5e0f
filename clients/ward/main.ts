import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPages } from '../host/build.mjs';
import { oneLine, programVersion } from '../common/process/lifecycle.ts';
import { ask, QUESTIONS } from './ask.ts';
import { change } from './change.ts';
import { enrolments } from './enrolments.ts';
import { CONTROL, LIVING_DEVICES, LIVING_WARD, MONITORS } from './living.ts';
import { notices } from './notices.ts';
import { withoutNfc } from './plan.ts';
import { provision } from './provision.ts';
import { resetWard } from './reset.ts';
import { startWard } from './start.ts';

const HELP = `Usage: npm start -- [options]              start the simulated ward
       npm run demo -- [options]           walk through the ceremony, attacks included
       npx --no countersign reset          remove everything the ward keeps

  --dir FOLDER   folder of the ward's whole state (default .ward, or COUNTERSIGN_DIR)
  --no-nfc       leave out the card reader and the pacemaker
  --yes          reset: do not ask
  --json         demo, reset: machine-readable result
  --bundle FILE  demo: keep the evidence bundle of one high-risk command
  --help         this text
  --version      the program's version
`;

const DEFAULT_FOLDER =
  process.env['COUNTERSIGN_DIR'] ?? fileURLToPath(new URL('../../.ward', import.meta.url));
/** What people of the hospital ask of the authority, not of the gateway. */
const ORDERS: Readonly<Record<string, (folder: string, args: readonly string[]) => Promise<number>>> = {
  change,
  enrolments,
  notices,
};
const OLDEST_NODE = [24, 15] as const;

async function main(): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new Error(
      `Node ${OLDEST_NODE.join('.')} or newer is needed, this is ${process.version}: start it with npm start`,
    );
  }
  const question = process.argv[2];
  if (question !== undefined && Object.hasOwn(QUESTIONS, question)) {
    const rest = process.argv.slice(3);
    return ask(question, folderOf(rest), rest);
  }
  const order = question === undefined ? undefined : ORDERS[question];
  if (order) {
    const rest = process.argv.slice(3);
    return order(folderOf(rest), rest);
  }
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      'no-nfc': { type: 'boolean' },
      yes: { type: 'boolean' },
      json: { type: 'boolean' },
      bundle: { type: 'string' },
      help: { type: 'boolean' },
      version: { type: 'boolean' },
    },
  });
  const [command = 'start'] = positionals;
  const folder = values.dir ?? DEFAULT_FOLDER;
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.version === true) {
    process.stdout.write(`countersign ${programVersion()}\n`);
    return 0;
  }
  switch (command) {
    case 'start':
      await startWard({
        folder,
        processes: values['no-nfc'] === true ? withoutNfc(LIVING_WARD) : LIVING_WARD,
        async prepare(at, ports) {
          await buildPages();
          await provision({
            folder: at,
            ports,
            now: Math.floor(Date.now() / 1000),
            policy: new URL('../../server/authorize/demo-policy.json', import.meta.url),
            devices: LIVING_DEVICES,
          });
        },
        patients: { monitors: MONITORS.map(({ name }) => name), control: CONTROL },
        say: (line) => process.stdout.write(`${line}\n`),
        signal: stopSignal(),
      });
      return 0;
    case 'demo': {
      const { runDemo } = await import('./demo.ts');
      return runDemo({ json: values.json === true, bundle: values.bundle, signal: stopSignal() });
    }
    case 'reset':
      return resetWard({ folder, yes: values.yes === true, json: values.json === true });
    default:
      throw new Error(`there is no command "${command}"; try --help`);
  }
}

/** `--dir` of a question's arguments, or where wards are kept. */
function folderOf(args: readonly string[]): string {
  const at = args.indexOf('--dir');
  return (at >= 0 ? args[at + 1] : undefined) ?? DEFAULT_FOLDER;
}

/** Aborted by the first signal that ends the ward. npm and the terminal may both deliver the same Ctrl-C. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
  process.on('disconnect', () => controller.abort());
  return controller.signal;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`ward: ${oneLine(error)}\n`);
  process.exitCode = process.argv[2] === 'start' ? 1 : 2; // 2: it could not be tried
}
