import type { RawData, WebSocket } from 'ws';
import { LIMITS } from '../../limits.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { Channel } from '../../protocol/link/station.ts';
import { type EdgeLog, reasonOf } from '../edge-log.ts';
import type { Beating } from './heartbeat.ts';

/** The channel of one device or reader station, as the transports use it. */
export interface PeerChannel extends Channel {
  /** @param code WebSocket close code; 1000 when left out */
  close(code?: number): void;
  /** Bytes given to `send` that have not left yet. */
  readonly bufferedBytes: number;
}

/** What the channels of one server share. */
export interface ChannelHost {
  readonly log: EdgeLog;
  /** Called once for each channel, when it has closed. */
  gone(channel: SocketChannel): void;
}

/** 16,000 devices wait here most of the time: one object each, and no function of their own. */
const channels = new WeakMap<WebSocket, SocketChannel>();

/**
 * One device's or station's WebSocket as a channel of whole binary messages. Messages that come before
 * `onMessage` was called are dropped: whoever is given a channel listens at once.
 */
export class SocketChannel implements PeerChannel, Beating {
  /** Id of the device, or label of the station. */
  readonly name: string;
  /** SHA-256 of the certificate it came with. */
  readonly fingerprint: string;
  readonly #socket: WebSocket;
  readonly #host: ChannelHost;
  #listener: ((frame: Bytes) => void) | undefined;
  #farewell: ((reason: string) => void) | undefined;
  #why: string | undefined;
  #missed = 0;

  constructor(name: string, fingerprint: string, socket: WebSocket, host: ChannelHost) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.#socket = socket;
    this.#host = host;
    channels.set(socket, this);
    socket.on('message', onFrame).on('ping', onSign).on('pong', onSign).on('error', onError);
    socket.on('close', onClosed);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Bytes): void {
    if (this.#why !== undefined || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount + frame.length > LIMITS.wsBuffered.max)
      return this.lose('it does not read');
    this.#socket.send(frame);
  }

  close(code = 1000): void {
    if (this.#why !== undefined) return; // Whoever ended it says goodbye, with the reason.
    this.end('closed by the gateway', code);
  }

  onMessage(listener: (frame: Bytes) => void): void {
    this.#listener = listener;
  }

  onClose(listener: (reason: string) => void): void {
    if (this.#why === undefined) this.#farewell = listener;
    else listener(this.#why);
  }

  beat(): void {
    if (this.#missed >= 2) return this.lose('no sign of life');
    this.#missed++;
    this.#socket.ping();
  }

  /** A sign of life. */
  heard(): void {
    this.#missed = 0;
  }

  received(data: RawData, isBinary: boolean): void {
    this.#missed = 0;
    if (this.#why !== undefined) return;
    if (!isBinary || !(data instanceof Uint8Array)) return this.end('it sent text', 1003);
    try {
      this.#listener?.(new Uint8Array(data));
    } catch (error) {
      this.#host.log.error('a message from a device or station failed', {
        name: this.name,
        reason: reasonOf(error),
      });
      this.end('the gateway made a mistake', 1011);
    }
  }

  /** Ends the channel at once for everybody here, then says goodbye to the other side. */
  end(reason: string, code: number): void {
    this.ended(reason);
    this.#socket.close(code, reason);
  }

  /** Ends it without a goodbye that nobody would read. */
  lose(reason: string): void {
    this.ended(reason);
    this.#socket.terminate();
  }

  ended(reason: string): void {
    if (this.#why !== undefined) return;
    this.#why = reason;
    this.#host.gone(this);
    this.#farewell?.(reason);
    this.#listener = undefined;
    this.#farewell = undefined;
  }
}

function onFrame(this: WebSocket, data: RawData, isBinary: boolean): void {
  channels.get(this)?.received(data, isBinary);
}

function onSign(this: WebSocket): void {
  channels.get(this)?.heard();
}

/** A frame that breaks RFC 6455, or a broken connection; ws has sent the close code. */
function onError(this: WebSocket, error: Error): void {
  channels.get(this)?.lose(error.message);
}

function onClosed(this: WebSocket, code: number): void {
  channels.get(this)?.ended(`closed by the other side (${code})`);
}
