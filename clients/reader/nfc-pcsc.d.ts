/** The part of nfc-pcsc 0.8.1 that is used here; the package brings no types. */
declare module 'nfc-pcsc' {
  import type { EventEmitter } from 'node:events';

  /** The addon's reader (@pokusew/pcsclite 0.6.0). */
  interface RawReader {
    readonly connected: boolean;
    readonly SCARD_SHARE_EXCLUSIVE: number;
    readonly SCARD_UNPOWER_CARD: number;
    readonly SCARD_SHARE_DIRECT: number;
    /** Control code of the CCID escape command on this system. */
    readonly IOCTL_CCID_ESCAPE: number;
    control(
      data: Buffer,
      code: number,
      responseMaxLength: number,
      done: (error: Error | null | undefined, response?: Buffer) => void,
    ): void;
    /** `protocol` is undefined when a stale connection was still open. */
    connect(
      options: { share_mode: number; protocol?: number },
      done: (error: Error | null | undefined, protocol?: number) => void,
    ): void;
    disconnect(disposition: number, done: (error: Error | null | undefined) => void): void;
  }

  interface Connection {
    readonly type: number;
    readonly protocol: number;
  }

  interface Reader extends EventEmitter {
    readonly name: string;
    readonly reader: RawReader;
    /** A new object for each insertion; null without a card. */
    readonly card: { readonly atr?: Buffer } | null;
    connection: Connection | null;
    autoProcessing: boolean;
    connect(): Promise<Connection>;
    disconnect(): Promise<boolean>;
    /** Throws at once, instead of rejecting, when there is no card. */
    transmit(data: Buffer, responseMaxLength: number): Promise<Buffer>;
  }

  interface Logger {
    log(): void;
    debug(): void;
    info(): void;
    warn(): void;
    error(): void;
  }

  class NFC {
    constructor(logger: Logger);
    on(event: 'reader', listener: (reader: Reader) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }
}
