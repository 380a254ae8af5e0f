/**
 * The process that holds nfc-pcsc. It is forked by the supervisor (reader.ts) and killed by it without warning,
 * because the library can block the event loop or spin for ever; nothing else may import it.
 */
import { connect } from 'node:net';
import { ALIVE_EVERY_MS, type FromPcsc, readToPcsc } from './pcsc-messages.ts';
import { pcscReason } from './pcsc-reasons.ts';
import { Slot } from './pcsc-slot.ts';

/** How long a machine without a reader is given before it is reported as such. */
const NO_READER_MS = 500;

const nothing = (): void => undefined;
/** The library's debug lines hold whole APDUs. */
const SILENT = { log: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

const slots = new Set<Slot>();
let cards = 0;

function say(message: FromPcsc): void {
  if (process.connected) process.send?.(message);
}

function leave(reason: Extract<FromPcsc, { say: 'trouble' }>['reason']): void {
  for (const slot of slots) slot.gone();
  if (!process.connected || !process.send) process.exit(1);
  process.send({ say: 'trouble', reason } satisfies FromPcsc, () => process.exit(1));
}

const sayReaders = (): void => say({ say: 'readers', names: [...slots].map((slot) => slot.name) });

/** Without pcscd the library's constructor never returns: ask before calling it. */
function serviceAnswers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    probe.setTimeout(1_000, () => probe.destroy());
    probe.once('connect', () => resolve(true));
    probe.once('error', nothing);
    probe.once('close', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}

async function start(socket: string): Promise<void> {
  if (!(await serviceAnswers(socket))) return leave('no-service');
  let library: typeof import('nfc-pcsc');
  try {
    library = await import('nfc-pcsc');
  } catch {
    return leave('not-installed');
  }
  const nfc = new library.NFC(SILENT);
  nfc.on('error', () => leave('service-lost'));
  nfc.on('reader', (device) => {
    const slot = new Slot(device, () => ++cards, say);
    slots.add(slot);
    sayReaders();
    device.on('error', (error: unknown) => {
      slot.gone();
      if (pcscReason(error) === 'service-lost') leave('service-lost');
    });
    device.on('end', () => {
      slots.delete(slot);
      sayReaders();
    });
  });
  setTimeout(() => {
    if (slots.size === 0) sayReaders();
  }, NO_READER_MS);
}

/** Every reader of this machine: a station is one place, and people look for the one that blinks. */
async function signal(): Promise<void> {
  const shown = await Promise.all([...slots].map((slot) => slot.signal()));
  const how = shown.length === 0 ? 'no-reader' : shown.includes(true) ? 'shown' : 'unable';
  say({ say: 'signalled', how });
}

process.on('message', (value: unknown) => {
  const asked = readToPcsc(value);
  if (!asked) return;
  if ('signal' in asked) {
    void signal();
    return;
  }
  const slot = [...slots].find((each) => each.has(asked.card));
  if (slot) void slot.transmit(asked.request, asked.card, asked.command);
  else say({ say: 'failed', request: asked.request, reason: 'not-this-card' });
});
process.on('disconnect', () => process.exit(0));
setInterval(() => say({ say: 'alive' }), ALIVE_EVERY_MS);
void start(process.env['PCSCLITE_CSOCK_NAME'] ?? '');
