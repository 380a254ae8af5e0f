import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { WebSocket } from 'ws';
import { liveValue } from '../../server/protocol/telemetry/live.ts';
import { type Bytes, unhex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import {
  type Call,
  encodeCall,
  MAX_STREAM_MESSAGE,
  parseReply,
  type Reply,
} from '../../server/protocol/stream.ts';
import type { SignOutcome } from '../../server/edge/desks/desk.ts';
import { testBytes } from '../support/keys.ts';
import { BED, DEVICE_ID, STATEMENT } from './desk.ts';
import { type Front, openFront, ORIGIN } from './front.ts';

const DEVICE = unhex(DEVICE_ID);
const { approval } = STATEMENT;
const CONTEXT = { reason: 'titration', note: '', order: '' };
const SIGN: Call = { kind: 'sign', command: Uint8Array.of(1), approval, context: CONTEXT };

/** A tablet's socket that keeps what it hears. */
interface Tablet {
  readonly socket: WebSocket;
  readonly heard: [number, Reply][];
  /** Code of the close, once it is closed. */
  readonly closed: Promise<number>;
  say(id: number, call: Call): void;
  /** The first reply under a number that is of one of these kinds; taken out of `heard`. */
  reply(id: number, ...kinds: Reply['kind'][]): Promise<Reply>;
}

const opened: WebSocket[] = [];
const others: Front[] = [];

async function openOther(changes: Parameters<typeof openFront>[0]): Promise<Front> {
  const other = await openFront(changes);
  others.push(other);
  return other;
}

/** Waits until something holds that the other side brings about. */
async function settled(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    assert.ok(performance.now() < end, String(holds));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function connect(front: Front, headers: Record<string, string> = { origin: ORIGIN }, protocol = 'countersign.stream.v1', path = '/v1/stream'): Promise<Tablet> {
  const socket = new WebSocket(`ws://127.0.0.1:${front.server.port}${path}`, protocol === '' ? [] : [protocol], { headers, perMessageDeflate: true });
  opened.push(socket);
  const heard: [number, Reply][] = [];
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  socket.on('message', (data: Buffer) => {
    const { id, message } = parseReply(new Uint8Array(data));
    heard.push([id, message]);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return {
    socket,
    heard,
    closed,
    say: (id, call) => socket.send(encodeCall(id, call)),
    reply: async (id, ...kinds) => {
      const end = performance.now() + 3_000;
      for (;;) {
        const at = heard.findIndex(([to, { kind }]) => to === id && (kinds.length === 0 || kinds.includes(kind)));
        const [found] = at < 0 ? [] : heard.splice(at, 1);
        if (found) return found[1];
        assert.ok(performance.now() < end, `no reply ${kinds.join()} to ${id}, heard ${JSON.stringify(heard)}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  };
} // prettier-ignore

async function signedIn(front: Front, token = front.desk.newSession()): Promise<Tablet> {
  const tablet = await connect(front);
  tablet.say(1, { kind: 'hello', ticket: front.desk.ticketOf(token) });
  assert.equal((await tablet.reply(1)).kind, 'welcome');
  return tablet;
}

async function expectRefused(tablet: Tablet, id: number, code: string): Promise<string> {
  const reply = await tablet.reply(id, 'refused');
  assert.ok(reply.kind === 'refused');
  assert.equal(reply.code, code);
  return reply.why;
}

describe('the stream', () => {
  let front: Front;
  before(async () => {
    front = await openFront();
  });
  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.terminate();
    for (const other of others.splice(0)) await other.close();
  });
  after(() => front.close());

  it('becomes a WebSocket for known pages on its one path, in its own subprotocol, without compression', async () => {
    const wrong: [Record<string, string>, string, string, number][] = [
      [{ origin: 'https://evil.example' }, 'countersign.stream.v1', '/v1/stream', 403],
      [{ origin: 'null' }, 'countersign.stream.v1', '/v1/stream', 403],
      [{}, 'countersign.stream.v1', '/v1/stream', 403],
      [{ origin: ORIGIN, host: 'evil.example' }, 'countersign.stream.v1', '/v1/stream', 403],
      [{ origin: ORIGIN }, 'countersign.v1', '/v1/stream', 400],
      [{ origin: ORIGIN }, '', '/v1/stream', 400],
      [{ origin: ORIGIN }, 'countersign.stream.v1', '/v1/stream?ticket=x', 404],
      [{ origin: ORIGIN }, 'countersign.stream.v1', '/v1/stream/', 404],
      [{ origin: ORIGIN }, 'countersign.stream.v1', '/healthz', 404],
      [{ origin: ORIGIN }, 'countersign.stream.v1', '/device', 404],
    ]; // prettier-ignore
    for (const [headers, protocol, path, status] of wrong) {
      await assert.rejects(connect(front, headers, protocol, path), new RegExp(`${status}`, 'u'));
    }
    const { socket } = await connect(front);
    assert.equal(socket.protocol, 'countersign.stream.v1');
    assert.equal(socket.extensions, '');
  });

  it('takes programs without an Origin where the configuration expects them', async () => {
    const door = { origins: [], hosts: ['127.0.0.1'], nativeClients: true };
    const native = await openOther({ stream: { door } });
    await connect(native, {});
    await assert.rejects(connect(native), /403/u);
  });

  it('carries every call to the desk and every outcome back', async () => {
    const tablet = await signedIn(front);
    tablet.say(2, { kind: 'open', device: DEVICE });
    assert.deepEqual(await tablet.reply(2), { kind: 'opened', attestation: utf8('attestation') });
    front.desk.onSign = (progress) => {
      progress('checked');
      progress('logged');
      return Promise.resolve({ kind: 'unknown', command: testBytes('command') });
    };
    tablet.say(3, { ...SIGN, companion: Uint8Array.of(9) });
    assert.deepEqual(await tablet.reply(3), { kind: 'stage', stage: 'checked' });
    assert.deepEqual(await tablet.reply(3), { kind: 'stage', stage: 'logged' });
    assert.deepEqual(await tablet.reply(3), { kind: 'unknown', command: testBytes('command') });
    assert.ok(front.desk.asked.includes('sign approval command companion context titration'));
    const proof = { entry: Uint8Array.of(1), index: 4, path: [], checkpoint: 'note' };
    const sealed = { command: testBytes('command'), receipt: Uint8Array.of(7), code: '', proof };
    front.desk.onSign = () => Promise.resolve({ kind: 'sealed', sealed });
    tablet.say(4, { kind: 'approve', draft: 'draft-1', approval });
    assert.deepEqual(await tablet.reply(4), { kind: 'sealed', sealed });
    front.desk.onSign = () => Promise.resolve({ kind: 'awaiting-second', draft: 'draft-1' });
    tablet.say(5, SIGN);
    assert.deepEqual(await tablet.reply(5), { kind: 'awaiting-second', draft: 'draft-1' });
    tablet.say(6, { kind: 'enter', draft: 'draft-1', command: Uint8Array.of(1) });
    assert.deepEqual(await tablet.reply(6), { kind: 'matched', draft: 'draft-1' });
    tablet.say(7, { kind: 'enter', draft: 'draft-1', command: new Uint8Array() });
    assert.deepEqual(await tablet.reply(7), { kind: 'differs', settings: [7], left: 1 });
    tablet.say(8, { kind: 'cancel', command: testBytes('command') });
    assert.deepEqual(await tablet.reply(8), { kind: 'done' });
    tablet.say(9, { kind: 'resolve', device: DEVICE });
    assert.deepEqual(await tablet.reply(9), { kind: 'unknown', command: testBytes('command') });
  });

  it('tells of changes under the number of the watch, and stops when the socket is gone', async () => {
    const tablet = await signedIn(front);
    tablet.say(2, { kind: 'watch' });
    tablet.say(3, { kind: 'watch' });
    tablet.say(4, { kind: 'cancel', command: testBytes('command') });
    await tablet.reply(4);
    assert.equal(front.desk.watchers.size, 1);
    for (const tell of front.desk.watchers) tell('device', DEVICE);
    assert.deepEqual(await tablet.reply(3), { kind: 'event', event: 'device', device: DEVICE });
    tablet.socket.close();
    await tablet.closed;
    await settled(() => front.desk.watchers.size === 0);
  });

  it('shows live values under the number of the latest wish, refuses what is not theirs to see, and stops with the socket', async () => {
    const tablet = await signedIn(front);
    tablet.say(2, { kind: 'monitor', wish: { devices: [testBytes('other', 8)], waves: true } });
    assert.deepEqual((await tablet.reply(2)).kind, 'refused');
    tablet.say(3, { kind: 'monitor', wish: { devices: [DEVICE], waves: true } });
    await settled(() => front.desk.live !== undefined);
    front.desk.live?.({ kind: 'bed', bed: BED });
    assert.deepEqual(await tablet.reply(3, 'live'), {
      kind: 'live',
      said: liveValue({ kind: 'bed', bed: BED }),
    });
    tablet.say(4, { kind: 'monitor', wish: { devices: [DEVICE], waves: true } });
    await settled(() => front.desk.asked.filter((what) => what.startsWith('monitor')).length === 2);
    front.desk.live?.({ kind: 'tick', now: 5 });
    assert.deepEqual(await tablet.reply(4, 'live'), {
      kind: 'live',
      said: liveValue({ kind: 'tick', now: 5 }),
    });
    tablet.socket.close();
    await settled(() => front.desk.live === undefined);
  });

  it('takes a ticket once, and nothing before it', async () => {
    const ticket = front.desk.ticketOf(front.desk.newSession());
    const [one, two] = [await connect(front), await connect(front)];
    one.say(1, { kind: 'hello', ticket });
    await one.reply(1, 'welcome');
    two.say(1, { kind: 'hello', ticket });
    await expectRefused(two, 1, 'E_SESSION');
    assert.equal(await two.closed, 4401);
    const early = await connect(front);
    const asked = front.desk.asked.length;
    early.say(1, { kind: 'open', device: DEVICE });
    await expectRefused(early, 1, 'E_SESSION');
    assert.equal(await early.closed, 4401);
    assert.equal(front.desk.asked.length, asked);
    one.say(2, { kind: 'hello', ticket });
    await expectRefused(one, 0, 'E_CMD_MALFORMED');
  });

  it('closes on whoever says nothing', async () => {
    const hasty = await openOther({ stream: { helloMs: 50 } });
    assert.equal(await (await connect(hasty)).closed, 4408);
    await settled(() => hasty.stream.size === 0);
  });

  it('checks the session with every message, and ends with it', async () => {
    const token = front.desk.newSession();
    const tablet = await signedIn(front, token);
    tablet.say(2, { kind: 'open', device: DEVICE });
    await tablet.reply(2, 'opened');
    front.desk.close(token);
    const asked = front.desk.asked.length;
    tablet.say(3, SIGN);
    await expectRefused(tablet, 3, 'E_TOKEN_EXPIRED');
    assert.equal(await tablet.closed, 4401);
    assert.equal(front.desk.asked.length, asked);
  });

  it('ends with the session also while nobody speaks, and tells an ended one nothing', async () => {
    const quick = await openOther({ stream: { heartbeatMs: 60 } });
    const token = quick.desk.newSession();
    const tablet = await signedIn(quick, token);
    quick.desk.close(token);
    assert.equal(await tablet.closed, 4401);
    const second = front.desk.newSession();
    const watching = await signedIn(front, second);
    watching.say(2, { kind: 'watch' });
    watching.say(3, { kind: 'cancel', command: testBytes('command') });
    await watching.reply(3);
    front.desk.close(second);
    for (const tell of front.desk.watchers) tell('device', DEVICE);
    assert.equal(await watching.closed, 4401);
    assert.ok(!watching.heard.some(([, { kind }]) => kind === 'event'));
  });

  it('tells every tablet of a person who signed out everywhere at which tablet that was, and closes', async () => {
    const other = await openFront();
    others.push(other);
    const token = other.desk.newSession();
    const [here, there] = [await signedIn(other, token), await signedIn(other)];
    await other.desk.signIn.endAll({
      ...other.desk.signIn.session(other.desk.signIn.read(token)),
      tablet: 'tablet-9',
    });
    for (const tablet of [here, there]) {
      assert.equal(await expectRefused(tablet, 0, 'E_TOKEN_REVOKED'), 'tablet-9');
      assert.equal(await tablet.closed, 4401);
    }
  });

  it('takes no text beside a change that turns round, hides or replaces what stands next to it', async () => {
    const tablet = await signedIn(front);
    const usual = front.desk.onSign;
    front.desk.onSign = () => Promise.resolve({ kind: 'unknown', command: testBytes('command') });
    const notes = ['\u202E', '\u2067', '\u200B', '\uFEFF', '\u2028', '\u001B[2K', '\uE000'];
    for (const [i, mark] of notes.entries()) {
      const note = i % 2 === 0 ? { note: mark } : { order: mark };
      tablet.say(20 + i, { ...SIGN, context: { ...CONTEXT, ...note } });
      const reply = await tablet.reply(20 + i, 'refused', 'unknown');
      assert.equal(reply.kind === 'refused' && reply.code, 'E_CMD_SCHEMA', JSON.stringify(mark));
    }
    tablet.say(40, {
      ...SIGN,
      context: { ...CONTEXT, note: 'wie vereinbart, 你好 नमस्ते می\u200Cخواهم\n25 mL/h' },
    });
    assert.notEqual((await tablet.reply(40, 'refused', 'unknown')).kind, 'refused');
    front.desk.onSign = usual;
  });

  it('signs for a page only in a version that is allowed', async () => {
    const from = async (build?: Uint8Array): Promise<Tablet> => {
      const tablet = await connect(front);
      const ticket = front.desk.ticketOf(front.desk.newSession());
      tablet.say(1, { kind: 'hello', ticket, ...(build && { build }) });
      assert.equal((await tablet.reply(1)).kind, 'welcome');
      return tablet;
    };
    const old = await from(new Uint8Array(32).fill(0xab));
    assert.ok(front.desk.asked.includes('build abab'), 'it is seen at once');
    const asked = front.desk.asked.length;
    old.say(2, SIGN);
    await expectRefused(old, 2, 'E_BUILD');
    assert.equal(front.desk.asked.length, asked, 'and nothing is signed');
    old.say(3, { kind: 'open', device: DEVICE });
    assert.equal((await old.reply(3)).kind, 'opened', 'reading goes on');
    const good = await from(new Uint8Array(32).fill(0xcd));
    good.say(2, SIGN);
    assert.equal((await good.reply(2)).kind, 'awaiting-second');
  });

  it('says in a refusal what the person may know, and no more', async () => {
    const tablet = await signedIn(front);
    front.desk.onOpen = () => Promise.reject(new Refusal('E_PATIENT', 'MRN-0001 is in bed 4', 'command.9'));
    tablet.say(2, { kind: 'open', device: DEVICE });
    assert.equal(await expectRefused(tablet, 2, 'E_PATIENT'), 'This device belongs to another patient.');
    front.desk.onOpen = () => Promise.reject(new Refusal('E_RATE', '5 in a minute'));
    tablet.say(3, { kind: 'open', device: DEVICE });
    assert.match(await expectRefused(tablet, 3, 'E_RATE'), /5 in a minute/u);
    front.desk.onOpen = () => Promise.resolve(utf8('attestation'));
  });

  it('cuts the connection on a mistake of its own: lost contact is unknown, a refusal would be a lie', async () => {
    const tablet = await signedIn(front);
    front.desk.onSign = () => Promise.reject(new Error('disk on fire'));
    tablet.say(2, SIGN);
    assert.equal(await tablet.closed, 1011);
    assert.deepEqual(tablet.heard, []);
    assert.equal(front.logged.at(-1)?.reason, 'disk on fire');
  });

  it('closes on text with 1003, and on a message over the bound with 1009', async () => {
    const text = await signedIn(front);
    text.socket.send('{}');
    assert.equal(await text.closed, 1003);
    const large = await signedIn(front);
    large.socket.send(new Uint8Array(MAX_STREAM_MESSAGE + 1));
    assert.equal(await large.closed, 1009);
    const fragments = await signedIn(front);
    for (let i = 0; i < 9; i++) fragments.socket.send(Uint8Array.of(1), { fin: false });
    assert.equal(await fragments.closed, 1008);
  });

  it('refuses messages that are not well formed under number 0, and closes on the fourth', async () => {
    const tablet = await signedIn(front);
    const bad: Bytes[] = [
      new Uint8Array(),
      encode([0, 1, DEVICE]),
      encode([2, 99]),
      encode([2, 1, new Uint8Array(7)]),
    ];
    for (const message of bad) tablet.socket.send(message);
    for (let i = 0; i < 4; i++) {
      const reply = await tablet.reply(0, 'refused');
      assert.ok(reply.kind === 'refused' && ['E_CMD_MALFORMED', 'E_ROUTE'].includes(reply.code));
    }
    assert.equal(await tablet.closed, 1008);
  });

  it('holds at most 32 calls of one socket at a time, each under its own number', async () => {
    const tablet = await signedIn(front);
    const waiting: ((outcome: SignOutcome) => void)[] = [];
    front.desk.onSign = () => new Promise((resolve) => waiting.push(resolve));
    for (let id = 2; id < 34; id++) tablet.say(id, SIGN);
    tablet.say(34, SIGN);
    await expectRefused(tablet, 34, 'E_RATE');
    tablet.say(2, SIGN);
    await expectRefused(tablet, 0, 'E_CMD_MALFORMED');
    assert.equal(waiting.length, 32);
    for (const resolve of waiting) resolve({ kind: 'awaiting-second', draft: 'd' });
    for (let id = 2; id < 34; id++) await tablet.reply(id, 'awaiting-second');
    tablet.say(35, { kind: 'open', device: DEVICE });
    await tablet.reply(35, 'opened');
    front.desk.onSign = () => Promise.resolve({ kind: 'awaiting-second', draft: 'd' });
  });

  it('cuts off a flood of messages, and a fifth stream of one session', async () => {
    const flood = await signedIn(front);
    for (let id = 2; id < 300; id++) flood.say(id, { kind: 'open', device: DEVICE });
    assert.equal(await flood.closed, 4429);
    const token = front.desk.newSession();
    for (let i = 0; i < 4; i++) await signedIn(front, token);
    const fifth = await connect(front);
    fifth.say(1, { kind: 'hello', ticket: front.desk.ticketOf(token) });
    await expectRefused(fifth, 1, 'E_RATE');
    assert.equal(await fifth.closed, 4429);
    opened.at(-2)?.terminate();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await signedIn(front, token);
  });

  it('notices a tablet that is gone without a word', async () => {
    const quick = await openOther({ stream: { heartbeatMs: 60 } });
    const token = quick.desk.newSession();
    const alive = await signedIn(quick, token);
    const dead = await signedIn(quick, token);
    dead.socket.pause();
    await settled(() => quick.stream.size === 1);
    assert.equal(alive.socket.readyState, WebSocket.OPEN);
    quick.stream.close();
    assert.equal(await alive.closed, 1012);
  });

  it('cuts off a tablet that does not read, instead of buffering without end', async () => {
    const tablet = await signedIn(front);
    tablet.say(2, { kind: 'watch' });
    tablet.say(3, { kind: 'cancel', command: testBytes('command') });
    await tablet.reply(3);
    tablet.socket.pause();
    tablet.socket.removeAllListeners('message'); // What is on its way may still arrive: nobody reads it.
    const before = front.stream.size;
    const long = new Uint8Array(8_000);
    for (let i = 0; i < 5_000 && front.desk.watchers.size > 0; i++) {
      for (const tell of front.desk.watchers) tell('device', long);
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await settled(() => front.stream.size === before - 1);
  });

  it('survives any frame', async () => {
    const good = encodeCall(2, SIGN);
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.with(at, byte)),
      fc.nat(good.length).map((size) => good.subarray(0, size)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 6 }), async (frames) => {
        const tablet = await signedIn(front);
        for (const one of frames) tablet.socket.send(one);
        tablet.socket.close();
        await tablet.closed;
        for (const [, { kind }] of tablet.heard)
          assert.ok(['refused', 'awaiting-second', 'stage'].includes(kind), kind);
      }),
      { numRuns: 60 },
    );
    await signedIn(front);
  });
});
