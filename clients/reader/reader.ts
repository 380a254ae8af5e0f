import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import {
  EXCHANGE_FAILURES,
  type ExchangeFailure,
  type ReaderTrouble,
  type Signalled,
} from '../../server/protocol/link/station.ts';

/** A card on one of the readers. `session` rises with every card and is never reused. */
export interface SeenCard {
  readonly session: number;
  readonly reader: string;
  readonly atr: Bytes;
}

export interface ReaderEvents {
  onReaders(names: readonly string[]): void;
  onCard(card: SeenCard): void;
  onGone(session: number): void;
  /** Why no card can be seen, or undefined when that is over. */
  onTrouble(reason: ReaderTrouble | undefined): void;
}

/** The card readers of this machine, whatever library stands behind them. */
export interface Reader {
  /** Begins to report; what is there already is reported first. Call it once. */
  listen(events: ReaderEvents): void;
  /** One command APDU, one response APDU, one at a time per session. Rejects with ExchangeFailed. */
  transmit(session: number, command: Bytes): Promise<Bytes>;
  /** Has the readers show themselves, by light and sound. Never rejects. */
  signal(): Promise<Signalled>;
  close(): Promise<void>;
}

/** An exchange without an answer. Whether the card acted is not known. */
export class ExchangeFailed extends Error {
  readonly reason: ExchangeFailure;
  constructor(reason: ExchangeFailure) {
    super(EXCHANGE_FAILURES[reason]);
    this.name = 'ExchangeFailed';
    this.reason = reason;
  }
}
