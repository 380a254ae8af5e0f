import { type Bytes, Wrong } from '../check/bytes.ts';
import { type Item, read, write } from '../check/cbor.ts';
import { list, text, whole } from '../check/fields.ts';
import { Away, Refused } from './gateway.ts';

/** Numbers of the calls and replies that this page uses; the gateway's other ones mean nothing to it. */
const CALL = { hello: 0, open: 1, enter: 3, approve: 4, resolve: 6, watch: 7 } as const;
const REPLY = { refused: 0, stage: 3, event: 10 } as const;
const CALLED = 'alarm-called';
const RESCUED = 'emergency';
const OPENED = 'break-glass';
export const ANSWER = { opened: 2, matched: 5, differs: 6, sealed: 7, unknown: 8 } as const;

export interface Reply {
  readonly kind: number;
  readonly fields: readonly Item[];
}

interface Waiting {
  readonly settle: (reply: Reply) => void;
  readonly fail: (why: Error) => void;
  readonly stage: ((name: string) => void) | undefined;
}

const WAIT_MS = 10_000;

/** The stream to the gateway: numbered calls, how far they are, and one answer each. */
export class Stream {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #over = false;
  /** Told that something about a device changed. */
  changed: () => void = () => undefined;
  /** Told that this person is called: nobody answered an alarm. */
  called: () => void = () => undefined;
  /** Told that somebody used the emergency door at a device that this person may see. */
  rescued: () => void = () => undefined;
  /** Told that somebody opened a patient of others. */
  brokeGlass: () => void = () => undefined;
  /** Told once, when the stream is over. */
  ended: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      try {
        if (!(data instanceof ArrayBuffer)) throw new Wrong('expected bytes');
        this.#take(new Uint8Array(data));
      } catch {
        this.#end(); // Whoever says what cannot be read is not listened to any more.
      }
    });
    socket.addEventListener('close', () => this.#end());
  }

  /**
   * Opens a stream with a ticket that counts once, and says which build of the page this is. Throws Refused or Away.
   */
  static async open(gateway: string, ticket: string, build: Bytes): Promise<Stream> {
    const socket = new WebSocket(`${gateway.replace(/^http/u, 'ws')}/v1/stream`, 'countersign.stream.v1');
    socket.binaryType = 'arraybuffer';
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Away()), WAIT_MS);
      socket.addEventListener('open', () => {
        clearTimeout(late);
        resolve();
      });
      socket.addEventListener('close', () => reject(new Away()));
    });
    const stream = new Stream(socket);
    await stream.call('hello', [ticket, build]);
    stream.#say(CALL.watch, []);
    return stream;
  }

  /** One call, until its answer. Throws Refused with the gateway's code, or Away. */
  async call(
    name: keyof typeof CALL,
    fields: readonly Item[],
    stage?: (name: string) => void,
  ): Promise<Reply> {
    if (this.#over) throw new Away();
    const reply = await new Promise<Reply>((settle, fail) => {
      this.#waiting.set(this.#next, { settle, fail, stage });
      this.#say(CALL[name], fields);
    });
    if (reply.kind !== REPLY.refused) return reply;
    const [code, why] = list(reply.fields, 2, 2);
    throw new Refused(text(code), text(why));
  }

  close(): void {
    this.#socket.close();
  }

  #say(call: number, fields: readonly Item[]): void {
    this.#socket.send(write([this.#next++, call, ...fields]));
  }

  #take(message: Bytes): void {
    const [id, kind, ...fields] = list(read(message), 2, 8);
    const number = whole(kind);
    if (number === REPLY.event) return this.#happened(text(fields[0]));
    const call = this.#waiting.get(whole(id));
    if (!call) return;
    if (number === REPLY.stage) return call.stage?.(text(fields[0]));
    this.#waiting.delete(whole(id));
    call.settle({ kind: number, fields });
  }

  #happened(event: string): void {
    if (event === CALLED) return this.called();
    if (event === RESCUED) this.rescued();
    if (event === OPENED) this.brokeGlass();
    this.changed();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const { fail } of this.#waiting.values()) fail(new Away());
    this.#waiting.clear();
    this.#socket.close();
    this.ended();
  }
}
