import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { agreementKeyFromPem, tapCrypto } from '../../clients/common/process/tap-crypto.ts';
import { memorySlots } from '../../clients/device/sdk/slots.ts';
import { tapOf } from '../../clients/device/sdk/tap.ts';
import { type VirtualCard, virtualCard } from '../../clients/device/virtual-card.ts';
import { startStation, type Station } from '../../clients/reader/station.ts';
import { superviseReader } from '../../clients/reader/supervised-reader.ts';
import { AID, encodeCommand, INS } from '../../server/protocol/link/apdu.ts';
import { exchangeOverApdus, selectApplet } from '../../server/protocol/link/apdu-exchange.ts';
import { Applet } from '../../server/protocol/link/applet.ts';
import { type Bytes, concat } from '../../server/protocol/encoding/bytes.ts';
import { linkIdentity } from '../../server/protocol/tap/identity.ts';
import { openTap } from '../../server/protocol/tap/reader-end.ts';
import { TAP } from '../../server/protocol/tap/tap.ts';
import { encodeRequest } from '../../server/protocol/link/wire.ts';
import type { CardSession } from '../../server/transport/station-link.ts';
import { program, until } from '../ceremony/world.ts';
import { channelPair } from '../nfc/support/channel-pair.ts';
import { ready, Rig } from '../nfc/support/rig.ts';
import { PACEMAKER } from '../support/settings.ts';
import { openWard, therapyDigest, type TestDevice, type TestWard } from '../support/ward.ts';

/** Handshakes at once, and the seconds that earn one more: what a device grants to strangers. */
const [AT_ONCE, EARNED_IN] = [20, 3];
/** Agreements of one handshake, and the one check of whoever shows a credential. */
const [AGREEMENTS, CHECKS] = [4, 1];
const ROUNDS = 100;

describe('a flood of strangers who tap an implant (pcscd, own driver, nfc-pcsc, station)', function () {
  this.timeout(90_000);
  let ward: TestWard;
  let rig: Rig;
  let card: VirtualCard;
  let heart: TestDevice;
  let saved = 0;
  const stations: Station[] = [];

  before(async function () {
    const built = ready();
    if ('missing' in built) {
      if (process.env['CI'] === 'true') assert.fail(`CI has to test the NFC path: ${built.missing}`);
      console.log(`      skipped: ${built.missing}`);
      this.skip();
    }
    ward = await openWard({
      storage: () => {
        const slots = memorySlots();
        return {
          ...slots,
          save: (bytes) => {
            saved++;
            return slots.save(bytes);
          },
        };
      },
    });
    heart = ward.device('pacemaker-1');
    heart.cut();
    rig = await Rig.start(built);
    card = virtualCard(rig.pcscd.cardSocket, new Applet(tapOf(heart.device, tapCrypto)));
    rig.station('a stranger'); // The reader wakes up with the first who asks for it.
    for (let tries = 0; !card.inserted; tries++)
      await card.insert().catch((error: unknown) => {
        if (tries > 50) throw error;
        return pause(100);
      });
  });
  after(async () => {
    card?.remove();
    for (const station of stations) await station.close();
    await rig?.stop();
    await ward?.end();
  });

  /** What the device has done and stored up to now. */
  const costs = () => {
    const { agreements, verifications, signatures } = heart.device.work;
    return { agreements, verifications, signatures, saved };
  };
  const seconds = (since: number): number => Math.ceil((performance.now() - since) / 1000);
  const affordable = (since: number): number => AT_ONCE + Math.floor(seconds(since) / EARNED_IN) + 1;

  /** Everything that somebody with a reader and no key can send. */
  async function strangers(session: CardSession): Promise<number> {
    let sent = 0;
    const transmit = (command: Bytes): Promise<Bytes> => {
      sent++;
      return session.transmit(command);
    };
    const carry = (message: Bytes): Promise<Bytes> => exchangeOverApdus(transmit, message);
    const noise = (size: number): Bytes => new Uint8Array(randomBytes(size));
    const sealed = concat(Uint8Array.of(TAP.sealed), noise(60));
    for (let round = 0; round < ROUNDS; round++) {
      for (const apdu of [
        noise(5 + (round % 250)),
        encodeCommand({ cla: 0, ins: INS.SELECT, p1: 4, p2: 0, data: noise(7) }),
        encodeCommand({ cla: 0, ins: INS.ENVELOPE, p1: 0, p2: 0, data: noise(255) }),
        encodeCommand({ cla: 0, ins: INS.GET_RESPONSE, p1: 0, p2: 0, data: new Uint8Array(), le: 256 }),
      ])
        await transmit(apdu);
      await selectApplet(transmit);
      await carry(Uint8Array.of(TAP.begin)); // Half a handshake.
      await carry(sealed);
      await carry(Uint8Array.of(TAP.begin));
      await carry(concat(Uint8Array.of(TAP.two), noise(200))); // A whole one, of nobody.
      await carry(noise(1 + (round % 900)));
    }
    return sent;
  }

  it('costs it a few handshakes and nothing it stores, however long it lasts', async () => {
    const [before, felt, began] = [costs(), therapyDigest(heart), performance.now()];
    const sent = await strangers(await rig.session());
    const after = costs();
    const most = affordable(began);
    assert.ok(sent >= 10 * ROUNDS);
    assert.ok(after.agreements - before.agreements <= AGREEMENTS * most, JSON.stringify({ before, after }));
    assert.ok(after.verifications - before.verifications <= CHECKS * most);
    assert.equal(after.signatures, before.signatures, 'it signs nothing for strangers');
    assert.equal(after.saved, before.saved, 'and writes nothing');
    assert.equal(therapyDigest(heart), felt);
    await session().transmit(encodeCommand({ cla: 0, ins: INS.SELECT, p1: 4, p2: 0, data: AID }));
  });

  it('with a stolen station’s key costs it no more: it says who it is as seldom as it shakes hands', async () => {
    const key = (path: string): string => join(ward.folder, 'keys', path);
    const certificate = new Uint8Array(readFileSync(key('public/links/station-1.bin')));
    const identity = {
      ...linkIdentity(certificate),
      key: agreementKeyFromPem(readFileSync(key('station-1/link.key.pem'), 'utf8')),
    };
    const transmit = (command: Bytes): Promise<Bytes> => session().transmit(command);
    heart.forward(AT_ONCE * EARNED_IN);
    const [before, began] = [costs(), performance.now()];
    let opened = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await selectApplet(transmit);
      const carry = (message: Bytes): Promise<Bytes> => exchangeOverApdus(transmit, message);
      const tap = await openTap(tapCrypto, identity, carry).catch(() => undefined);
      if (!tap) continue;
      opened++;
      for (let again = 0; again < 5; again++)
        await tap.exchange(encodeRequest({ kind: 'emergency-open' })).catch(() => undefined);
    }
    const after = costs();
    const most = affordable(began);
    assert.ok(opened > 0);
    assert.ok(after.signatures - before.signatures <= most, JSON.stringify({ before, after, most }));
    assert.ok(after.agreements - before.agreements <= AGREEMENTS * most);
    assert.ok(after.verifications - before.verifications <= CHECKS * most);
    assert.equal(after.saved, before.saved);
  });

  it('is followed by a ceremony as if nothing had been, within seconds', async () => {
    await rig.leave();
    const reader = superviseReader({ pcscSocket: rig.pcscd.socket });
    const station = startStation({ label: 'station-1', reader });
    stations.push(station);
    const [near, far] = channelPair();
    ward.contacts.onStation('station-1', near);
    station.attach(far);
    const began = performance.now();
    const doctor = await ward.signIn('dr-a');
    await until('linked', () => ward.desk.readers.readers(doctor.session)[0]?.linked === true);
    await ward.desk.readers.bind(doctor.session, 'station-1');
    const there = (): boolean => ward.desk.device(doctor.session, heart.id).connected;
    await until('the implant is met', there, 20_000);
    const bytes = await doctor.prepare(heart, program(PACEMAKER.impedanceLow, 250));
    assert.equal((await doctor.sign(heart, bytes)).kind, 'done');
    assert.ok(seconds(began) < 20, `${seconds(began)} s`);
  });

  const session = (): CardSession => {
    const last = rig.sessions.at(-1);
    assert.ok(last);
    return last;
  };
});
