import { unwatchFile, watchFile, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type ProcessContext, runProcess } from '../common/process/lifecycle.ts';
import { startVirtualReader, virtualReaderMissing } from './virtual-pcscd.ts';

const HELP = `A virtual contactless reader in a private instance of the real pcscd.

Configuration (JSON):
  name    name of the reader, as PC/SC shows it
  driver  the virtual reader driver, as set-up built it`;

const CONFIG = z.strictObject({ name: z.string().min(1).max(60), driver: z.string().min(1) });

/** A person who looks for the light waits this long at most. */
const LOOK_MS = 200;

await runProcess({ name: 'virtual-reader', help: HELP, main });

async function main(context: ProcessContext): Promise<void> {
  const { name, driver } = context.readConfig(CONFIG);
  const missing = virtualReaderMissing();
  if (missing !== undefined) throw new Error(missing);
  // Paths of sockets have to be short: the ward's own folder may lie anywhere.
  const folder = await mkdtemp(join(tmpdir(), 'csr-'));
  context.onStop('folder', () => rm(folder, { recursive: true, force: true }));
  const reader = await startVirtualReader({ folder, name, driver, beside: true });
  context.onStop('reader', () => reader.stop());
  const { socket, cardSocket, blinkFile, readerName } = reader;
  writeFileSync(blinkFile, '', { mode: 0o600 });
  // Polled: it is one small file, and inotify is not on every system that has PC/SC.
  watchFile(blinkFile, { interval: LOOK_MS }, (now, before) => {
    if (now.size > before.size) context.log.info('the reader blinks and beeps', { reader: readerName });
  });
  context.onStop('light', () => unwatchFile(blinkFile));
  context.ready({ socket, cardSocket, blinkFile, readerName });
}
