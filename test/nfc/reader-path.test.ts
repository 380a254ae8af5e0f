import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Rig, eventually, ready, type RigOptions } from './support/rig.ts';
import { DO } from './support/card-actions.ts';
import type { ReaderTrouble } from '../../server/protocol/link/station.ts';
import { LinkLost } from '../../server/transport/link.ts';
import { openNfcLink } from '../../server/transport/nfc-link.ts';
import type { CardSession } from '../../server/transport/station-link.ts';

const bytes = (what: number, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => (at === 0 ? what : (at * 31) % 251));
const reversed = (message: Uint8Array): Uint8Array => message.slice(1).reverse();
const lost = (error: unknown): boolean => error instanceof LinkLost;

/** The process id of a child of ours, by the file it runs. */
function childRunning(file: string): number {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
  const pid = pids.find((each) => readFileSync(`/proc/${each}/cmdline`, 'utf8').includes(file));
  assert.ok(pid !== undefined, `no child runs ${file}`);
  return pid;
}

describe('a device on a card reader (pcscd, own driver, nfc-pcsc, station)', function () {
  this.timeout(60_000);
  let rig: Rig;
  let options: RigOptions;

  before(function () {
    const built = ready();
    if ('driver' in built) {
      options = built;
      return;
    }
    if (process.env['CI'] === 'true') assert.fail(`CI has to test the NFC path: ${built.missing}`);
    console.log(`      skipped: ${built.missing}`);
    this.skip();
  });
  afterEach(async () => {
    await rig.stop();
  });

  it('is seen, selected and carries messages both ways, up to 8 KiB', async () => {
    rig = await Rig.start(options);
    rig.station('Ward 3');
    const card = rig.card();
    await card.insert();
    const session = await rig.session();
    assert.equal(session.reader, 'Virtual NFC 00 00');
    assert.equal(session.station, 'Ward 3');
    assert.deepEqual([...session.atr], [0x3b, 0x80, 0x80, 0x01, 0x01]);
    const link = await openNfcLink(session);
    assert.equal(link.place, 'Ward 3: Virtual NFC 00 00');
    for (const size of [2, 255, 256, 257, 1024, 8 * 1024]) {
      const message = bytes(DO.ANSWER, size);
      assert.deepEqual(await link.exchange(message, 5_000), reversed(message), `${size} bytes`);
    }
    assert.deepEqual(await link.exchange(Uint8Array.of(DO.LONG, 9), 5_000), new Uint8Array(8 * 1024).fill(9));
    await card.remove();
    await eventually('the session ends', () => session.gone && link.closed);
    await assert.rejects(link.exchange(bytes(0, 2), 1_000), lost);
  });

  it('has a reader that shows itself, without a device and with one, which is not disturbed', async () => {
    rig = await Rig.start(options);
    const station = rig.station('Ward 3');
    await eventually('the reader', () => station.state.readers.length === 1);
    const blinks = (): number => readFileSync(rig.pcscd.blinkFile).length;
    assert.equal(await station.signal(), 'shown');
    assert.equal(blinks(), 1);
    const card = rig.card();
    await card.insert();
    const link = await openNfcLink(await rig.session());
    const [how, answer] = await Promise.all([station.signal(), link.exchange(bytes(DO.ANSWER, 64), 5_000)]);
    assert.deepEqual([how, blinks()], ['shown', 2]);
    assert.deepEqual(answer, reversed(bytes(DO.ANSWER, 64)));
    await rig.pcscd.stop();
    await eventually('no reader', () => station.state.readers.length === 0 || station.state.trouble);
    assert.notEqual(await station.signal(), 'shown');
  });

  it('taken away during an exchange leaves the outcome open, and works again when it is back', async () => {
    rig = await Rig.start(options);
    rig.station('Ward 3');
    const card = rig.card();
    await card.insert();
    for (let round = 0; round < 5; round++) {
      const link = await openNfcLink(await rig.session(round));
      await assert.rejects(link.exchange(bytes(DO.LEAVE, 600), 5_000), lost);
      assert.equal(link.closed, true);
      await card.insert();
    }
    const link = await openNfcLink(await rig.session(5));
    // It had received every one of those messages: lost links do not mean lost commands.
    assert.deepEqual([...(await link.exchange(Uint8Array.of(DO.COUNT), 5_000))], [6]);
  });

  it('is held exclusively: a second program is told so, and gets the reader when it is free', async () => {
    rig = await Rig.start(options);
    rig.station('First');
    const card = rig.card();
    await card.insert();
    const link = await openNfcLink(await rig.session());
    const others: CardSession[] = [];
    const troubles: (ReaderTrouble | undefined)[] = [];
    rig.station('Second', others, troubles);
    await eventually('the second station reports', () => troubles.includes('in-use'));
    assert.equal(others.length, 0);
    const message = bytes(DO.ANSWER, 300);
    assert.deepEqual(await link.exchange(message, 5_000), reversed(message));
    await card.remove();
    await eventually('the trouble is over', () => troubles.at(-1) === undefined);
  });

  it('survives the death of pcscd: it is reported, and the station recovers with it', async () => {
    rig = await Rig.start(options);
    rig.station('Ward 3');
    const card = rig.card();
    await card.insert();
    const link = await openNfcLink(await rig.session());
    const exchange = link.exchange(bytes(DO.SLOW, 10), 5_000);
    process.kill(rig.pcscd.pid, 'SIGKILL');
    await assert.rejects(exchange, lost);
    await eventually('the trouble is reported', () => rig.troubles.some((each) => each !== undefined));
    await rig.restartPcscd();
    await card.insert();
    const again = await openNfcLink(await rig.session(1));
    const message = bytes(DO.ANSWER, 100);
    assert.deepEqual(await again.exchange(message, 5_000), reversed(message));
    assert.equal(rig.troubles.at(-1), undefined);
  });

  it('waits for pcscd when it is not there yet', async () => {
    rig = await Rig.start(options);
    await rig.pcscd.stop();
    rig.station('Ward 3');
    await eventually('the trouble is reported', () => rig.troubles.at(-1) === 'no-service');
    await rig.restartPcscd();
    await eventually('the reader is seen', () => rig.troubles.at(-1) === undefined);
  });

  it('that hangs is given up by the reader’s driver, and is not believed later', async () => {
    rig = await Rig.start({ ...options, cardMs: 300 });
    rig.station('Ward 3');
    const card = rig.card();
    await card.insert();
    const link = await openNfcLink(await rig.session());
    const started = performance.now();
    await assert.rejects(link.exchange(bytes(DO.HANG, 10), 5_000), lost);
    assert.ok(performance.now() - started < 2_000);
    await eventually('the reader throws it out', () => card.count('removed') === 1);
    await card.insert();
    assert.equal((await openNfcLink(await rig.session(1))).closed, false);
  });

  it('that hangs with a driver without a limit is given up by the station, which starts its reader anew', async () => {
    rig = await Rig.start({ ...options, cardMs: 60_000, exchangeMs: 500 });
    rig.station('Ward 3');
    const card = rig.card();
    await card.insert();
    const link = await openNfcLink(await rig.session());
    await assert.rejects(link.exchange(bytes(DO.HANG, 10), 5_000), lost);
    await eventually('the hang is reported', () => rig.troubles.includes('hung'));
    await card.remove();
    await card.insert();
    const again = await openNfcLink(await rig.session(1));
    const message = bytes(DO.ANSWER, 100);
    assert.deepEqual(await again.exchange(message, 5_000), reversed(message));
  });

  it('survives the death of the process that holds nfc-pcsc', async () => {
    rig = await Rig.start(options);
    rig.station('Ward 3');
    await rig.card().insert();
    const link = await openNfcLink(await rig.session());
    const exchange = link.exchange(bytes(DO.SLOW, 10), 5_000);
    process.kill(childRunning('pcsc.ts'), 'SIGKILL');
    await assert.rejects(exchange, lost);
    const again = await openNfcLink(await rig.session(1));
    const message = bytes(DO.ANSWER, 100);
    assert.deepEqual(await again.exchange(message, 5_000), reversed(message));
  });

  it('may speak out of turn, cut frames or lie about lengths: it is thrown out and the reader goes on', async () => {
    rig = await Rig.start({ ...options, cardMs: 300 });
    rig.station('Ward 3');
    const hostile: ((socket: Socket, frame: Buffer) => void)[] = [
      (socket) => socket.write(Uint8Array.of(0, 2, 0x90, 0)), // unasked
      (socket) => socket.write(Uint8Array.of(0, 0)), // an ATR of nothing
      (socket) => socket.write(Buffer.concat([Uint8Array.of(0, 34), Buffer.alloc(34)])), // too long an ATR
      (socket) => socket.write(Uint8Array.of(0xff)), // half a length
      (socket) => socket.end(),
      (socket, frame) =>
        socket.write(frame.length === 1 ? Uint8Array.of(0, 2, 0, 0) : Uint8Array.of(0, 1, 0x90)),
    ];
    for (const act of hostile) {
      const socket = connect(rig.pcscd.cardSocket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => act(socket, chunk.subarray(2)));
      const closed = new Promise((done) => socket.once('close', done));
      await Promise.race([closed, new Promise((done) => setTimeout(done, 1_500))]);
      socket.destroy();
    }
    const card = rig.card();
    await card.insert();
    const message = bytes(DO.ANSWER, 300);
    // A session from before may not have heard yet that its card was taken up.
    const answer = async (tries: number): Promise<Uint8Array> => {
      const session = await eventually('a session that stays', () =>
        rig.sessions.findLast((each) => !each.gone),
      );
      try {
        return await (await openNfcLink(session)).exchange(message, 5_000);
      } catch (error) {
        if (tries === 0) throw error;
        return answer(tries - 1);
      }
    };
    assert.deepEqual(await answer(10), reversed(message));
  });
});
