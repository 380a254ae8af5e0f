import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { EmergencyCache } from '../../clients/reader/emergency/cache.ts';
import { openDoorServer } from '../../clients/reader/emergency/http.ts';
import { KeptReceipts } from '../../clients/reader/emergency/receipts.ts';
import { join } from 'node:path';
import { base64url, type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { encodeCommand, OPERATION, parseCommand } from '../../server/protocol/command.ts';
import { parseFromStation } from '../../server/protocol/link/station.ts';
import { issueStatus, ROLE } from '../../server/protocol/credential.ts';
import { channelPair } from '../nfc/support/channel-pair.ts';
import { issueAnchors } from '../../server/protocol/anchors.ts';
import { encodeRequest, parseAnswer } from '../../server/protocol/link/wire.ts';
import { makeDeviceWorld, switchOn } from '../support/device.ts';
import { approve, enrol, ISSUED, NOW, type Person, type World } from '../support/fixtures.ts';
import { nodeCrypto, testSigner } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { CARD, type Place, placeOf } from './place.ts';

let world: World;
let place: Place;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
  place = await placeOf(world);
  await place.cache.takeStatus(world.status);
  await place.cache.takeRescuer(world.alice.proven);
};
const tearDown = () => place.end();

const rescue = async (person: Person = world.alice): Promise<{ command: Bytes; number: number }> => {
  const { command } = await place.door.open(CARD);
  const { receipt } = await place.door.act(CARD, command, await approve(person, command));
  return { command, number: receipt.number };
};
const untouched = (): void => assert.equal(place.bench.therapy.mode, 'running');

describe('the emergency door of a reader station', () => {
  beforeEach(setUp);
  afterEach(tearDown);
  it('puts a device into its safe state with nobody else there', async () => {
    const { command } = await rescue();
    assert.equal(place.bench.therapy.mode, 'safe-mode');
    assert.deepEqual(
      [...place.bench.therapy.acting],
      [...new Map([...place.bench.therapy.acting, ...world.profile.safeState])],
    );
    const said = parseCommand(command);
    assert.equal(said.operation, OPERATION.safeMode);
    assert.equal(said.changes.size, 0);
    assert.equal(place.receipts.waiting().length, 1);
  });

  it('does it once, however often it is asked, also when the answer was lost', async () => {
    const { command } = await place.door.open(CARD);
    const approval = await approve(world.alice, command);
    place.loseAnswer(12);
    let lost = 0;
    for (let of = 12; of < 40 && place.bench.therapy.mode === 'running'; of++) {
      place.loseAnswer(of);
      await place.door.act(CARD, command, approval).catch((error: { code: string }) => {
        lost++;
        assert.equal(error.code, 'E_LINK');
      });
    }
    assert.ok(lost > 0);
    place.loseAnswer(-1);
    const first = await place.door.act(CARD, command, approval);
    const again = await place.door.act(CARD, command, approval);
    assert.equal(hex(first.bytes), hex(again.bytes));
    assert.equal(place.bench.device.state.receiptNumber, world.attestation.receiptNumber + 1);
    assert.equal(place.receipts.waiting().length, 1);
  });

  it('knows nobody who was not announced to it with a proof', async () => {
    await assert.rejects(rescue(world.bob), { code: 'E_ASSERTION_CRED' });
    untouched();
    const fake = await enrol(world.log, testSigner('another authority'), 'mallory', 0, {});
    await assert.rejects(place.cache.takeRescuer(fake.proven), { code: 'E_ASSERTION_CRED' });
    const nurse = await enrol(world.log, world.authority, 'nurse', 0, { roles: ROLE.clinician });
    await assert.rejects(place.cache.takeRescuer(nurse.proven), { code: 'E_ROLE' });
    const { credential } = world.alice.proven;
    const elsewhere = { credential, proof: { ...world.alice.proven.proof, path: [] } };
    await assert.rejects(place.cache.takeRescuer(elsewhere), { code: 'E_LOG_PROOF' });
  });

  it('rescues a device that was away while the witness was replaced, and one that was not', async () => {
    const next = new TestLog('log', 'another-witness');
    next.entries.push(...world.log.entries);
    const anchors = { ...world.anchors, version: 2, witnesses: { k: 1, vkeys: [next.witnessVkey] } };
    const { credential, proof: before } = world.alice.proven;
    const proof = await next.proof(before.index, NOW);
    await assert.rejects(place.cache.takeRescuer({ credential, proof }), { code: 'E_LOG_PROOF' });
    place.cache.renew(anchors);
    await place.cache.takeRescuer({ credential, proof });
    const held = (cache: EmergencyCache): number => cache.rescuer(world.alice.signer.key.kid).proofs.length;
    assert.equal(held(place.cache), 2);
    assert.equal(held(await EmergencyCache.open(place.folder, anchors)), 2, 'also over a start');
    await rescue();
    assert.equal(place.bench.therapy.mode, 'safe-mode', 'it believes the witness of before');
    const message = encodeRequest({
      kind: 'anchors',
      anchors: await issueAnchors(anchors, world.authority, world.recovery),
    });
    const bench = await switchOn(world);
    const told = parseAnswer(
      await bench.device.handle(message, { kind: 'nfc', channel: new Uint8Array(32) }),
    );
    assert.equal(told.kind, 'accepted');
    const there = await placeOf(world, bench);
    there.cache.renew(anchors);
    await there.cache.takeRescuer({ credential, proof });
    const { command } = await there.door.open(CARD);
    await there.door.act(CARD, command, await approve(world.alice, command));
    assert.equal(bench.therapy.mode, 'safe-mode', 'and this one that of now');
    there.end();
  });

  it('refuses whoever the newest list revokes, and takes no older list', async () => {
    const serial = 1;
    const list = (version: number, revoked: readonly number[]) =>
      issueStatus({ version, issued: ISSUED, revoked }, world.authority);
    await place.cache.takeStatus(await list(2, [serial]));
    await assert.rejects(rescue(), { code: 'E_ASSERTION_CRED' });
    await assert.rejects(place.cache.takeStatus(await list(1, [])), { code: 'E_STATUS' });
    await assert.rejects(rescue(), { code: 'E_ASSERTION_CRED' });
    untouched();
  });

  it('delivers the bytes it offered, and no others', async () => {
    const { command, presence } = await place.door.open(CARD);
    const stop = encodeCommand({ ...parseCommand(command), operation: OPERATION.stop });
    await assert.rejects(place.door.act(CARD, stop, await approve(world.alice, stop)), {
      code: 'E_CMD_HASH',
    });
    const other = encodeCommand({
      ...parseCommand(command),
      nonce: presence.device.length === 8 ? new Uint8Array(16) : command,
    });
    await assert.rejects(place.door.act(CARD, other, await approve(world.alice, other)), {
      code: 'E_CMD_HASH',
    });
    untouched();
  });

  it('has nothing to offer for another device that lies there meanwhile', async () => {
    const { command } = await place.door.open(CARD);
    place.leave();
    await assert.rejects(place.door.act(CARD, command, await approve(world.alice, command)), {
      code: 'E_CMD_HASH',
    });
    untouched();
  });

  it('does not forge: a signature over something else is refused by the device', async () => {
    const { command } = await place.door.open(CARD);
    const over = encodeCommand({ ...parseCommand(command), counter: 9 });
    await assert.rejects(place.door.act(CARD, command, await approve(world.alice, over)), {
      code: 'E_ASSERTION',
    });
    untouched();
  });

  it('bounds what a thousand bad tries cost, and still lets the rescuer through a little later', async () => {
    const { command } = await place.door.open(CARD);
    const bad = await approve(world.alice, encodeCommand({ ...parseCommand(command), counter: 9 }));
    const before = place.bench.device.work.verifications;
    for (let i = 0; i < 1_000; i++) await place.door.act(CARD, command, bad).catch(() => undefined);
    assert.ok(
      place.bench.device.work.verifications - before <= 100,
      `${place.bench.device.work.verifications}`,
    );
    untouched();
    place.bench.clock.seconds += 60;
    await rescue();
    assert.equal(place.bench.therapy.mode, 'safe-mode');
  });

  it('keeps what it knows and what it did over a restart, and forgets a record when it is in the log', async () => {
    await rescue();
    const cache = await EmergencyCache.open(place.folder, world.anchors);
    assert.equal(cache.size, 1);
    assert.equal(cache.status?.version, 1);
    const receipts = new KeptReceipts(join(place.folder, 'receipts'));
    const [record] = receipts.waiting();
    assert.ok(record);
    receipts.confirmed(nodeCrypto.sha256(record));
    assert.equal(new KeptReceipts(join(place.folder, 'receipts')).waiting().length, 0);
  });

  it('gives the device back to the gateway as one that was just put there', async () => {
    const heard: string[] = [];
    const [near, far] = channelPair();
    far.onMessage((frame) => {
      const said = parseFromStation(frame);
      heard.push(said.kind === 'card' || said.kind === 'gone' ? `${said.kind} ${said.session}` : said.kind);
    });
    place.station.attach(near);
    await place.door.open(CARD);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(heard, ['hello', 'card 1', 'gone 1', 'card 2']);
  });
});

describe('the emergency door on loopback', () => {
  beforeEach(setUp);
  afterEach(tearDown);
  let server: Awaited<ReturnType<typeof openDoorServer>>;
  beforeEach(async () => {
    server = await openDoorServer({
      door: place.door,
      state: () => ({ gateway: 'away' }),
      port: 0,
      hostname: 'station-1.localhost',
      origins: world.anchors.origins.map(({ origin }) => origin),
      tls: undefined,
      now: () => Date.now(),
      failed: (error) => assert.fail(String(error)),
    });
  });
  afterEach(() => server.close());

  const call = (
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; json: Record<string, unknown>; origin: unknown }> =>
    new Promise((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: server.port,
          method,
          path,
          headers: { host: 'station-1.localhost', 'content-type': 'application/json', ...headers },
        },
        (response) => {
          text(response).then((answer) => {
            const origin = response.headers['access-control-allow-origin'];
            resolve({
              status: response.statusCode ?? 0,
              json: JSON.parse(answer) as Record<string, unknown>,
              origin,
            });
          }, reject);
        },
      );
      asked.on('error', reject);
      asked.end(body);
    });

  it('opens, and acts on a signature, for a signing page of the anchors', async () => {
    const origin = world.anchors.origins[0]?.origin ?? '';
    const opened = await call('POST', '/v1/emergency/open', JSON.stringify({ card: CARD }), { origin });
    assert.equal(opened.status, 200, JSON.stringify(opened.json));
    assert.equal(opened.origin, origin);
    assert.equal(String(opened.json['words']).split(' ').length, 4);
    const command = new Uint8Array(Buffer.from(String(opened.json['command']), 'base64url'));
    const approval = await approve(world.alice, command);
    const body = {
      card: CARD,
      command: base64url(command),
      approval: {
        kid: base64url(approval.kid),
        authenticatorData: base64url(approval.authenticatorData),
        clientDataJSON: base64url(approval.clientDataJSON),
        signature: base64url(approval.signature),
      },
    };
    const done = await call('POST', '/v1/emergency/act', JSON.stringify(body), { origin });
    assert.equal(done.json['result'], 'applied', JSON.stringify(done.json));
    assert.equal(place.bench.therapy.mode, 'safe-mode');
  });

  const refused: readonly [what: string, status: number, code: string, ...Parameters<typeof call>][] = [
    ['a page of another origin', 403, 'E_ORIGIN', 'POST', '/v1/emergency/open', '{"card":7}', { origin: 'https://evil.test' }],
    ['a name that was rebound to it', 403, 'E_ORIGIN', 'GET', '/v1/emergency', undefined, { host: 'evil.test' }],
    ['a form of another page', 422, 'E_CMD_SCHEMA', 'POST', '/v1/emergency/open', 'card=7', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['what is no JSON', 400, 'E_CMD_MALFORMED', 'POST', '/v1/emergency/open', '{', {}],
    ['a parameter', 422, 'E_CMD_SCHEMA', 'POST', '/v1/emergency/open', '{"card":7,"value":160}', {}],
    ['a body without end', 400, 'E_CMD_MALFORMED', 'POST', '/v1/emergency/open', `"${'x'.repeat(20_000)}"`, {}],
    ['another path', 404, 'E_ROUTE', 'POST', '/v1/emergency/program', '{}', {}],
    ['a card that is not there', 503, 'E_LINK', 'POST', '/v1/emergency/open', '{"card":99}', {}],
  ]; // prettier-ignore
  for (const [what, status, code, ...asked] of refused) {
    it(`refuses ${what}`, async () => {
      if (code === 'E_LINK') place.leave();
      const answer = await call(...asked);
      assert.equal(answer.json['code'], code, JSON.stringify(answer.json));
      assert.equal(answer.status, status);
      untouched();
    });
  }

  it('is asked by a person: a program that asks all the time has to wait', async () => {
    const answers: number[] = [];
    for (let i = 0; i < 40; i++) answers.push((await call('POST', '/v1/emergency/open', '{')).status);
    assert.ok(answers.includes(429));
    assert.equal((await call('GET', '/v1/emergency')).status, 200);
  });

  it('shows nothing about any patient', async () => {
    const { json } = await call('GET', '/v1/emergency');
    assert.deepEqual(json, { gateway: 'away' });
  });
});
