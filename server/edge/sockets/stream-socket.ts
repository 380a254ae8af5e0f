import type { RawData, WebSocket } from 'ws';
import { LIMITS } from '../../limits.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import { type Live, liveValue } from '../../protocol/telemetry/live.ts';
import type { MonitorWish } from '../../protocol/telemetry/monitor-wish.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { SAYS } from '../../protocol/refusal-says.ts';
import { type Call, encodeReply, type Numbered, parseCall, type Reply } from '../../protocol/stream.ts';
import { Bucket } from '../admission.ts';
import type { Desk, Session } from '../desks/desk.ts';
import { dispatch } from '../desks/dispatch.ts';
import { type EdgeLog, reasonOf } from '../edge-log.ts';
import type { Beating } from './heartbeat.ts';
import { hintOf } from '../problem.ts';

/** What all sockets of one stream share. */
export interface StreamRules {
  readonly desk: Desk;
  /** Counts a socket of a session; false when it has too many. */
  readonly claim: (session: Session) => boolean;
  /** Milliseconds. */
  readonly now: () => number;
  readonly log: EdgeLog;
  /** Time to say hello. */
  readonly helloMs: number;
}

/** Private close codes (RFC 6455 section 7.4.2). */
const CLOSE = { text: 1003, policy: 1008, mistake: 1011, session: 4401, hello: 4408, rate: 4429 } as const;
/** A screen makes a handful of calls at a time. */
const MAX_CALLS = 32;
/** A person cannot make more; a program that does is cut off. */
const MESSAGES_PER_SECOND = 50;
const MESSAGE_BURST = 100;
/** One mistake may be a version difference, four are an attack or a broken program. */
const MAX_MALFORMED = 3;
/** Numbers come first: with this much still on its way, waveforms are left out. */
const WAVES_BUFFERED = 64 * 1024;
/** Reply to what has no number of its own. */
const NO_CALL = 0;

/** One person's socket: hello first, then calls, each answered under its number. */
export class StreamSocket implements Beating {
  readonly #socket: WebSocket;
  readonly #rules: StreamRules;
  readonly #bucket: Bucket;
  readonly #calls = new Set<number>();
  readonly #hello: NodeJS.Timeout;
  #session: Session | undefined;
  /** Which version its page says that it is. */
  #build: Bytes | undefined;
  #unwatch: (() => void) | undefined;
  #unmonitor: (() => void) | undefined;
  #unheld: (() => void) | undefined;
  #malformed = 0;
  #missed = 0;
  #ended = false;

  constructor(socket: WebSocket, rules: StreamRules, onGone: (session: Session | undefined) => void) {
    this.#socket = socket;
    this.#rules = rules;
    this.#bucket = new Bucket(MESSAGES_PER_SECOND, MESSAGE_BURST, rules.now);
    this.#hello = setTimeout(() => this.close(CLOSE.hello), rules.helloMs);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#missed = 0;
    });
    socket.on('error', () => socket.terminate()); // a frame that breaks RFC 6455; ws has sent the close code
    socket.on('close', () => {
      this.#end();
      onGone(this.#session);
    });
  }

  /** Ends a session that is over even when nobody sends anything, and a socket that two beats went unanswered on. */
  beat(): void {
    if (this.#session !== undefined && !this.#isLive(NO_CALL, this.#session)) return;
    if (this.#missed >= 2) return this.#socket.terminate();
    this.#missed++;
    this.#socket.ping();
  }

  close(code: number): void {
    this.#end();
    this.#socket.close(code);
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#hello);
    this.#unwatch?.();
    this.#unmonitor?.();
    this.#unheld?.();
    this.#unwatch = undefined;
    this.#unmonitor = undefined;
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#ended) return;
    this.#missed = 0;
    if (!isBinary || !(data instanceof Uint8Array)) return this.close(CLOSE.text);
    if (!this.#bucket.take()) return this.close(CLOSE.rate);
    try {
      this.#take(parseCall(new Uint8Array(data)));
    } catch (error) {
      if (!(error instanceof Refusal)) return this.#fail(error);
      this.#seen(error, new Uint8Array(data));
      this.#refuse(NO_CALL, error);
      if (++this.#malformed > MAX_MALFORMED) this.close(CLOSE.policy);
    }
  }

  /** Throws Refusal for a call that does not fit what went before. */
  #take({ id, message }: Numbered<Call>): void {
    if (id === NO_CALL) throw new Refusal('E_CMD_MALFORMED', 'calls are numbered from 1', 'call.id');
    if (message.kind === 'hello') return this.#welcome(id, message.ticket, message.build);
    const session = this.#session;
    if (session === undefined) {
      this.#refuse(id, new Refusal('E_SESSION', 'hello comes first'));
      return this.close(CLOSE.session);
    }
    if (!this.#isLive(id, session)) return;
    if (this.#calls.has(id)) throw new Refusal('E_CMD_MALFORMED', 'a call number in use', 'call.id');
    if (message.kind === 'watch') return this.#watch(id, session);
    if (message.kind === 'monitor') return this.#monitor(id, session, message.wish);
    if (this.#calls.size >= MAX_CALLS) {
      return this.#refuse(id, new Refusal('E_RATE', `at most ${MAX_CALLS} calls at a time`));
    }
    this.#calls.add(id);
    const tell = (reply: Reply): void => {
      if (this.#calls.has(id)) this.#send(id, reply);
    };
    dispatch(this.#rules.desk, session, message, tell, this.#build)
      .then((reply) => tell(reply))
      .catch((error: unknown) => {
        if (!(error instanceof Refusal)) return this.#fail(error);
        // What was wrong with a command is told where it was found.
        if (message.kind !== 'sign' && message.kind !== 'approve') this.#seen(error);
        this.#refuse(id, error);
      })
      .finally(() => this.#calls.delete(id));
  }

  #welcome(id: number, ticket: string, build: Bytes | undefined): void {
    if (this.#session !== undefined) throw new Refusal('E_CMD_MALFORMED', 'hello comes once', 'call.kind');
    try {
      const session = this.#rules.desk.signIn.redeem(ticket);
      if (!this.#rules.claim(session)) {
        this.#refuse(id, new Refusal('E_RATE', 'too many streams of one session'));
        return this.close(CLOSE.rate);
      }
      if (build) this.#rules.desk.builds.seen(session, build);
      this.#build = build;
      this.#session = session;
      this.#unheld = this.#rules.desk.signIn.onEndOfAll(session, (tablet) => this.#signedOut(tablet));
    } catch (error) {
      if (!(error instanceof Refusal)) return this.#fail(error);
      this.#refuse(id, error);
      return this.close(CLOSE.session);
    }
    clearTimeout(this.#hello);
    this.#send(id, { kind: 'welcome' });
  }

  /** The person ended all their sessions: the one place where the text of a refusal is a name, that of the tablet. */
  #signedOut(tablet: string): void {
    this.#send(NO_CALL, { kind: 'refused', code: 'E_TOKEN_REVOKED', why: tablet });
    this.close(CLOSE.session);
  }

  /** Events go out under the number of the latest watch, until the socket closes. */
  #watch(id: number, session: Session): void {
    this.#unwatch?.();
    const { desk } = this.#rules;
    const tell = (news: Extract<Reply, { kind: 'event' | 'tap' | 'progress' }>): void => {
      if (!this.#ended && this.#isLive(id, session)) this.#send(id, news);
    };
    const ends = [
      desk.watch(session, (event: string, device: Bytes) => tell({ kind: 'event', event, device })),
      desk.readers.watch(session, (tap) => tell({ kind: 'tap', tap })),
      desk.progress.watch(session, (progress) => tell({ kind: 'progress', progress })),
    ];
    this.#unwatch = () => ends.forEach((end) => end());
  }

  /** Live values go out under the number of the latest such call. A screen that reads too slowly gets no waveforms. */
  #monitor(id: number, session: Session, wish: MonitorWish): void {
    this.#unmonitor?.();
    this.#unmonitor = undefined;
    try {
      this.#unmonitor = this.#rules.desk.monitoring.watch(session, wish, (live) => {
        if (this.#ended || !this.#isLive(id, session)) return;
        const late = this.#socket.bufferedAmount > WAVES_BUFFERED;
        this.#send(id, { kind: 'live', said: liveValue(late ? withoutWaves(live) : live) });
      });
    } catch (error) {
      if (error instanceof Refusal) this.#refuse(id, error);
      else this.#fail(error);
    }
  }

  #isLive(id: number, session: Session): boolean {
    try {
      this.#rules.desk.signIn.live(session);
      return true;
    } catch (error) {
      if (error instanceof Refusal) {
        this.#refuse(id, error);
        this.close(CLOSE.session);
      } else this.#fail(error);
      return false;
    }
  }

  #seen({ code, why, field }: Refusal, message?: Bytes): void {
    this.#rules.desk.refusals.note({ code, place: 'stream', why, field, message });
  }

  #refuse(id: number, refusal: Refusal): void {
    const hint = hintOf(refusal);
    const says = SAYS[refusal.code];
    this.#send(id, {
      kind: 'refused',
      code: refusal.code,
      why: hint === undefined ? says : `${says} (${hint})`,
    });
  }

  #send(id: number, reply: Reply): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > LIMITS.wsBuffered.max) return this.#socket.terminate();
    this.#socket.send(encodeReply(id, reply));
  }

  /** Nobody foresaw this. "Refused" would claim that nothing happened; to a tablet lost contact means unknown. */
  #fail(error: unknown): void {
    this.#rules.log.error('a call on the stream failed', { name: 'stream', reason: reasonOf(error) });
    this.close(CLOSE.mistake);
  }
}

const withoutWaves = (live: Live): Live =>
  live.kind !== 'frame'
    ? live
    : {
        ...live,
        frame: { ...live.frame, contents: live.frame.contents.filter(({ kind }) => kind !== 'wave') },
      };
