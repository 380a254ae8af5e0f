import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExchangeFailed, type ReaderEvents } from '../../clients/reader/reader.ts';
import { startStation } from '../../clients/reader/station.ts';
import { nodeCrypto, publicKeyFromPem, signerFromPem } from '../../clients/common/process/crypto.ts';
import { tapCrypto } from '../../clients/common/process/tap-crypto.ts';
import { Applet } from '../../server/protocol/link/applet.ts';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueCredential, readCredential } from '../../server/protocol/credential.ts';
import { TapEnd } from '../../server/protocol/tap/device-end.ts';
import { channelPair } from '../nfc/support/channel-pair.ts';
import { PACEMAKER } from '../support/settings.ts';
import { openWard, type TestClinician, type TestDevice, type TestWard } from '../support/ward.ts';
import { program, refuses, stateOf, storyOf, typesOf, until } from './world.ts';

describe('an implant on a reader station', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  let heart: TestDevice;
  let events: ReaderEvents | undefined;
  let air: Bytes[];
  let tamper: (command: Bytes) => Bytes;
  let elsewhere = false;
  /** The credential of whoever spoke to the implant last. */
  let shown: Bytes | undefined;
  let sessions = 0;
  /** Cards that are none of our devices, by session. */
  const others = new Map<number, () => Bytes>();
  /** The session of each command to the implant, in order. */
  const carried: number[] = [];

  before(async () => {
    ward = await openWard();
    doctor = await ward.signIn('dr-a');
    heart = ward.device('pacemaker-1');
    heart.cut();
    const end = new TapEnd({
      crypto: tapCrypto,
      ...heart.device.air,
      admit: (certificate) => heart.device.air.admit((shown = certificate)),
      answer: (message, contact) =>
        heart.device.handle(message, elsewhere ? { ...contact, channel: new Uint8Array(32) } : contact),
    });
    const applet = new Applet({
      onSelect: () => end.reset(),
      onPowerLoss: () => end.reset(),
      onMessage: (message) => end.receive(message),
    });
    const station = startStation({
      label: 'station-1',
      reader: {
        listen: (listener) => void (events = listener),
        async transmit(session, command) {
          const other = others.get(session);
          if (other) return other();
          carried.push(session);
          const answer = await applet.process(tamper(command));
          air.push(command, answer);
          if (answer.length === 0) throw new ExchangeFailed('no-answer');
          return answer;
        },
        signal: () => Promise.resolve('shown'),
        close: () => Promise.resolve(),
      },
    });
    const [gateway, near] = channelPair();
    station.attach(near);
    ward.contacts.onStation('station-1', gateway);
    events?.onReaders(['One', 'Two', 'Three']);
    await until('linked', () => ward.desk.readers.readers(doctor.session)[0]?.linked === true);
    await ward.desk.readers.bind(doctor.session, 'station-1');
  });
  beforeEach(async () => {
    air = [];
    tamper = (command) => command;
    await laid();
  });
  after(() => ward.end());

  const connected = (): boolean => ward.desk.device(doctor.session, heart.id).connected;
  const laid = async (): Promise<void> => {
    for (let lying = 1; lying <= sessions; lying++) events?.onGone(lying);
    await until('gone', () => !connected());
    events?.onCard({ session: ++sessions, reader: 'One', atr: Uint8Array.of(0x3b, 0x80) });
    await until('in contact', connected);
  };
  const alert = (value: number) => program(PACEMAKER.atrialAlert, value);

  it('is reprogrammed through a station that sees none of it', async () => {
    const bytes = await doctor.prepare(heart, alert(190));
    assert.equal((await doctor.sign(heart, bytes)).kind, 'done');
    const seen = air.map(hex).join('');
    for (let at = 0; at + 8 <= bytes.length; at += 4) assert.ok(!seen.includes(hex(bytes.slice(at, at + 8))));
    assert.ok(!seen.includes(heart.id));
  });

  it('refuses through the tap, and that is an answer: nobody waits until its nonce has died', async () => {
    const impedance = (value: number) => program(PACEMAKER.impedanceLow, value);
    ward.ahead(60_000);
    const near = await doctor.prepare(heart, impedance(400));
    assert.equal((await doctor.sign(heart, near)).kind, 'done');
    ward.ahead(60_000);
    // Further from what two people agreed than one may go: only the device remembers that.
    const bytes = await doctor.prepare(heart, impedance(500));
    const outcome = await doctor.sign(heart, bytes);
    assert.equal(outcome.kind, 'refused', outcome.kind);
    assert.equal(stateOf(ward, bytes, doctor.session), 'refused');
    assert.deepEqual(typesOf(storyOf(ward, bytes)), ['intent', 'outcome']);
  });

  it('is turned away when what it signed belongs to another channel', async () => {
    elsewhere = true;
    events?.onGone(sessions);
    await until('gone', () => !connected());
    events?.onCard({ session: ++sessions, reader: 'One', atr: Uint8Array.of(0x3b, 0x80) });
    await until('refused', () => ward.entries().some(({ code }) => code === 'E_CHANNEL'));
    elsewhere = false;
    assert.equal(connected(), false);
  });

  it('is lost when a station changes anything, and the outcome is unknown, not guessed', async () => {
    ward.ahead(1_000_000);
    heart.forward(1_000); // The nonce that was granted has died.
    await laid();
    const bytes = await doctor.prepare(heart, alert(210));
    tamper = (command) =>
      command.length > 200 ? command.map((byte, i) => (i === 100 ? byte ^ 1 : byte)) : command;
    assert.equal((await doctor.sign(heart, bytes)).kind, 'unknown');
    tamper = (command) => command;
    await refuses('E_LINK', doctor.prepare(heart, alert(210)));
    await until('in contact again, where it lies', connected);
  });

  it('is met again, without a hand on it, when at first it was asked more often than it can afford', async () => {
    heart.forward(1_000);
    while (heart.device.air.afford());
    events?.onGone(sessions);
    await until('gone', () => !connected());
    air = [];
    events?.onCard({ session: ++sessions, reader: 'One', atr: Uint8Array.of(0x3b, 0x80) });
    await until('turned away', () => air.length >= 4); // selected, and asked to begin
    assert.equal(connected(), false);
    heart.forward(60);
    await until('in contact', connected);
  });

  /** Lays a card on a reader that answers this each time; counts how often it was asked. */
  const layOther = (reader: string, answer: () => Bytes): { readonly asked: () => number; lift(): void } => {
    const session = ++sessions;
    let asked = 0;
    others.set(session, () => {
      asked++;
      return answer();
    });
    events?.onCard({ session, reader, atr: Uint8Array.of(0x3b, 0x80) });
    return { asked: () => asked, lift: () => events?.onGone(session) };
  };
  /** As long as it takes until a card whose answer was lost is asked again. */
  const oneTurn = async (): Promise<void> => {
    const silent = layOther('Three', () => {
      throw new ExchangeFailed('no-answer');
    });
    await until('asked again', () => silent.asked() > 1);
    silent.lift();
  };

  it('is met again; a card that is no device is asked once, however long it lies there', async () => {
    const stranger = layOther('Two', () => Uint8Array.of(0x6a, 0x82));
    await oneTurn();
    assert.equal(stranger.asked(), 1);
    stranger.lift();
  });

  it('is left alone where it lay before, once it speaks by another way', async () => {
    const before = sessions;
    events?.onCard({ session: ++sessions, reader: 'Two', atr: Uint8Array.of(0x3b, 0x80) });
    const now = sessions;
    // Contact, handshake, proof and attestation take more commands than these: until then it speaks by the old way.
    const said = (): number => carried.filter((session) => session === now).length;
    await until('the new way', () => said() > 12 && carried.at(-1) === now && connected());
    const turn = async (): Promise<readonly number[]> => {
      const from = carried.length;
      await oneTurn();
      return carried.slice(from);
    };
    // What was on its way when the new way was found still comes to its end.
    for (let tries = 5; tries > 0 && (await turn()).includes(before); tries -= 1);
    assert.ok(!(await turn()).includes(before));
    assert.ok(connected());
  });

  it('is met with a new link key once the authority has certified it, and with the one before until then', async () => {
    const file = (path: string): string => join(ward.folder, 'keys', path);
    const said = (words: string): boolean => ward.program.some((line) => line.includes(words));
    const fresh = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    const pem = fresh.export({ format: 'pem', type: 'pkcs8' }).toString();
    const { alg, raw } = publicKeyFromPem(pem);
    writeFileSync(file('gateway/link.key.pem'), pem);
    await until('it is said', () => said('is for this key: have the authority certify it'));
    await laid();
    const before = readCredential(
      nodeCrypto,
      new Uint8Array(readFileSync(file('public/links/gateway.bin'))),
    ).said;
    const next = { ...before, coseKey: coseKey(alg, raw), serial: 7_001 };
    const stranger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    const theirs = signerFromPem(stranger.export({ format: 'pem', type: 'pkcs8' }).toString());
    writeFileSync(file('public/links/gateway-2.bin'), await issueCredential(next, theirs));
    await until('it is said', () => said('E_ASSERTION_CRED'));
    const authority = signerFromPem(readFileSync(file('authority/authority.key.pem'), 'utf8'));
    writeFileSync(file('public/links/gateway-2.bin'), await issueCredential(next, authority));
    await until('replaced', () => said('link key replaced'));
    const among = await issueCredential({ ...next, serial: 7_002 }, authority);
    writeFileSync(file('public/credentials/gateway-2.bin'), among);
    await until('it is said', () => said('a gateway or a station, among people'));
    assert.ok(
      !ward.entries().some(({ number }) => number === 7_002),
      'who is no person is not announced as one',
    );
    assert.ok(ward.entries().some(({ type, number }) => type === 'credential' && number === 7_001));
    await laid();
    assert.equal(shown && readCredential(nodeCrypto, shown).said.serial, 7_001);
  });
});
