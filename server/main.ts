import { describeConfig, readConfig } from './config.ts';
import { checkInstallation } from './gateway/opening/check.ts';
import { openGateway } from './gateway.ts';
import { realWorld } from './gateway/opening/outside.ts';
import { openDoors } from './gateway/opening/open-doors.ts';
import { programLog } from './gateway/watch/program-log.ts';

const HELP = `countersign gateway: stands between every clinician and every device.

${describeConfig()}
  --check              says whether it would start, as JSON, and opens nothing
  --help               this text
`;

/** Reads the configuration, opens the gateway, says that it is ready, and closes it once when asked to. */
async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  if (argv.includes('--check')) {
    const rest = argv.filter((word) => word !== '--check');
    process.stdout.write(`${JSON.stringify(await checkInstallation(rest, process.env))}\n`);
    return;
  }
  const log = programLog();
  const configured = () => readConfig(argv, process.env);
  const gateway = await openGateway(configured(), { ...realWorld(log), configured }, openDoors);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
  log.info('open', { port: gateway.doors.ports.clinicians });
  process.send?.({ ready: true, ...gateway.doors.ports });
}

function fail(error: unknown): never {
  process.stderr.write(`gateway: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

try {
  await main();
} catch (error) {
  fail(error);
}
