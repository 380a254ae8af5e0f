import { WebSocket } from 'ws';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { type Live, parseLive } from '../../../server/protocol/telemetry/live.ts';
import type { MonitorWish } from '../../../server/protocol/telemetry/monitor-wish.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { SAYS } from '../../../server/protocol/refusal-says.ts';
import {
  type Call,
  encodeCall,
  MAX_STREAM_MESSAGE,
  parseReply,
  type Reply,
  type Stage,
} from '../../../server/protocol/stream.ts';

/** The stream to the gateway: numbered calls, progress, one answer each. */
export class Stream {
  readonly #socket: WebSocket;
  readonly #calls = new Map<
    number,
    {
      settle: (reply: Reply) => void;
      fail: (why: Error) => void;
      progress: ((stage: Stage) => void) | undefined;
    }
  >();
  #next = 1;
  #live: ((live: Live) => void) | undefined;
  #ended: Error | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#receive(new Uint8Array(data)));
    socket.on('close', (code) => this.#end(new Error(`the stream closed (${code})`)));
    socket.on('error', (error) => this.#end(error));
  }

  static connect({
    gateway,
    origin,
  }: {
    readonly gateway: string;
    readonly origin: string;
  }): Promise<Stream> {
    const socket = new WebSocket(`${gateway.replace(/^http/u, 'ws')}/v1/stream`, 'countersign.stream.v1', {
      origin,
      perMessageDeflate: false,
      maxPayload: MAX_STREAM_MESSAGE,
    });
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(new Stream(socket)));
      socket.once('error', reject);
    });
  }

  /**
   * One call, until the reply that ends it. Throws Refusal with the gateway's code; Error when the stream is
   * closed or closes before the reply, which says nothing about what became of the call.
   */
  async call(call: Call, progress?: (stage: Stage) => void): Promise<Reply> {
    if (this.#ended) throw this.#ended; // a closed socket takes messages and drops them without a word
    const id = this.#next++;
    const reply = await new Promise<Reply>((settle, fail) => {
      this.#calls.set(id, { settle, fail, progress });
      this.#socket.send(encodeCall(id, call));
    });
    if (reply.kind === 'refused') throw new Refusal(reply.code, reply.why || SAYS[reply.code]);
    return reply;
  }

  /** Asks for live values, until the stream closes or it is asked again. */
  monitor(wish: MonitorWish, tell: (live: Live) => void): void {
    this.#live = tell;
    this.#socket.send(encodeCall(this.#next++, { kind: 'monitor', wish }));
  }

  close(): void {
    this.#socket.close();
  }

  #receive(bytes: Bytes): void {
    const { id, message } = parseReply(bytes);
    if (message.kind === 'live') return this.#live?.(parseLive(message.said));
    const call = this.#calls.get(id);
    if (!call) return;
    if (message.kind === 'stage') call.progress?.(message.stage);
    else if (message.kind !== 'event') {
      this.#calls.delete(id);
      call.settle(message);
    }
  }

  #end(why: Error): void {
    this.#ended ??= why;
    for (const call of this.#calls.values()) call.fail(why);
    this.#calls.clear();
  }
}
