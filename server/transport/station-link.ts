import { LIMITS } from '../limits.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import { Refusal } from '../protocol/refusal.ts';
import {
  type Channel,
  encodeToStation,
  EXCHANGE_FAILURES,
  type FromStation,
  parseFromStation,
  type ReaderTrouble,
  type Signalled,
  type ToStation,
} from '../protocol/link/station.ts';
import { LinkLost } from './link.ts';

/** One card on one reader, from the moment it is put there until it is gone. */
export interface CardSession {
  /** Label of the station, as its configuration has it. */
  readonly station: string;
  readonly reader: string;
  readonly atr: Bytes;
  /** One command APDU, one response APDU, one at a time. Rejects with LinkLost: the card may have acted. */
  transmit(command: Bytes): Promise<Bytes>;
  readonly gone: boolean;
  /** Calls `listener` once, when the card is gone; at once if it already is. */
  onGone(listener: () => void): void;
}

export interface StationState {
  readonly label: string;
  readonly readers: readonly string[];
  /** Why no card can be seen; undefined while all is well. */
  readonly trouble: ReaderTrouble | undefined;
}

export interface StationOptions {
  /** The label this station's certificate stands for; a hello with another one closes the channel. */
  readonly label?: string;
  /** Longest wait for one APDU. Longer than the station's own bound, which reports what happened. */
  readonly exchangeMs: number;
  /** Milliseconds. */
  readonly now: () => number;
  onCard(session: CardSession): void;
  onState?(state: StationState): void;
  onClose?(reason: string): void;
  /** The emergency door of this station was used: [message, receipt]. Told again until it is confirmed. */
  onActed?(record: Bytes): void;
  /** Told of a message that ends the channel. */
  onRefused?(refusal: Refusal, frame: Bytes): void;
}

/** The gateway's side of one station's channel. */
export interface StationLink {
  readonly state: StationState;
  readonly cards: readonly CardSession[];
  /** Tells the station what it keeps for an emergency, or that a record is in the log. */
  tell(message: Exclude<ToStation, { kind: 'request' } | { kind: 'signal' }>): void;
  /** Has the station's readers blink and beep; resolves with what came of it, `unable` when it does not answer. */
  signal(): Promise<Signalled>;
  close(): void;
}

/**
 * Listens to one station until its channel closes. A message that does not parse, or does not fit what went
 * before, closes the channel: a station that is wrong about one card may be wrong about the next.
 */
export function openStationLink(channel: Channel, options: StationOptions): StationLink {
  const cards = new Map<number, Card>(); // at most one per reader, so at most 16
  const signals = new Map<number, (how: Signalled) => void>(); // people wait for them, one after the other
  let lastSignal = 0;
  let state: StationState | undefined;
  const count = bounded(options.now);
  let lastSession = -1;
  let lastRequest = 0;
  let closed = false;

  const end = (reason: string): void => {
    if (closed) return;
    closed = true;
    for (const card of cards.values()) card.leave(reason);
    cards.clear();
    for (const settle of signals.values()) settle('unable');
    signals.clear();
    options.onClose?.(reason);
  };
  const shut = (reason: string): void => {
    end(reason);
    channel.close();
  };
  const send = (session: number, command: Bytes): number => {
    lastRequest++;
    channel.send(encodeToStation({ kind: 'request', request: lastRequest, session, command }));
    return lastRequest;
  };
  const waitingFor = (request: number): Card | undefined => {
    if (request > lastRequest || request === 0)
      throw new Refusal('E_CMD_MALFORMED', 'an answer to nothing', 'request');
    // An answer that came after its time limit finds nobody; it is dropped, never given to a later request.
    return [...cards.values()].find((card) => card.waitsFor(request));
  };
  const drop = (session: number, reason: string): void => {
    cards.get(session)?.leave(reason);
    cards.delete(session);
  };

  const told = (message: FromStation): void => {
    if (message.kind !== 'hello' && !state)
      throw new Refusal('E_CMD_MALFORMED', 'hello comes first', 'station');
    switch (message.kind) {
      case 'hello': {
        const expected = options.label ?? state?.label ?? message.label;
        if (message.label !== expected) throw new Refusal('E_TLS_PEER', 'a label that is not this station’s');
        for (const [session, card] of cards) {
          if (!message.readers.includes(card.reader)) drop(session, 'the reader was unplugged');
        }
        state = { label: message.label, readers: message.readers, trouble: undefined };
        options.onState?.(state);
        return;
      }
      case 'card': {
        const reader = state?.readers[message.reader];
        if (reader === undefined || !state)
          throw new Refusal('E_CMD_MALFORMED', 'no such reader', 'station.reader');
        if (message.session <= lastSession)
          throw new Refusal('E_CMD_MALFORMED', 'a session used before', 'session');
        lastSession = message.session;
        count('card');
        for (const [session, card] of cards) {
          if (card.reader === reader) drop(session, 'another card is on the reader');
        }
        const card = new Card(state.label, reader, message.atr, options.exchangeMs, (command) =>
          send(message.session, command),
        );
        cards.set(message.session, card);
        options.onCard(card);
        return;
      }
      case 'gone':
        return drop(message.session, EXCHANGE_FAILURES['card-removed']);
      case 'answer':
        return waitingFor(message.request)?.answered(message.response);
      case 'failed':
        return waitingFor(message.request)?.failed(EXCHANGE_FAILURES[message.reason]);
      case 'trouble':
        // Cards that went with it are reported one by one: trouble at one reader leaves the others alone.
        if (state) state = { ...state, trouble: message.reason };
        if (state) options.onState?.(state);
        return;
      case 'acted':
        count('acted');
        return options.onActed?.(message.record);
      case 'signalled':
        signals.get(message.signal)?.(message.how);
        return void signals.delete(message.signal);
      default:
        return message satisfies never;
    }
  };

  channel.onMessage((frame) => {
    if (closed) return;
    try {
      told(parseFromStation(frame));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      options.onRefused?.(error, frame);
      shut(error.message);
    }
  });
  channel.onClose((reason) => end(`the reader station is not in contact (${reason})`));

  return {
    get state() {
      return state ?? { label: options.label ?? '', readers: [], trouble: undefined };
    },
    get cards() {
      return [...cards.values()];
    },
    tell: (message) => channel.send(encodeToStation(message)),
    signal: () =>
      new Promise((resolve) => {
        if (closed || signals.size >= MAX_SIGNALS) return resolve('unable');
        const number = ++lastSignal;
        const timer = setTimeout(() => {
          signals.delete(number);
          resolve('unable');
        }, LIMITS.signal.max);
        signals.set(number, (how) => {
          clearTimeout(timer);
          resolve(how);
        });
        channel.send(encodeToStation({ kind: 'signal', signal: number }));
      }),
    close: () => shut('closed by the gateway'),
  };
}

/** One tablet is bound to a reader; whoever is impatient asks a few times. */
const MAX_SIGNALS = 4;

const WINDOW_MS = 10_000;
const MOST = { card: LIMITS.stationCards.max, acted: LIMITS.stationRecords.max };

/** Each card costs a handshake, each record a signature check. Throws Refusal E_RATE for more than a station can mean. */
function bounded(now: () => number): (what: keyof typeof MOST) => void {
  let since = now();
  let counts = { card: 0, acted: 0 };
  return (what) => {
    if (Math.abs(now() - since) > WINDOW_MS) {
      since = now();
      counts = { card: 0, acted: 0 };
    }
    if (++counts[what] > MOST[what])
      throw new Refusal('E_RATE', 'more than a station can mean', `station.${what}`);
  };
}

interface Waiting {
  readonly request: number;
  settle(result: Bytes | LinkLost): void;
}

class Card implements CardSession {
  readonly station: string;
  readonly reader: string;
  readonly atr: Bytes;
  readonly #exchangeMs: number;
  readonly #send: (command: Bytes) => number;
  readonly #listeners: (() => void)[] = [];
  #waiting: Waiting | undefined;
  #gone: string | undefined;

  constructor(
    station: string,
    reader: string,
    atr: Bytes,
    exchangeMs: number,
    send: (command: Bytes) => number,
  ) {
    this.station = station;
    this.reader = reader;
    this.atr = atr;
    this.#exchangeMs = exchangeMs;
    this.#send = send;
  }

  get gone(): boolean {
    return this.#gone !== undefined;
  }

  async transmit(command: Bytes): Promise<Bytes> {
    if (this.#gone !== undefined) throw new LinkLost(this.#gone);
    if (this.#waiting) throw new LinkLost(EXCHANGE_FAILURES.busy);
    const result = await new Promise<Bytes | LinkLost>((resolve) => {
      // The card of a request that nobody answered is not used again: its answer might still come.
      const timer = setTimeout(() => this.leave(EXCHANGE_FAILURES['no-answer']), this.#exchangeMs);
      const settle = (value: Bytes | LinkLost): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve(value);
      };
      this.#waiting = { request: this.#send(command), settle };
    });
    if (result instanceof LinkLost) throw result;
    return result;
  }

  onGone(listener: () => void): void {
    if (this.gone) listener();
    else this.#listeners.push(listener);
  }

  waitsFor(request: number): boolean {
    return this.#waiting?.request === request;
  }

  answered(response: Bytes): void {
    this.#waiting?.settle(response);
  }

  failed(reason: string): void {
    this.#waiting?.settle(new LinkLost(reason));
  }

  leave(reason: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = reason;
    this.#waiting?.settle(new LinkLost(reason));
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
