import assert from 'node:assert/strict';
import { Applet } from '../../server/protocol/link/applet.ts';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import type { Tap } from '../../server/protocol/link/tap-phase.ts';
import type { Signalled } from '../../server/protocol/link/station.ts';
import { TapEnd } from '../../server/protocol/tap/device-end.ts';
import { type Station, startStation } from '../../clients/reader/station.ts';
import { ExchangeFailed, type ReaderEvents } from '../../clients/reader/reader.ts';
import { tapCrypto } from '../../clients/common/process/tap-crypto.ts';
import { hashOf, program, refuses, until } from '../ceremony/world.ts';
import { channelPair } from '../nfc/support/channel-pair.ts';
import { PACEMAKER } from '../support/settings.ts';
import { openWard, type TestClinician, type TestDevice, type TestWard } from '../support/ward.ts';

/** A station with one reader, on which a device can be laid. */
interface Post {
  readonly station: Station;
  readonly signals: () => number;
  answer: Signalled;
  /** Lays a device there, or something that answers like this; undefined takes away what lies there. */
  lay(what: TestDevice | ((command: Uint8Array) => Uint8Array) | undefined, reader?: string): void;
  unplug(): void;
  /** The readers that are plugged in. */
  plug(readers: readonly string[]): void;
}

function post(ward: TestWard, label: string): Post {
  let events: ReaderEvents | undefined;
  type Process = (command: Uint8Array) => Promise<Uint8Array>;
  const lying = new Map<string, { readonly session: number; readonly process: Process }>();
  let session = 0;
  let signals = 0;
  const station = startStation({
    label,
    reader: {
      listen: (listener) => void (events = listener),
      async transmit(card, command) {
        const there = [...lying.values()].find((one) => one.session === card);
        if (!there) throw new ExchangeFailed('card-removed');
        return there.process(command);
      },
      signal: () => {
        signals++;
        return Promise.resolve(self.answer);
      },
      close: () => Promise.resolve(),
    },
  });
  const [gateway, near] = channelPair();
  station.attach(near);
  ward.contacts.onStation(label, gateway);
  events?.onReaders(['One']);
  const self: Post = {
    station,
    signals: () => signals,
    answer: 'shown',
    lay(what, reader = 'One') {
      const before = lying.get(reader);
      lying.delete(reader);
      if (before) events?.onGone(before.session);
      if (!what) return;
      let process: Process;
      if (typeof what === 'function') process = (command) => Promise.resolve(what(command));
      else {
        const end = new TapEnd({
          crypto: tapCrypto,
          ...what.device.air,
          answer: (message, contact) => what.device.handle(message, contact),
        });
        const applet = new Applet({
          onSelect: () => end.reset(),
          onPowerLoss: () => end.reset(),
          onMessage: (message) => end.receive(message),
        });
        process = (command) => applet.process(command);
      }
      lying.set(reader, { session: ++session, process });
      events?.onCard({ session, reader, atr: Uint8Array.of(0x3b, 0x80) });
    },
    unplug: () => near.close(),
    plug: (readers) => events?.onReaders(readers),
  };
  return self;
}

describe('a tablet and its reader', () => {
  let ward: TestWard;
  let one: TestClinician;
  let two: TestClinician;
  let here: Post;
  let there: Post;
  let heart: TestDevice;
  const told: Tap[] = [];
  const others: Tap[] = [];
  const phases = (taps: readonly Tap[]): string[] => taps.map(({ phase }) => phase);

  before(async () => {
    ward = await openWard({
      stations: ['station-1', 'station-2', 'station-3'],
      readers: { 'station-1': 'Ward 3', 'station-3': 'Ward 9' },
    });
    [one, two] = [await ward.signIn('dr-a'), await ward.signIn('dr-b')];
    heart = ward.device('pacemaker-1');
    heart.cut();
    [here, there] = [post(ward, 'station-1'), post(ward, 'station-2')];
    post(ward, 'station-3');
    ward.desk.readers.watch(one.session, (tap) => told.push(tap));
    ward.desk.readers.watch(two.session, (tap) => others.push(tap));
    await until('linked', () => ward.desk.readers.readers(one.session).every(({ linked }) => linked));
  });
  beforeEach(() => {
    told.length = others.length = 0;
  });
  afterEach(async () => {
    for (const each of [here, there]) each.lay(undefined);
    await until('gone', () => !ward.desk.device(one.session, heart.id).connected);
    ward.ahead(61_000);
    heart.forward(100);
    for (const who of [one, two]) await who.token().then((token) => ward.desk.signIn.session(token));
  });
  after(() => ward.end());

  const patientOf = async (device: TestDevice): Promise<string> => {
    const { mrn } = device.patient;
    const { patients } = await ward.desk.patients.search(one.session, { wristband: mrn });
    return patients[0]?.id ?? '';
  };

  it('are bound by the label that was scanned; the reader shows itself, and says when it cannot', async () => {
    const bound = await ward.desk.readers.bind(one.session, 'station-1');
    assert.deepEqual(bound, {
      reader: 'station-1',
      signal: 'shown',
      says: 'The reader blinked and beeped.',
    });
    assert.deepEqual([here.signals(), there.signals()], [1, 0]);
    here.answer = 'unable';
    assert.match((await ward.desk.readers.show(one.session)).says, /Compare its label/u);
    here.answer = 'shown';
    await refuses('E_SCOPE', ward.desk.readers.bind(one.session, 'station-9'));
    await refuses('E_READER', ward.desk.readers.show(two.session));
  });

  it('stand on a ward: one of another than the patient’s is named, and not bound', async () => {
    const { readers } = ward.desk;
    const seen = () => readers.readers(two.session).map(({ label, wrongWard }) => [label, wrongWard]);
    assert.deepEqual(seen().at(-1), ['station-3', undefined], 'without a patient no ward is wrong');
    readers.bindPatient(two.session, await patientOf(heart));
    assert.deepEqual(seen(), [
      ['station-1', undefined],
      ['station-2', undefined],
      ['station-3', true],
    ]);
    assert.equal(readers.readers(two.session)[2]?.ward, 'Ward 9');
    await refuses('E_READER_WARD', readers.bind(two.session, 'station-3'));
    readers.releasePatient(two.session);
  });

  it('are one: a second tablet is told who has the reader, until that session is over', async () => {
    const [seen] = ward.desk.readers.readers(two.session);
    assert.deepEqual(seen?.busy, { tablet: one.session.tablet, by: one.session.subject, mine: false });
    await refuses('E_READER_BUSY', ward.desk.readers.bind(two.session, 'station-1'));
    const another = await ward.signIn('dr-a', 'another-tablet');
    await refuses('E_READER_BUSY', ward.desk.readers.bind(another.session, 'station-1'));
    ward.desk.readers.release(one.session);
    await ward.desk.readers.bind(another.session, 'station-1');
    ward.desk.signIn.close(another.session);
    await ward.desk.readers.bind(one.session, 'station-1');
    assert.equal(ward.desk.readers.readers(one.session)[0]?.busy?.mine, true);
  });

  it('hear of a tap phase by phase, and no other tablet does', async () => {
    here.lay(heart);
    await until('read', () => phases(told).includes('read'));
    assert.deepEqual(phases(told), ['found', 'authenticated', 'reading', 'reading', 'read']);
    assert.deepEqual(
      told.map(({ device }) => device && hex(device)),
      [undefined, heart.id, heart.id, heart.id, heart.id],
    );
    assert.deepEqual(told[3] && [told[3].step, told[3].of], [2, 2]);
    here.lay(undefined);
    await until('lost', () => phases(told).includes('lost'));
    assert.deepEqual(others, []);
  });

  it('send nothing to a device on another reader, though the person cares for it', async () => {
    there.lay(heart);
    await until('there', () => ward.desk.device(one.session, heart.id).reader === 'station-2');
    assert.deepEqual(told, [], 'nothing is told of other readers');
    const bytes = await one.prepare(heart, program(PACEMAKER.impedanceLow, 250));
    await refuses('E_READER', one.sign(heart, bytes));
    there.lay(undefined);
    here.lay(heart);
    await until('here', () => ward.desk.device(one.session, heart.id).reader === 'station-1');
    const again = await one.prepare(heart, program(PACEMAKER.impedanceLow, 250));
    assert.equal((await one.sign(heart, again)).kind, 'done');
  });

  it('complete a change of two people only where the first of them is', async () => {
    here.lay(heart);
    await until('here', () => ward.desk.device(one.session, heart.id).reader === 'station-1');
    const bytes = await one.prepare(heart, program(PACEMAKER.lowerRate, 65));
    const asked = await one.sign(heart, bytes);
    const draft = 'draft' in asked ? asked.draft : assert.fail(asked.kind);
    await ward.desk.enter(two.session, draft, await two.prepare(heart, program(PACEMAKER.lowerRate, 65)));
    here.lay(undefined);
    there.lay(heart);
    await until('there', () => ward.desk.device(one.session, heart.id).reader === 'station-2');
    await refuses('E_READER', two.second(heart, draft, bytes));
    await ward.desk.cancel(one.session, hashOf(bytes));
  });

  it('are told of a tap elsewhere without anything about it, when it is the device they wait for', async () => {
    ward.desk.readers.bindPatient(one.session, await patientOf(heart));
    there.lay(heart);
    await until('elsewhere', () => told.length > 0);
    assert.deepEqual(told, [{ phase: 'elsewhere', reader: '', device: undefined, step: 0, of: 0 }]);
  });

  it('are stopped when the device is somebody else’s, and the log says so', async () => {
    ward.desk.readers.bindPatient(one.session, await patientOf(ward.device('pump-1')));
    here.lay(heart);
    await until('mismatch', () => phases(told).includes('mismatch'));
    assert.ok(!phases(told).includes('read'));
    assert.ok(told.every(({ device }) => device === undefined));
    const alarms = () => ward.entries().filter(({ detail }) => detail === 'identity.mismatch');
    await until('logged', () => alarms().length > 0);
    assert.deepEqual([alarms()[0]?.code, alarms().length], ['E_PATIENT', 1]);
    ward.desk.readers.releasePatient(one.session);
  });

  it('tell what is no device of ours, and hear what lies there already when they come late', async () => {
    here.lay(() => Uint8Array.of(0x6a, 0x82));
    await until('told', () => phases(told).includes('not-a-device'));
    const late: Tap[] = [];
    ward.desk.readers.watch(one.session, (tap) => late.push(tap))();
    assert.deepEqual(phases(late), ['not-a-device']);
  });

  it('are stopped while something else lies there as well: nothing is read and nothing sent until one lies alone', async () => {
    const last = () => told.at(-1);
    here.lay(heart);
    await until('read', () => phases(told).includes('read'));
    const bytes = await one.prepare(heart, program(PACEMAKER.atrialAlert, 190));
    here.plug(['One', 'Two']);
    here.lay(() => Uint8Array.of(0x6a, 0x82), 'Two');
    await until('two', () => last()?.phase === 'two');
    assert.equal(last()?.device, undefined);
    await refuses('E_READER_TWO', ward.desk.open(one.session, unhex(heart.id)));
    await refuses('E_READER_TWO', one.sign(heart, bytes));
    here.lay(undefined, 'Two');
    await until('alone', () => last()?.phase === 'read');
    assert.ok((await ward.desk.open(one.session, unhex(heart.id))).length > 0);
    here.plug(['One']);
  });

  it('know two in one field by that the reader goes from one to the other faster than people do', async () => {
    const other = ward.device('pump-1');
    other.cut();
    here.lay(heart);
    await until('read', () => phases(told).includes('read'));
    here.lay(other);
    await until('two', () => phases(told).includes('two'));
    here.lay(undefined);
    await until('gone', () => told.at(-1)?.phase === 'lost');
    ward.ahead(2_000);
    here.lay(heart);
    await until('alone', () => told.at(-1)?.phase === 'read');
  });

  it('are told that the reader is gone, and not that the implant is, when they read one meanwhile', async () => {
    await ward.desk.readers.bind(one.session, 'station-1');
    await ward.desk.readers.bind(two.session, 'station-2');
    const reads = (who: TestClinician) => ward.desk.open(who.session, unhex(heart.id));
    await refuses('E_LINK', reads(one));
    here.plug([]);
    await until('gone', () => ward.desk.readers.readers(one.session)[0]?.trouble !== undefined);
    await refuses('E_READER_AWAY', reads(one));
    await refuses('E_LINK', reads(two));
    here.plug(['One']);
    await until('back', () => ward.desk.readers.readers(one.session)[0]?.trouble === undefined);
    await refuses('E_LINK', reads(one));
    there.unplug();
    await until('away', () => ward.desk.readers.readers(one.session)[1]?.linked === false);
    await refuses('E_READER_AWAY', reads(two));
  });

  it('cannot be bound while the station is away', async () => {
    await refuses('E_READER_AWAY', ward.desk.readers.bind(two.session, 'station-2'));
    assert.ok((ward.desk.readers.readers(one.session)[1]?.lastSeen ?? 0) > 0);
  });
});
