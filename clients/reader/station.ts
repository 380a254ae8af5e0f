import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import {
  type Channel,
  encodeFromStation,
  type ExchangeFailure,
  type FromStation,
  MAX_READERS,
  parseToStation,
  type ReaderTrouble,
  type Signalled,
  type ToStation,
} from '../../server/protocol/link/station.ts';
import { ExchangeFailed, type Reader, type SeenCard } from './reader.ts';

export interface StationOptions {
  /** The station's name on tablets and in the log, as its certificate has it. At most 64 characters. */
  readonly label: string;
  readonly reader: Reader;
  /** For the log of this process. */
  readonly onState?: (state: { readers: readonly string[]; trouble: ReaderTrouble | undefined }) => void;
  /** What the gateway tells the emergency door. */
  readonly onTold?: (message: ForDoor) => void;
  /** Called when a card is gone, by its number at the reader. */
  readonly onGone?: (card: number) => void;
}

/** A reader station: it carries APDUs between cards and the gateway, and understands none of them. */
export interface Station {
  /** Links a fresh channel to the gateway; an earlier one is forgotten, with its requests. */
  attach(channel: Channel): void;
  readonly linked: boolean;
  readonly readers: readonly string[];
  readonly trouble: ReaderTrouble | undefined;
  /** Cards on the readers now. */
  readonly cards: readonly SeenCard[];
  /** Takes a card from the gateway, whose next APDU for it is refused as busy; the result gives it back, as a new card. */
  take(card: number): () => void;
  /** One APDU to a card, after the one that is under way: for the emergency door. Rejects with ExchangeFailed. */
  transmit(card: number, command: Bytes): Promise<Bytes>;
  /** Tells the gateway, if it is there, what the emergency door did. */
  acted(record: Bytes): void;
  close(): Promise<void>;
}

/** What the gateway says that is for the emergency door. */
export type ForDoor = Exclude<ToStation, { kind: 'request' } | { kind: 'signal' }>;

/** Requests under way at once: one per reader, and as many again that are refused as busy. */
const MAX_REQUESTS = 2 * MAX_READERS;
const MAX_NAME = 128;

/** Starts to listen to the readers; a channel may come, go and come again at any time. */
export function startStation({ label, reader, onState, onTold, onGone }: StationOptions): Station {
  let readers: readonly string[] = [];
  let trouble: ReaderTrouble | undefined;
  let channel: Channel | undefined;
  const cards = new Map<number, SeenCard>(); // at most one per reader
  const taken = new Set<number>();
  /** What the gateway calls each card: a card that is given back gets a new name, and is opened anew. */
  const names = new Map<number, number>();
  let lastName = 0;
  /** What the gateway is doing with a card: its last APDU was carried, whatever became of it. */
  const underWay = new Map<number, Promise<unknown>>();

  const tell = (message: FromStation): void => channel?.send(encodeFromStation(message));
  const tellCard = ({ session, reader, atr }: SeenCard): void => {
    const index = readers.indexOf(readerName(reader));
    if (!channel || index < 0 || taken.has(session)) return;
    names.set(session, ++lastName);
    tell({ kind: 'card', session: lastName, reader: index, atr });
  };
  const tellGone = (session: number): void => {
    const name = names.get(session);
    names.delete(session);
    if (name !== undefined) tell({ kind: 'gone', session: name });
  };
  const tellReaders = (): void => {
    tell({ kind: 'hello', label, readers });
    if (trouble !== undefined) tell({ kind: 'trouble', reason: trouble });
  };
  /** Whichever card the gateway means; one that the emergency door holds is busy. */
  const transmit = async (name: number, command: Bytes): Promise<Bytes> => {
    const [session] = [...names].find(([, known]) => known === name) ?? [];
    if (session === undefined) throw new ExchangeFailed('not-this-card');
    if (taken.has(session)) throw new ExchangeFailed('busy');
    const answer = reader.transmit(session, command);
    const over = Promise.allSettled([underWay.get(session), answer]).then(() => {
      if (underWay.get(session) === over) underWay.delete(session);
    });
    underWay.set(session, over);
    return answer;
  };

  reader.listen({
    onReaders(names) {
      readers = names.slice(0, MAX_READERS).map(readerName);
      tellReaders();
      onState?.({ readers, trouble });
    },
    onCard(card) {
      cards.set(card.session, card);
      tellCard(card);
    },
    onGone(session) {
      cards.delete(session);
      taken.delete(session);
      tellGone(session);
      onGone?.(session);
    },
    onTrouble(reason) {
      trouble = reason;
      tellReaders(); // also when it is over: a hello without trouble says so
      onState?.({ readers, trouble });
    },
  });

  return {
    get linked() {
      return channel !== undefined;
    },
    get readers() {
      return readers;
    },
    get trouble() {
      return trouble;
    },
    get cards() {
      return [...cards.values()];
    },
    attach(fresh) {
      channel = fresh;
      const stop = serve(fresh, transmit, () => reader.signal(), onTold);
      fresh.onClose(() => {
        stop();
        if (channel === fresh) channel = undefined;
      });
      tellReaders();
      for (const card of cards.values()) tellCard(card);
    },
    take(card) {
      taken.add(card);
      return () => {
        if (!taken.delete(card)) return;
        tellGone(card);
        const there = cards.get(card);
        if (there) tellCard(there);
      };
    },
    async transmit(card, command) {
      await underWay.get(card);
      return reader.transmit(card, command);
    },
    acted: (record) => tell({ kind: 'acted', record }),
    async close() {
      channel = undefined;
      await reader.close();
    },
  };
}

/** Answers the requests of one channel, on that channel only, until stopped. Bytes that are no request close it. */
function serve(
  channel: Channel,
  transmit: (session: number, command: Bytes) => Promise<Bytes>,
  signal: () => Promise<Signalled>,
  onTold: StationOptions['onTold'],
): () => void {
  let open = true;
  let under = 0;
  const tell = (message: FromStation): void => {
    if (open) channel.send(encodeFromStation(message));
  };
  const exchange = async (request: number, session: number, command: Bytes): Promise<void> => {
    under++;
    try {
      tell({ kind: 'answer', request, response: await transmit(session, command) });
    } catch (error) {
      const reason: ExchangeFailure = error instanceof ExchangeFailed ? error.reason : 'reader-failed';
      tell({ kind: 'failed', request, reason });
    } finally {
      under--;
    }
  };
  const show = async (number: number): Promise<void> =>
    tell({ kind: 'signalled', signal: number, how: await signal() });
  channel.onMessage((frame) => {
    try {
      const message = parseToStation(frame);
      if (message.kind === 'signal') return void show(message.signal);
      if (message.kind !== 'request') return onTold?.(message);
      const { request, session, command } = message;
      if (under >= MAX_REQUESTS) tell({ kind: 'failed', request, reason: 'busy' });
      else void exchange(request, session, command);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      channel.close();
    }
  });
  return () => {
    open = false;
  };
}

/** Reader names come from USB descriptors: what does not print becomes a question mark. */
function readerName(name: string): string {
  return name.slice(0, MAX_NAME).replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '?') || '?';
}
