import assert from 'node:assert/strict';
import { tapCrypto } from '../../clients/common/process/tap-crypto.ts';
import { readable } from '../../clients/device/read-out.ts';
import { issueAnchors } from '../../server/protocol/anchors.ts';
import { openAttestation } from '../../server/protocol/attestation.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { type Bytes, concat, hex } from '../../server/protocol/encoding/bytes.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import type { Identity } from '../../server/protocol/edhoc/handshake.ts';
import { openPresence } from '../../server/protocol/link/presence.ts';
import { openTap, type Tap } from '../../server/protocol/tap/reader-end.ts';
import { TAP } from '../../server/protocol/tap/tap.ts';
import { openTapLink } from '../../server/transport/tap-link.ts';
import { type Answer, encodeRequest, parseAnswer, type Request } from '../../server/protocol/link/wire.ts';
import { emergencyWith } from '../support/bundles.ts';
import { type Bench, digest, makeDeviceWorld, switchOn } from '../support/device.ts';
import { makeBundle, NOW, type World } from '../support/fixtures.ts';
import { nodeCrypto, testSigner } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { type Air, airOf, linkHolder, type LinkHolder, tapped } from './air.ts';

let world: World;
let bench: Bench;
let gateway: LinkHolder;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
  bench = await switchOn(world);
  gateway = await linkHolder(world.authority, {}, world.log);
};

const ask = async (tap: Tap, request: Request): Promise<Answer> =>
  parseAnswer(await tap.exchange(encodeRequest(request)));
const attestationIn = async (tap: Tap) => {
  const answer = await ask(tap, { kind: 'open' });
  assert.equal(answer.kind, 'attestation');
  return answer.kind === 'attestation' ? answer.attestation : new Uint8Array();
};
const everything = (air: Air): string => hex(concat(...air.seen.map(({ apdu }) => apdu)));

/** A whole session: tap, open, a change, its receipt asked for again. Gives what was said inside. */
async function session(air: Air): Promise<readonly Bytes[]> {
  const tap = await tapped(air, gateway);
  const attestation = await attestationIn(tap);
  const said = await openAttestation(nodeCrypto, attestation, world.device.key);
  assert.equal(hex(said.channel), hex(tap.channel), 'the device signs the very channel');
  const bundle = encodeBundle(await makeBundle(world));
  const receipt = await ask(tap, { kind: 'deliver', bundle });
  assert.equal(receipt.kind, 'receipt', JSON.stringify(receipt));
  return [attestation, bundle, receipt.kind === 'receipt' ? receipt.receipt : new Uint8Array()];
}

describe('a tap that is listened to', () => {
  beforeEach(setUp);
  it('shows no clinical or identifying byte', async () => {
    const air = airOf(bench);
    const inside = await session(air);
    const { attestation } = world;
    const canaries: readonly (readonly [string, Bytes])[] = [
      ['device id', world.deviceId],
      ['patient tag', attestation.patient],
      ['patient salt', attestation.patientSalt],
      ['nonce', attestation.nonce],
      ['emergency nonce', attestation.emergencyNonce],
      ['profile', world.profileHash],
      ['device key', world.device.key.kid],
      ['clinician’s key', world.alice.signer.key.kid],
      ['link credential', gateway.cred.slice(2, 34)],
      ['channel', (await openAttestation(nodeCrypto, inside[0] ?? new Uint8Array(), world.device.key)).channel],
    ]; // prettier-ignore
    const air16 = everything(air);
    for (const [what, bytes] of canaries)
      assert.ok(!air16.includes(hex(bytes.slice(0, 8))), `${what} is on the air`);
    for (const message of inside)
      for (let at = 0; at + 8 <= message.length; at += 4)
        assert.ok(!air16.includes(hex(message.slice(at, at + 8))), 'a piece of a message is on the air');
  });

  it('cannot be told from another tap of the same device, nor of another one', async () => {
    const tap = async (of: typeof bench): Promise<ReturnType<typeof airOf>> => {
      const air = airOf(of);
      await tapped(air, gateway).then(attestationIn);
      return air;
    };
    const other = await switchOn(await makeDeviceWorld());
    for (const again of [bench, other]) {
      // A byte beside what is fixed may be alike by chance, in one pair of taps; what links taps is alike in each.
      const shared: number[] = [];
      for (let pair = 0; pair < 3; pair++) {
        const [one, two] = [await tap(bench), await tap(again)];
        const lengths = (air: typeof one): readonly number[] => air.seen.map(({ apdu }) => apdu.length);
        assert.deepEqual(lengths(two), lengths(one));
        shared.push(longestShared(one, two));
      }
      assert.equal(Math.min(...shared), FIXED, 'what is alike is the same for every device');
    }
  });

  it('shows nothing but a fresh key before somebody has shown a credential', async () => {
    const air = airOf(bench);
    await air.select();
    const answer = await air.carry(Uint8Array.of(TAP.begin));
    assert.equal(hex(answer.slice(0, 5)), '0103025820');
    assert.equal(answer.length, 1 + 37);
    const again = airOf(bench);
    await again.select();
    assert.notEqual(hex(await again.carry(Uint8Array.of(TAP.begin))), hex(answer));
  });
});

/** Head of the command, kind of the message, and a COSE_Encrypt0 up to its ciphertext. */
const FIXED = 5 + 1 + 9;
/** Longest run of bytes that both captures have at one place. */
function longestShared(a: Air, b: Air): number {
  let longest = 0;
  for (const [i, { apdu }] of a.seen.entries()) {
    if (i < 2) continue; // SELECT names the applet
    const other = b.seen[i]?.apdu ?? new Uint8Array();
    let run = 0;
    for (let at = 0; at < apdu.length; at++) {
      run = apdu[at] === other[at] ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
  }
  return longest;
}

describe('a device on a reader', () => {
  beforeEach(setUp);
  const refused = async (identity: Identity): Promise<void> => {
    const before = await digest(bench);
    const air = airOf(bench);
    await assert.rejects(tapped(air, identity), { code: 'E_CHANNEL' });
    assert.equal(hex(air.seen.at(-1)?.apdu ?? new Uint8Array()), '0f9000', 'and was not shown message_3');
    assert.equal(await digest(bench), before);
  };

  it('answers nothing in the clear', async () => {
    const air = airOf(bench);
    await air.select();
    for (const kind of ['open', 'emergency-open'] as const)
      assert.equal(hex(await air.carry(encodeRequest({ kind }))), '0f');
    assert.equal(
      hex(await air.carry(concat(Uint8Array.of(TAP.sealed), encodeRequest({ kind: 'open' })))),
      '0f',
    );
  });
  it('talks to nobody whom its own authority has not certified', async () => {
    const other = testSigner('another authority');
    await refused(await linkHolder(other));
    await refused(await linkHolder({ key: world.authority.key, sign: (message) => other.sign(message) }));
  });
  it('talks to no clinician’s credential', async () =>
    refused(await linkHolder(world.authority, { roles: ROLE.clinician + ROLE.emergency })));
  it('talks to nobody whose credential has ended', async () =>
    refused(await linkHolder(world.authority, { notBefore: 0, notAfter: bench.device.state.time - 1 })));
  it('talks to nobody on the list it holds', async () => {
    bench = await switchOn(world, { state: { revoked: [900] } });
    await refused(await linkHolder(world.authority));
  });
  it('talks to nobody who shows somebody else’s credential', async () => {
    const own = await linkHolder(world.authority);
    await refused({ ...gateway, key: own.key });
  });

  it('talks to a station alone about the safe mode, and nothing else', async () => {
    const tap = await tapped(airOf(bench), await linkHolder(world.authority, { roles: ROLE.station }));
    for (const request of [
      { kind: 'open' },
      { kind: 'receipts-since', number: 0 },
      { kind: 'deliver', bundle: encodeBundle(await makeBundle(world)) },
    ] as const) {
      const answer = await ask(tap, request);
      assert.equal(answer.kind === 'refused' && answer.code, 'E_BREAKGLASS_SCOPE', request.kind);
    }
    const answer = await ask(tap, { kind: 'emergency-open' });
    assert.equal(answer.kind, 'presence');
    if (answer.kind !== 'presence') return;
    const presence = await openPresence(nodeCrypto, answer.presence, world.device.key);
    assert.equal(hex(presence.channel), hex(tap.channel));
    assert.equal(hex(presence.emergencyNonce), hex(bench.device.state.emergencyNonce));
    const { bytes: emergency } = await emergencyWith(world);
    const receipt = await ask(tap, { kind: 'emergency', emergency });
    assert.equal(receipt.kind, 'receipt', JSON.stringify(receipt));
    assert.equal(bench.therapy.mode, 'safe-mode');
  });

  const code = (answer: Answer): string => (answer.kind === 'refused' ? answer.code : answer.kind);
  /** How much of its settings and its past a gateway gets to see. */
  const seenBy = async (tap: Tap): Promise<readonly string[]> => {
    const bundle = encodeBundle(await makeBundle(world));
    const requests: readonly Request[] = [
      { kind: 'open' },
      { kind: 'receipts-since', number: 0 },
      { kind: 'receipt-for', command: new Uint8Array(32) },
      { kind: 'deliver', bundle },
      { kind: 'read-out' },
    ];
    const answers: string[] = [];
    for (const request of requests) answers.push(code(await ask(tap, request)));
    return answers;
  };

  it('tells a gateway nothing that cannot show it was certified in the open: an authority alone reads no settings', async () => {
    const nothing = Array.from({ length: 5 }, () => 'E_LOG_PROOF');
    const before = await digest(bench);
    const { proof: own, ...unproven } = gateway;
    assert.deepEqual(await seenBy(await tapped(airOf(bench), unproven)), nothing);
    const readOuts = readable({
      device: bench.device,
      id: world.deviceId,
      identity: world.device,
      crypto: nodeCrypto,
      random: (size) => new Uint8Array(size),
      therapy: bench.therapy,
    });
    const air = airOf({ device: readOuts });
    assert.equal(
      code(await ask(await tapped(air, unproven), { kind: 'read-out' })),
      'E_LOG_PROOF',
      'nor what it measured',
    );
    const person = world.alice.proven.proof;
    const alone = await world.log.proof(own?.index ?? 0, NOW);
    const unseen = { ...alone, checkpoint: alone.checkpoint.split('\n').slice(0, -2).join('\n') + '\n' };
    for (const [what, proof] of [
      ['another’s', person],
      ['unwitnessed', unseen],
    ] as const) {
      const tap = await tapped(airOf(bench), unproven);
      assert.equal(await tap.prove(proof), 1, `${what}: and says under which anchors`);
      assert.deepEqual(await seenBy(tap), nothing, what);
    }
    const tap = await tapped(airOf(bench), unproven);
    assert.equal(
      (await ask(tap, { kind: 'emergency-open' })).kind,
      'presence',
      'the safe mode is for everybody',
    );
    assert.equal(await digest(bench), before);
    assert.ok(own);
    assert.equal(await tap.prove(own), undefined);
    assert.equal((await ask(tap, { kind: 'open' })).kind, 'attestation');
  });

  it('pays for proofs that prove nothing from what strangers may cost', async () => {
    const tap = await tapped(airOf(bench), { ...gateway, proof: world.alice.proven.proof });
    const before = bench.device.work.verifications;
    await assert.rejects(
      async () => {
        for (let i = 0; i < 200; i++) await tap.prove({ ...world.alice.proven.proof, index: 1 });
      },
      { code: 'E_CHANNEL' },
    );
    assert.ok(
      bench.device.work.verifications - before <= 3 * 40,
      `${bench.device.work.verifications - before}`,
    );
  });

  it('that was away while keys were replaced is brought the anchors it missed, and believes the gateway then', async () => {
    const next = new TestLog('log', 'another-witness');
    next.entries.push(...world.log.entries);
    const { proof, ...holder } = await linkHolder(world.authority, {}, next);
    const anchors = { ...world.anchors, version: 2, witnesses: { k: 1, vkeys: [next.witnessVkey] } };
    const missed = await issueAnchors(anchors, world.authority, world.recovery);
    const air = airOf(bench);
    await air.select();
    const plain = {
      kind: 'nfc' as const, place: 'here', channel: new Uint8Array(32), closed: false,
      exchange: (message: Bytes) => air.carry(message), close: () => undefined, onClose: () => undefined,
    };
    const tapping = { crypto: tapCrypto, identity: holder, proof };
    const away = { ...tapping, anchors: new Map([[1, world.anchorsBytes]]) };
    await assert.rejects(openTapLink(plain, away, 1_000), { code: 'E_LOG_PROOF' });
    await air.select();
    const link = await openTapLink(plain, { ...away, anchors: new Map([[1, world.anchorsBytes], [2, missed]]) }, 1_000);
    assert.equal(parseAnswer(await link.exchange(encodeRequest({ kind: 'open' }), 1_000)).kind, 'attestation');
    await air.select();
    const unlogged = { ...away, proof: undefined };
    await assert.rejects(openTapLink(plain, unlogged, 1_000), { code: 'E_LOG_PROOF' });
  }); // prettier-ignore

  it('takes a station whose credential ended a while ago: patients come when they come', async () => {
    const late = await linkHolder(world.authority, {
      roles: ROLE.station,
      notBefore: 0,
      notAfter: bench.device.state.time - 86_400,
    });
    assert.equal((await ask(await tapped(airOf(bench), late), { kind: 'emergency-open' })).kind, 'presence');
  });

  it('affords so many handshakes, writes nothing for them, and some more after a while', async () => {
    const before = await digest(bench);
    const air = airOf(bench);
    const begin = async (): Promise<number> => {
      await air.select();
      return (await air.carry(Uint8Array.of(TAP.begin)))[0] ?? -1;
    };
    let afforded = 0;
    for (let i = 0; i < 200; i++) if ((await begin()) === TAP.one) afforded++;
    assert.equal(afforded, 20);
    assert.equal(bench.device.work.agreements, 80);
    assert.equal(await digest(bench), before);
    bench.clock.seconds += 3;
    const station = await tapped(air, await linkHolder(world.authority, { roles: ROLE.station }));
    const [first, again] = [await ask(station, { kind: 'emergency-open' }), await ask(station, { kind: 'emergency-open' })]; // prettier-ignore
    assert.equal(first.kind, 'presence', 'a rescuer waits seconds, not minutes');
    assert.equal(again.kind === 'refused' && again.code, 'E_RATE');
  });
});

describe('a station in between', () => {
  beforeEach(setUp);
  let air: Air;
  let tap: Tap;
  beforeEach(async () => {
    air = airOf(bench);
    tap = await tapped(air, gateway);
  });
  const dead = async (): Promise<void> => {
    air.tamper = (apdu) => apdu;
    await assert.rejects(attestationIn(tap), { code: 'E_CHANNEL' });
  };
  const flipped = (apdu: Bytes, at: number): Bytes => apdu.map((byte, i) => (i === at ? byte ^ 1 : byte));

  it('changes no byte on the way to the device unnoticed, and ends the session by trying', async () => {
    air.tamper = (apdu, towards) => (towards === 'device' && apdu.length > 40 ? flipped(apdu, 40) : apdu);
    await assert.rejects(attestationIn(tap), { code: 'E_CHANNEL' });
    await dead();
  });
  it('changes no byte on the way back unnoticed', async () => {
    air.tamper = (apdu, towards) => (towards === 'reader' && apdu.length > 40 ? flipped(apdu, 40) : apdu);
    await assert.rejects(attestationIn(tap), { code: 'E_CHANNEL' });
  });
  it('repeats no message', async () => {
    await attestationIn(tap);
    const start = air.seen.findIndex(({ apdu }) => apdu[1] === 0xc2 && apdu[5] === TAP.sealed);
    const sent = air.seen
      .slice(start)
      .filter(({ towards, apdu }) => towards === 'device' && apdu[1] === 0xc2);
    let last: Bytes = new Uint8Array();
    for (const { apdu } of sent) last = await air.applet.process(apdu);
    assert.equal(hex(last), '0f9000');
    await dead();
  });
  it('sends no message back to whom it came from', async () => {
    const own: Bytes[] = [];
    const mirrored = await openTap(tapCrypto, gateway, async (message) => {
      if (message[0] !== TAP.sealed) return air.carry(message);
      own.push(message);
      return message;
    });
    await assert.rejects(attestationIn(mirrored), { code: 'E_CHANNEL' });
    assert.equal(own.length, 1);
  });
  it('carries no message from one device to another', async () => {
    const other = airOf(await switchOn(world));
    await tapped(other, gateway);
    const swapped: Tap = await openTap(tapCrypto, gateway, (message) =>
      message[0] === TAP.sealed ? other.carry(message) : air.carry(message),
    );
    await assert.rejects(attestationIn(swapped), { code: 'E_CHANNEL' });
  });
  it('cannot begin for a gateway and go on by itself', async () => {
    const [begin, ...rest] = [TAP.begin, TAP.sealed, TAP.two];
    await air.carry(Uint8Array.of(begin));
    for (const kind of rest)
      assert.equal(hex(await air.carry(concat(Uint8Array.of(kind), new Uint8Array(60)))), '0f');
  });

  it('flips no bit of a handshake that still succeeds', async () => {
    for (let bit = 0; bit < 8 * 420; bit += 37) {
      bench = await switchOn(world);
      const line = airOf(bench);
      await line.select();
      const carry = async (message: Bytes): Promise<Bytes> => {
        if (message[0] !== TAP.two) return line.carry(message);
        const at = 1 + (Math.floor(bit / 8) % (message.length - 1));
        return line.carry(message.map((byte, i) => (i === at ? byte ^ (1 << (bit % 8)) : byte)));
      };
      await assert.rejects(openTap(tapCrypto, gateway, carry), { code: 'E_CHANNEL' }, `bit ${bit}`);
    }
  });
});
