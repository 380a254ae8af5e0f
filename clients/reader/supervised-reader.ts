import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { ExchangeFailure, ReaderTrouble, Signalled } from '../../server/protocol/link/station.ts';
import { type FromPcsc, readFromPcsc, type ToPcsc } from './pcsc-messages.ts';
import { ExchangeFailed, type Reader, type ReaderEvents, type SeenCard } from './reader.ts';

export interface SupervisedReaderOptions {
  /** The socket of the smart card service. */
  readonly pcscSocket: string;
  /** Longest wait for one APDU. Default 10 s: twice what ISO 14443-4 lets a card take without asking for more. */
  readonly exchangeMs?: number;
  /** Silence after which the process counts as hung. Default 3 s: six missed signs of life. */
  readonly hungMs?: number;
}

/** Where Debian, Fedora and Arch have the service's socket. */
export const SYSTEM_PCSC_SOCKET = '/run/pcscd/pcscd.comm';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000; // a nurse who plugs the reader in again waits at most this long
const STEADY_MS = 10_000;
const PROBE_MS = 1_000;
const SIGNAL_MS = 3_000;
const CHILD = fileURLToPath(new URL('./pcsc.ts', import.meta.url));
const SETPRIV = '/usr/bin/setpriv';

interface Waiting {
  readonly session: number;
  settle(result: Bytes | ExchangeFailure): void;
}

/**
 * The readers behind nfc-pcsc, which runs in a process of its own: a hang or a crash there costs the exchange
 * under way (its outcome is unknown) and a new process, never this one.
 */
export function superviseReader(options: SupervisedReaderOptions): Reader {
  return new SupervisedReader(options);
}

class SupervisedReader implements Reader {
  readonly #options: SupervisedReaderOptions;
  #events: ReaderEvents | undefined;
  #child: ChildProcess | undefined;
  #closed = false;
  #failures = 0;
  #startedAt = 0;
  #retry: NodeJS.Timeout | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #trouble: ReaderTrouble | undefined;
  #lastSession = 0;
  #lastRequest = 0;
  /** By the child's own number of the card; emptied with the child. At most one per reader. */
  readonly #cards = new Map<number, SeenCard>();
  /** Who waits to hear that the readers showed themselves; each for SIGNAL_MS at most. */
  readonly #shown: ((how: Signalled) => void)[] = [];
  /** At most one per session. */
  readonly #waiting = new Map<number, Waiting>();

  constructor(options: SupervisedReaderOptions) {
    this.#options = options;
  }

  listen(events: ReaderEvents): void {
    this.#events = events;
    void this.#start();
  }

  async transmit(session: number, command: Bytes): Promise<Bytes> {
    const card = [...this.#cards].find(([, seen]) => seen.session === session)?.[0];
    if (card === undefined) throw new ExchangeFailed('not-this-card');
    if ([...this.#waiting.values()].some((waiting) => waiting.session === session))
      throw new ExchangeFailed('busy');
    const request = ++this.#lastRequest;
    const result = await new Promise<Bytes | ExchangeFailure>((resolve) => {
      // The library cannot cancel: only the end of its process frees its threads.
      const timer = setTimeout(() => this.#kill('hung', 'no-answer'), this.#options.exchangeMs ?? 10_000);
      const settle = (value: Bytes | ExchangeFailure): void => {
        clearTimeout(timer);
        this.#waiting.delete(request);
        resolve(value);
      };
      this.#waiting.set(request, { session, settle });
      this.#child?.send({ request, card, command } satisfies ToPcsc);
    });
    if (typeof result === 'string') throw new ExchangeFailed(result);
    return result;
  }

  async signal(): Promise<Signalled> {
    const child = this.#child;
    if (!child) return 'no-reader';
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('unable'), SIGNAL_MS);
      this.#shown.push((how) => {
        clearTimeout(timer);
        resolve(how);
      });
      child.send({ signal: true } satisfies ToPcsc);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const child = this.#child;
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    this.#kill(undefined, 'reader-lost');
    await ended;
  }

  async #start(): Promise<void> {
    if (!(await answers(this.#options.pcscSocket))) {
      this.#setTrouble(this.#trouble === 'service-lost' ? 'service-lost' : 'no-service');
      return this.#again();
    }
    if (this.#closed) return;
    // Bound to this process's life where the system can: a spinning child would not notice our end by itself.
    const guard = existsSync(SETPRIV)
      ? { execPath: SETPRIV, execArgv: ['--pdeathsig', 'KILL', '--', process.execPath] }
      : { execArgv: [] };
    const child = fork(CHILD, {
      ...guard,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { PATH: process.env['PATH'], PCSCLITE_CSOCK_NAME: this.#options.pcscSocket },
    });
    this.#child = child;
    this.#startedAt = performance.now();
    this.#feed();
    child.on('message', (value) => {
      const message = readFromPcsc(value);
      if (child !== this.#child || !message) return;
      this.#feed();
      this.#told(message);
    });
    const ended = (): void => {
      if (child !== this.#child) return;
      this.#lose('reader-lost');
      if (this.#trouble === undefined) this.#setTrouble('hung');
      this.#again();
    };
    child.once('exit', ended);
    child.on('error', ended); // could not be started, or a message could not be sent
  }

  #told(message: FromPcsc): void {
    switch (message.say) {
      case 'alive':
        return;
      case 'readers':
        this.#events?.onReaders(message.names);
        return this.#setTrouble(message.names.length === 0 ? 'no-reader' : undefined);
      case 'card': {
        const { reader, atr } = message;
        const card = { session: ++this.#lastSession, reader, atr };
        this.#cards.set(message.card, card);
        return this.#events?.onCard(card);
      }
      case 'gone':
        return this.#gone(message.card, 'card-removed');
      case 'answer':
        return this.#waiting.get(message.request)?.settle(message.response);
      case 'failed':
        return this.#waiting.get(message.request)?.settle(message.reason);
      case 'signalled':
        for (const settle of this.#shown.splice(0)) settle(message.how);
        return;
      case 'trouble':
        return this.#setTrouble(message.reason);
      case 'well':
        return this.#setTrouble(undefined);
      default:
        return message satisfies never;
    }
  }

  #gone(number: number, reason: ExchangeFailure): void {
    const card = this.#cards.get(number);
    if (!card) return;
    this.#cards.delete(number);
    for (const waiting of this.#waiting.values()) {
      if (waiting.session === card.session) waiting.settle(reason);
    }
    this.#events?.onGone(card.session);
  }

  /** Each message feeds the watchdog; a starved one kills the process. */
  #feed(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#kill('hung', 'no-answer'), this.#options.hungMs ?? 3_000);
  }

  #kill(trouble: ReaderTrouble | undefined, reason: ExchangeFailure): void {
    const child = this.#child;
    if (!child) return;
    this.#lose(reason);
    child.kill('SIGKILL');
    if (trouble !== undefined) this.#setTrouble(trouble);
    this.#again();
  }

  /** Forgets the child and all that came from it. */
  #lose(reason: ExchangeFailure): void {
    clearTimeout(this.#watchdog);
    this.#child = undefined;
    for (const number of this.#cards.keys()) this.#gone(number, reason);
    for (const waiting of this.#waiting.values()) waiting.settle(reason);
  }

  #again(): void {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    const steady = this.#startedAt > 0 && performance.now() - this.#startedAt > STEADY_MS;
    this.#failures = steady ? 0 : this.#failures + 1;
    this.#startedAt = 0;
    const wait = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - 1, 10));
    this.#retry = setTimeout(() => void this.#start(), wait);
  }

  #setTrouble(trouble: ReaderTrouble | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#events?.onTrouble(trouble);
  }
}

/** Whether somebody listens at the service's socket. Asked before every start of the library, which cannot. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket, () => {
      resolve(true);
      probe.destroy();
    });
    probe.setTimeout(PROBE_MS, () => probe.destroy());
    probe.once('error', () => resolve(false));
    probe.once('close', () => resolve(false));
  });
}
