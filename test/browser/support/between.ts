import type { BrowserContext, WebSocketRoute } from 'playwright-core';
import {
  type Call,
  encodeCall,
  encodeReply,
  parseCall,
  parseReply,
  type Reply,
} from '../../../server/protocol/stream.ts';
import type { RefusalCode } from '../../../server/protocol/refusal.ts';

/**
 * Somebody who sits between a page and its gateway, or is the gateway: reads every message of the stream, changes what the
 * page is told, and asks by the page's own session.
 */
export interface Between {
  /** What the page has asked so far. */
  readonly calls: readonly Call[];
  /** What the gateway has answered so far. */
  readonly replies: readonly Reply[];
  /** What becomes of an answer on its way to the page; as it is, until somebody sets another. */
  change: (bytes: Uint8Array, reply: Reply) => Uint8Array;
  /** Tells the page something, as if the gateway had. */
  tell(news: Reply): void;
  /** Refuses the page's next call of a kind in the gateway's place, which hears nothing of it. */
  refuseNext(kind: Call['kind'], code: RefusalCode): void;
  /** Keeps the page's next call of a kind: the gateway hears nothing of it, and the page no answer. */
  keepNext(kind: Call['kind']): void;
  /** Breaks the stream: the page has to open another, and to ask for everything anew. */
  cut(): Promise<void>;
  /** Asks the gateway by the stream of the page, which hears nothing of it. */
  ask(call: Call): Promise<Reply>;
}

const HONEST = (bytes: Uint8Array): Uint8Array => bytes;
/** Numbers that no page has come to. */
const FIRST = 1_000_000;

/** Has to be called before the page opens its stream. */
export async function standBetween(context: BrowserContext): Promise<Between> {
  const calls: Call[] = [];
  const replies: Reply[] = [];
  const waiting = new Map<number, (reply: Reply) => void>();
  let server: WebSocketRoute | undefined;
  let shown: WebSocketRoute | undefined;
  let next = FIRST;
  let refuses: { readonly kind: Call['kind']; readonly code: RefusalCode } | undefined;
  let keeps: Call['kind'] | undefined;
  const between: Between = {
    calls,
    replies,
    change: HONEST,
    tell: (news) => shown?.send(Buffer.from(encodeReply(0, news))),
    refuseNext(kind, code) {
      refuses = { kind, code };
    },
    keepNext(kind) {
      keeps = kind;
    },
    async cut() {
      await Promise.all([shown?.close(), server?.close()]);
    },
    ask(call) {
      const id = next++;
      if (!server) throw new Error('the page has no stream');
      server.send(Buffer.from(encodeCall(id, call)));
      return new Promise((resolve) => waiting.set(id, resolve));
    },
  };
  await context.routeWebSocket(/\/v1\/stream$/u, (page) => {
    const gateway = page.connectToServer();
    [server, shown] = [gateway, page];
    page.onMessage((message) => {
      if (typeof message === 'string') return gateway.send(message);
      const { id, message: call } = parseCall(new Uint8Array(message));
      calls.push(call);
      if (call.kind === keeps) return void (keeps = undefined);
      if (call.kind !== refuses?.kind) return gateway.send(message);
      page.send(
        Buffer.from(encodeReply(id, { kind: 'refused', code: refuses.code, why: 'refused on the way' })),
      );
      refuses = undefined;
    });
    gateway.onMessage((message) => {
      if (typeof message === 'string') return page.send(message);
      const bytes = new Uint8Array(message);
      const { id, message: reply } = parseReply(bytes);
      if (id >= FIRST) {
        if (reply.kind !== 'stage') waiting.get(id)?.(reply);
        return;
      }
      replies.push(reply);
      page.send(Buffer.from(between.change(bytes, reply)));
    });
  });
  return between;
}

/** The same bytes with one bit of `part` turned over. Throws Error when the part is not in there once. */
export function oneBitOff(bytes: Uint8Array, part: Uint8Array, at = part.length - 1): Uint8Array {
  const whole = Buffer.from(bytes);
  const from = whole.indexOf(part);
  if (part.length === 0 || from < 0) throw new Error('there is no such part');
  whole[from + at] = (whole[from + at] ?? 0) ^ 1;
  return new Uint8Array(whole);
}
