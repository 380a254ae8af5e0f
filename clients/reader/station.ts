import type { Bytes } from '../../server/protocol/bytes.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import {
  type Channel,
  encodeFromStation,
  type ExchangeFailure,
  type FromStation,
  MAX_READERS,
  parseToStation,
  type ReaderTrouble,
} from '../../server/protocol/station.ts';
import { ExchangeFailed, type Reader, type SeenCard } from './reader.ts';

export interface StationOptions {
  /** The station's name on tablets and in the log, as its certificate has it. At most 64 characters. */
  readonly label: string;
  readonly reader: Reader;
  /** For the log of this process. */
  readonly onState?: (state: { readers: readonly string[]; trouble: ReaderTrouble | undefined }) => void;
}

/** A reader station: it carries APDUs between cards and the gateway, and understands none of them. */
export interface Station {
  /** Links a fresh channel to the gateway; an earlier one is forgotten, with its requests. */
  attach(channel: Channel): void;
  close(): Promise<void>;
}

/** Requests under way at once: one per reader, and as many again that are refused as busy. */
const MAX_REQUESTS = 2 * MAX_READERS;
const MAX_NAME = 128;

/** Starts to listen to the readers; a channel may come, go and come again at any time. */
export function startStation({ label, reader, onState }: StationOptions): Station {
  let readers: readonly string[] = [];
  let trouble: ReaderTrouble | undefined;
  let channel: Channel | undefined;
  const cards = new Map<number, SeenCard>(); // at most one per reader

  const tell = (message: FromStation): void => channel?.send(encodeFromStation(message));
  const tellCard = ({ session, reader, atr }: SeenCard): void => {
    const index = readers.indexOf(readerName(reader));
    if (index >= 0) tell({ kind: 'card', session, reader: index, atr });
  };
  const tellReaders = (): void => {
    tell({ kind: 'hello', label, readers });
    if (trouble !== undefined) tell({ kind: 'trouble', reason: trouble });
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
      tell({ kind: 'gone', session });
    },
    onTrouble(reason) {
      trouble = reason;
      tellReaders(); // also when it is over: a hello without trouble says so
      onState?.({ readers, trouble });
    },
  });

  return {
    attach(fresh) {
      channel = fresh;
      const stop = serve(fresh, reader);
      fresh.onClose(() => {
        stop();
        if (channel === fresh) channel = undefined;
      });
      tellReaders();
      for (const card of cards.values()) tellCard(card);
    },
    async close() {
      channel = undefined;
      await reader.close();
    },
  };
}

/** Answers the requests of one channel, on that channel only, until stopped. Bytes that are no request close it. */
function serve(channel: Channel, reader: Reader): () => void {
  let open = true;
  let under = 0;
  const tell = (message: FromStation): void => {
    if (open) channel.send(encodeFromStation(message));
  };
  const exchange = async (request: number, session: number, command: Bytes): Promise<void> => {
    under++;
    try {
      tell({ kind: 'answer', request, response: await reader.transmit(session, command) });
    } catch (error) {
      const reason: ExchangeFailure = error instanceof ExchangeFailed ? error.reason : 'reader-failed';
      tell({ kind: 'failed', request, reason });
    } finally {
      under--;
    }
  };
  channel.onMessage((frame) => {
    try {
      const { request, session, command } = parseToStation(frame);
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
