import { connect } from 'node:net';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import {
  BAG_WORDS,
  BATTERY_WORDS,
  CARD_WORDS,
  DEEDS,
  doneSays,
  PHONE_WORDS,
  SIMULATOR_CSS,
  simulatorPage,
  type Wristband,
} from './simulator-page.ts';

export interface SimulatorParts {
  /** On 127.0.0.1 alone; 0 for one that is free. */
  readonly port: number;
  /** Monitors of the simulated patients, by name. */
  readonly monitors: readonly string[];
  /** What stands on the wristband of each patient, and when they were born: a visitor cannot look. */
  readonly wristbands: readonly Wristband[];
  /** The pages of the people of this ward. */
  readonly pages: readonly { readonly title: string; readonly url: string }[];
  /** Unix socket that takes scenarios for them. */
  readonly control: string;
  /** Says one word to a device's process; undefined when the ward has no card reader. */
  readonly card: ((word: (typeof CARD_WORDS)[number]) => void) | undefined;
  /** Says one word to the phone of whoever wears the watch; undefined when nobody wears one. */
  readonly phone: ((word: (typeof PHONE_WORDS)[number]) => void) | undefined;
  /** Says one word to the pump; undefined when there is none. */
  readonly bag: ((word: (typeof BAG_WORDS)[number]) => void) | undefined;
  /** Says one word about the battery to a device's process. */
  readonly battery: (device: 'pacemaker-1' | 'pump-1', word: (typeof BATTERY_WORDS)[number]) => void;
}

export interface Simulator {
  readonly url: string;
  close(): Promise<void>;
}

/** The name the page is opened by: whoever reaches this port under another name was led here by somebody else. */
const NAME = 'simulator.localhost';
/** Name of its port. */
export const SIMULATOR = 'simulator';
export const simulatorUrl = (port: number): string => `http://${NAME}:${port}`;
const MAX_BODY = 200;
const PATIENCE_MS = 3_000;

/** What the page shows when something did not work. */
class NotDone extends Error {
  readonly status: number;
  constructor(status: number, says: string) {
    super(says);
    this.status = status;
  }
}

/**
 * SIMULATION ONLY. A page on which a visitor plays the patients: what happens to them, and where the pacemaker lies. Forms
 * without a script, for this machine alone, and only asked by itself.
 */
export async function openSimulator(parts: SimulatorParts): Promise<Simulator> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const known = error instanceof NotDone;
      send(response, known ? error.status : 503, page(known ? error.message : 'It did not work just now.'));
    });
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.maxConnections = 32;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(parts.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const host = `${NAME}:${typeof address === 'object' ? (address?.port ?? parts.port) : parts.port}`;
  const url = `http://${host}/`;
  const page = (says?: string): string => simulatorPage(parts, says);

  const deed = z.union([
    z.strictObject({ bed: z.enum(parts.monitors), do: z.enum(DEEDS) }),
    z.strictObject({ bed: z.literal('pacemaker-1'), do: z.enum(CARD_WORDS) }),
    z.strictObject({ bed: z.literal('watch-1'), do: z.enum(PHONE_WORDS) }),
    z.strictObject({ bed: z.literal('pump-1'), do: z.enum(BAG_WORDS) }),
    z.strictObject({ bed: z.enum(['pacemaker-1', 'pump-1']), do: z.enum(BATTERY_WORDS) }),
  ]);
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.host !== host) throw new NotDone(421, `Open this page as ${url}`);
    if (request.method === 'GET' && request.url === '/simulator.css')
      return send(response, 200, SIMULATOR_CSS, 'text/css');
    if (request.url !== '/') throw new NotDone(404, 'There is no such page here.');
    if (request.method === 'GET') return send(response, 200, page());
    if (request.method !== 'POST') throw new NotDone(405, 'This page is read, or sends its forms.');
    if (request.headers.origin !== `http://${host}`) throw new NotDone(403, 'Asked from another page.');
    const asked = deed.safeParse(Object.fromEntries(new URLSearchParams(await bodyOf(request))));
    if (!asked.success) throw new NotDone(400, 'There is no such patient, or nothing like that can happen.');
    const { bed, do: what } = asked.data;
    if (isCardWord(what)) {
      if (!parts.card) throw new NotDone(409, 'This ward runs without a card reader.');
      parts.card(what);
    } else if (what === 'away' || what === 'back') {
      if (!parts.phone) throw new NotDone(409, 'Nobody wears a watch in this ward.');
      parts.phone(what);
    } else if (what === 'run-empty' || what === 'new-bag') {
      if (!parts.bag) throw new NotDone(409, 'There is no pump in this ward.');
      parts.bag(what);
    } else if (what === 'battery-low' || what === 'battery-good') {
      if (bed === 'pacemaker-1' ? !parts.card : !parts.bag) throw new NotDone(409, 'It is not in this ward.');
      parts.battery(bed, what);
    } else await play(parts.control, `${bed} ${what}`);
    send(response, 200, page(doneSays(bed, what)));
  }
  return {
    url,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

const isCardWord = (word: string): word is (typeof CARD_WORDS)[number] =>
  CARD_WORDS.some((one) => one === word);

/** One line to the scenario player. Throws NotDone with its answer when that is not `ok`. */
async function play(control: string, line: string): Promise<void> {
  const said = await new Promise<string>((resolve, reject) => {
    const socket = connect(control, () => socket.write(`${line}\n`));
    let heard = '';
    socket.setEncoding('utf8');
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk: string) => (heard += chunk));
    socket.once('end', () => resolve(heard.trim()));
    socket.once('error', reject);
  }).catch(() => {
    throw new NotDone(503, 'The simulated patients are not there just now. Try again in a moment.');
  });
  if (said !== 'ok') throw new NotDone(400, said);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request) {
    if (!(part instanceof Uint8Array) || (size += part.length) > MAX_BODY)
      throw new NotDone(413, 'That is too long.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, status: number, body: string, type = 'text/html'): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    // Not "no-referrer": a form would then send Origin: null, and could not be told from one of another page.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
