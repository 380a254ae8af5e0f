import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { ExchangeFailed, type Reader, type ReaderEvents } from '../../clients/reader/reader.ts';
import { startStation } from '../../clients/reader/station.ts';
import { CardRefused } from '../../server/protocol/link/apdu-exchange.ts';
import { ATR } from '../../server/protocol/link/apdu.ts';
import { type Bytes, hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import {
  type Channel,
  encodeFromStation,
  encodeToStation,
  type FromStation,
  parseFromStation,
  parseToStation,
} from '../../server/protocol/link/station.ts';
import { LinkLost } from '../../server/transport/link.ts';
import { openNfcLink } from '../../server/transport/nfc-link.ts';
import { type CardSession, openStationLink, type StationState } from '../../server/transport/station-link.ts';
import { channelPair } from './support/channel-pair.ts';

const COMMAND = unhex('00c2000001aa00');
const lost = (why: RegExp) => (error: unknown) => error instanceof LinkLost && why.test(error.reason);

let at = 0;

/** The gateway's end of a channel whose other end is played by the test. */
function gateway(exchangeMs = 1_000, label = 'Ward 3') {
  const [near, far] = channelPair();
  const cards: CardSession[] = [];
  const states: StationState[] = [];
  const closed: string[] = [];
  const asked: { request: number; session: number; command: string }[] = [];
  const link = openStationLink(near, {
    label,
    exchangeMs,
    now: () => at,
    onCard: (card) => cards.push(card),
    onState: (state) => states.push(state),
    onClose: (reason) => closed.push(reason),
  });
  far.onMessage((frame) => {
    const message = parseToStation(frame);
    if (message.kind !== 'request') return;
    const { request, session, command } = message;
    asked.push({ request, session, command: hex(command) });
  });
  const say = async (...messages: FromStation[]): Promise<void> => {
    for (const message of messages) far.send(encodeFromStation(message));
    await pause(5);
  };
  return { link, cards, states, closed, asked, say, far };
}

const HELLO: FromStation = { kind: 'hello', label: 'Ward 3', readers: ['One', 'Two'] };
const card = (session: number, reader = 0): FromStation => ({ kind: 'card', session, reader, atr: ATR });
const OK = unhex('9000');

async function theCard(of: { cards: CardSession[] }, at = 0): Promise<CardSession> {
  const found = of.cards[at];
  assert.ok(found);
  return found;
}

describe('the gateway’s side of a reader station', () => {
  it('ends a station that reports more cards than hands can lay, or more records than it keeps', async () => {
    const g = gateway();
    const many = (from: number, count: number): FromStation[] =>
      Array.from({ length: count }, (_, i) => card(from + i));
    await g.say(HELLO, ...many(1, 100));
    at += 10_001;
    await g.say(...many(101, 100));
    assert.deepEqual(g.closed, [], 'a busy place, for as long as it likes');
    await g.say(...many(201, 1));
    assert.equal(g.closed.length, 1);
    assert.match(g.closed[0] ?? '', /E_RATE/u);
    const h = gateway();
    const acted: FromStation = { kind: 'acted', record: Uint8Array.of(1) };
    await h.say(HELLO, ...Array.from({ length: 2_000 }, () => acted));
    assert.deepEqual(h.closed, []);
    await h.say(acted);
    assert.equal(h.closed.length, 1);
  });

  it('gives each answer to the request it belongs to', async () => {
    const g = gateway();
    await g.say(HELLO, card(1, 0), card(2, 1));
    const [one, two] = g.cards;
    assert.ok(one && two);
    const answers = [one.transmit(COMMAND), two.transmit(COMMAND)];
    await pause(5);
    assert.deepEqual(g.asked.map(({ session }) => session), [1, 2]); // prettier-ignore
    await g.say(
      { kind: 'answer', request: 2, response: unhex('bb9000') },
      { kind: 'answer', request: 1, response: unhex('aa9000') },
    );
    assert.deepEqual((await Promise.all(answers)).map(hex), ['aa9000', 'bb9000']);
  });

  it('allows one exchange per card at a time', async () => {
    const g = gateway();
    await g.say(HELLO, card(1));
    const session = await theCard(g);
    const first = session.transmit(COMMAND);
    await assert.rejects(session.transmit(COMMAND), lost(/another exchange/));
    await g.say({ kind: 'answer', request: 1, response: OK });
    assert.equal(hex(await first), '9000');
  });

  it('calls an exchange lost when the card goes, the station says so, or the channel closes', async () => {
    const g = gateway();
    await g.say(HELLO, card(1));
    const first = await theCard(g);
    const failed = assert.rejects(first.transmit(COMMAND), lost(/did not answer in time/));
    await g.say({ kind: 'failed', request: 1, reason: 'no-answer' });
    await failed;
    assert.equal(first.gone, false);

    const removed = assert.rejects(first.transmit(COMMAND), lost(/left the reader/));
    await g.say({ kind: 'gone', session: 1 });
    await removed;
    assert.equal(first.gone, true);
    await assert.rejects(first.transmit(COMMAND), lost(/left the reader/));

    await g.say(card(2));
    const second = await theCard(g, 1);
    const cut = second.transmit(COMMAND);
    g.far.close();
    await assert.rejects(cut, lost(/not in contact/));
    assert.equal(g.closed.length, 1);
    assert.deepEqual(g.link.cards, []);
  });

  it('gives up a card that does not answer, and gives its late answer to nobody', async () => {
    const g = gateway(30);
    await g.say(HELLO, card(1));
    const late = await theCard(g);
    await assert.rejects(late.transmit(COMMAND), lost(/did not answer in time/));
    assert.equal(late.gone, true);
    await g.say(card(2));
    const next = (await theCard(g, 1)).transmit(COMMAND);
    await g.say({ kind: 'answer', request: 1, response: unhex('dead9000') });
    await g.say({ kind: 'answer', request: 2, response: OK });
    assert.equal(hex(await next), '9000');
  });

  it('ends a session when another card takes its reader, or the reader is unplugged', async () => {
    const g = gateway();
    await g.say(HELLO, card(1, 0), card(2, 1), card(3, 0));
    assert.deepEqual(g.cards.map(({ gone }) => gone), [true, false, false]); // prettier-ignore
    await g.say({ ...HELLO, readers: ['Two'] });
    assert.deepEqual(g.cards.map(({ gone }) => gone), [true, false, true]); // prettier-ignore
    assert.deepEqual(g.link.state.readers, ['Two']);
  });

  it('keeps the trouble of a station until a hello without it', async () => {
    const g = gateway();
    await g.say({ ...HELLO, readers: [] }, { kind: 'trouble', reason: 'no-reader' });
    assert.equal(g.link.state.trouble, 'no-reader');
    await g.say(HELLO);
    assert.equal(g.link.state.trouble, undefined);
  });

  it('closes the channel of a station that breaks the rules', async () => {
    const broken: FromStation[][] = [
      [card(1)], // no hello
      [{ ...HELLO, label: 'Another ward' }],
      [HELLO, card(1, 2)], // no such reader
      [HELLO, card(1), card(1)], // a session used twice
      [HELLO, { kind: 'answer', request: 1, response: OK }], // to nothing
    ];
    for (const messages of broken) {
      const g = gateway();
      await g.say(...messages);
      assert.equal(g.closed.length, 1, JSON.stringify(messages));
    }
    const g = gateway();
    g.far.send(Uint8Array.of(0xff));
    await pause(5);
    assert.equal(g.closed.length, 1);
  });
});

describe('a device link over NFC', () => {
  /** A card session that answers by a script; `undefined` never answers. */
  function scripted(answers: (string | undefined)[]): CardSession & { leave(): void; sent: string[] } {
    const listeners: (() => void)[] = [];
    const sent: string[] = [];
    return {
      station: 'Ward 3',
      reader: 'One',
      atr: ATR,
      gone: false,
      sent,
      onGone: (listener) => listeners.push(listener),
      leave: () => listeners.forEach((each) => each()),
      transmit(command) {
        sent.push(hex(command));
        const answer = answers.shift();
        return answer === undefined ? new Promise(() => undefined) : Promise.resolve(unhex(answer));
      },
    };
  }

  it('is not opened to a card without our applet', async () => {
    await assert.rejects(openNfcLink(scripted(['6a82'])), CardRefused);
  });

  it('is lost on a status word, because it proves nothing about the message', async () => {
    const link = await openNfcLink(scripted(['9000', '6f00']));
    await assert.rejects(link.exchange(unhex('aa'), 1_000), lost(/6f00/));
    assert.equal(link.closed, true);
  });

  it('is lost when the time is up or the card goes, once', async () => {
    const link = await openNfcLink(scripted(['9000']));
    await assert.rejects(link.exchange(unhex('aa'), 20), lost(/20 ms/));

    const session = scripted(['9000']);
    const other = await openNfcLink(session);
    let told = 0;
    other.onClose(() => told++);
    const exchange = other.exchange(unhex('aa'), 1_000);
    session.leave();
    await assert.rejects(exchange, lost(/left the reader/));
    other.close();
    other.onClose(() => told++);
    assert.equal(told, 2);
  });

  it('stops sending when it is closed in the middle of a message', async () => {
    const session = scripted(['9000', '9000']);
    const link = await openNfcLink(session);
    const exchange = link.exchange(new Uint8Array(600), 1_000);
    link.close();
    await assert.rejects(exchange, lost(/closed by the gateway/));
    await pause(5);
    assert.equal(session.sent.length, 2); // SELECT and the first part
  });

  it('carries one message at a time', async () => {
    const link = await openNfcLink(scripted(['9000', undefined]));
    const first = link.exchange(unhex('aa'), 50);
    await assert.rejects(link.exchange(unhex('bb'), 50), /one exchange at a time/);
    await assert.rejects(first, LinkLost);
  });
});

describe('a reader station', () => {
  function station() {
    let events: ReaderEvents | undefined;
    const answers: ((response: Bytes) => void)[] = [];
    const reader: Reader = {
      listen: (given) => {
        events = given;
      },
      transmit: (session) =>
        session === 1
          ? new Promise((resolve) => answers.push(resolve))
          : Promise.reject(new ExchangeFailed('not-this-card')),
      signal: () => Promise.resolve('unable'),
      close: () => Promise.resolve(),
    };
    const started = startStation({ label: 'Ward 3', reader });
    assert.ok(events);
    const attach = (): { heard: FromStation[]; near: Channel } => {
      const heard: FromStation[] = [];
      const [near, far] = channelPair();
      near.onMessage((frame) => heard.push(parseFromStation(frame)));
      started.attach(far);
      return { heard, near };
    };
    return { attach, events, answers };
  }

  it('tells a new gateway all there is to see', async () => {
    const { attach, events } = station();
    events.onReaders(['One', 'bad\u0000name\u202e']);
    events.onCard({ session: 1, reader: 'One', atr: ATR });
    events.onTrouble('in-use');
    const { heard } = attach();
    await pause(5);
    assert.deepEqual(heard, [
      { kind: 'hello', label: 'Ward 3', readers: ['One', 'bad?name?'] },
      { kind: 'trouble', reason: 'in-use' },
      { kind: 'card', session: 1, reader: 0, atr: ATR },
    ]);
  });

  it('never gives an answer to another channel than asked', async () => {
    const { attach, events, answers } = station();
    events.onReaders(['One']);
    events.onCard({ session: 1, reader: 'One', atr: ATR });
    const first = attach();
    first.near.send(encodeToStation({ kind: 'request', request: 1, session: 1, command: COMMAND }));
    await pause(5);
    first.near.close();
    const second = attach();
    await pause(5);
    answers[0]?.(OK);
    await pause(5);
    assert.ok(!second.heard.some(({ kind }) => kind === 'answer'));
  });

  it('says why an exchange has no answer, and closes a channel that sends what is no request', async () => {
    const { attach } = station();
    const { heard, near } = attach();
    let closed = false;
    near.onClose(() => {
      closed = true;
    });
    near.send(encodeToStation({ kind: 'request', request: 7, session: 9, command: COMMAND }));
    await pause(5);
    assert.deepEqual(heard.at(-1), { kind: 'failed', request: 7, reason: 'not-this-card' });
    near.send(unhex('00'));
    await pause(5);
    assert.equal(closed, true);
  });
});
