import { type Bytes, unhex } from '../../../../server/protocol/encoding/bytes.ts';
import type { Tap } from '../../../../server/protocol/link/tap-phase.ts';
import type { CommandProgress } from '../../../../server/protocol/command-progress.ts';
import type { Cbor } from '../../../../server/protocol/encoding/cbor.ts';
import type { MonitorWish } from '../../../../server/protocol/telemetry/monitor-wish.ts';
import { Refusal } from '../../../../server/protocol/refusal.ts';
import { SAYS } from '../../../../server/protocol/refusal-says.ts';
import {
  type Call,
  encodeCall,
  parseReply,
  type Reply,
  type Stage,
} from '../../../../server/protocol/stream.ts';

/** The stream broke before an answer came. What became of the call is not known. */
export class StreamLost extends Error {}

const PROTOCOL = 'countersign.stream.v1';
const PATIENCE_MS = 10_000;

/** Whoever is told without having asked. */
export interface Watcher {
  event(event: string, device: Bytes): void;
  tap(tap: Tap): void;
  progress(progress: CommandProgress): void;
  /** The person ended all their sessions, at the tablet of this name. */
  signedOut?(where: string): void;
}

interface Waiting {
  readonly settle: (reply: Reply) => void;
  readonly fail: (why: Error) => void;
  readonly progress: ((stage: Stage) => void) | undefined;
}

/** The stream to the gateway: numbered calls, progress, one answer each; and events to those who watch. */
export class GatewayStream {
  readonly #socket: WebSocket;
  readonly #calls = new Map<number, Waiting>();
  readonly #ended: () => void;
  #told: Watcher = { event: () => undefined, tap: () => undefined, progress: () => undefined };
  #live: { readonly id: number; readonly told: (said: Cbor) => void } | undefined;
  #next = 1;
  #lost = false;

  private constructor(socket: WebSocket, ended: () => void) {
    this.#socket = socket;
    this.#ended = ended;
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) this.#receiveOrEnd(new Uint8Array(data));
      else this.#end();
    });
    socket.addEventListener('close', () => this.#end());
  }

  /** Opens it with a ticket, and says which build of the page this is: only those the hospital allows may sign. @param ended told once, when it is over @throws StreamLost, or Refusal */
  static async open(gateway: string, ticket: string, ended: () => void): Promise<GatewayStream> {
    const socket = new WebSocket(`${gateway.replace(/^http/u, 'ws')}/v1/stream`, PROTOCOL);
    socket.binaryType = 'arraybuffer';
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new StreamLost('no answer')), PATIENCE_MS);
      socket.addEventListener('open', () => {
        clearTimeout(late);
        resolve();
      });
      socket.addEventListener('close', () => reject(new StreamLost('refused')));
    });
    const stream = new GatewayStream(socket, ended);
    await stream.call({ kind: 'hello', ticket, build: unhex(BUILD) });
    return stream;
  }

  /** One call, until the reply that ends it. Throws Refusal with the gateway's code, or StreamLost. */
  async call(call: Call, progress?: (stage: Stage) => void): Promise<Reply> {
    if (this.#lost) throw new StreamLost('the stream is closed');
    const id = this.#next++;
    const reply = await new Promise<Reply>((settle, fail) => {
      this.#calls.set(id, { settle, fail, progress });
      this.#socket.send(Uint8Array.from(encodeCall(id, call)));
    });
    if (reply.kind === 'refused') throw new Refusal(reply.code, reply.why || SAYS[reply.code]);
    return reply;
  }

  /** Has the gateway tell of every change of a device this person may see, and of what happens at the bound reader. */
  watch(told: Watcher): void {
    this.#told = told;
    if (!this.#lost) this.#socket.send(Uint8Array.from(encodeCall(this.#next++, { kind: 'watch' })));
  }

  /** Has the gateway tell what these devices measure, from now on and instead of what was asked for before. */
  monitor(wish: MonitorWish, told: (said: Cbor) => void): void {
    if (this.#lost) return;
    this.#live = { id: this.#next++, told };
    this.#socket.send(Uint8Array.from(encodeCall(this.#live.id, { kind: 'monitor', wish })));
  }

  close(): void {
    this.#socket.close();
  }

  /** What cannot be read is worth nothing, and neither is what may follow it. */
  #receiveOrEnd(bytes: Bytes): void {
    try {
      this.#receive(bytes);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#end();
    }
  }

  #receive(bytes: Bytes): void {
    const { id, message } = parseReply(bytes);
    if (message.kind === 'event') return this.#told.event(message.event, message.device);
    if (message.kind === 'tap') return this.#told.tap(message.tap);
    if (message.kind === 'progress') return this.#told.progress(message.progress);
    if (message.kind === 'live') return id === this.#live?.id ? this.#live.told(message.said) : undefined;
    if (id === 0 && message.kind === 'refused' && message.code === 'E_TOKEN_REVOKED')
      return this.#told.signedOut?.(message.why);
    const call = this.#calls.get(id);
    if (!call) return;
    if (message.kind === 'stage') return call.progress?.(message.stage);
    this.#calls.delete(id);
    call.settle(message);
  }

  #end(): void {
    if (this.#lost) return;
    this.#lost = true;
    for (const call of this.#calls.values()) call.fail(new StreamLost('the stream closed'));
    this.#calls.clear();
    this.#socket.close();
    this.#ended();
  }
}
