import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resigned } from '../../clients/attack/cases/present.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { chance, damage } from '../../clients/conformance/cases/noise.ts';
import { type ReferenceGateway, referenceGateway } from '../../clients/conformance/gateway/reference.ts';
import { freshKey } from '../../clients/conformance/world/hospital.ts';
import { wireStatement } from '../../clients/ward/clinician.ts';
import { seatOf } from '../../clients/ward/seats.ts';
import { type Approval, parseApproval } from '../../server/protocol/approval.ts';
import { base64url, type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';
import { decode, isMap } from '../../server/protocol/encoding/cbor.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { type Purpose, PURPOSE } from '../../server/protocol/statement.ts';
import { flipped, type VectorFile } from '../vectors/vector-file.ts';
import { filled, HttpDoors } from './http-door.ts';
import { proofFor, wrongProofs, wrongTokens } from './wrong-tokens.ts';

const SEED = 20_261_129;
const LOCK = new Map([[1, 'device'], [2, '0200000000000009'], [3, 'a test']]); // prettier-ignore
const LOCKS = { method: 'POST', path: '/v1/locks' };
const DEVICES = { method: 'GET', path: '/v1/devices' };

/** Messages of the portable vectors that have to be refused. */
const badOnes = (message: string): readonly (readonly [name: string, bytes: Bytes])[] => {
  const file = new URL(`../vectors/${message}.json`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as VectorFile;
  return vectors.filter(({ expect }) => expect !== 'ok').map(({ name, given }) => [name, unhex(given)]);
};

describe('nothing invalid is ever acknowledged over HTTP', function () {
  this.timeout(120_000);
  let folder: string;
  let gateway: ReferenceGateway;
  let http: HttpDoors;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'http-doors-'));
    gateway = await referenceGateway(folder, Math.floor(Date.now() / 1000));
    http = await HttpDoors.of(folder);
  });
  after(async () => {
    http.close();
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('where people sign', () => {
    const signDoors = () => http.doors.filter(({ takes }) => takes === 'a statement');

    // A nonce counts once, also for what is refused: each of these is over one of its own, so that it is not that.
    it('no statement and no approval of the vectors, at any door', async () => {
      assert.ok(
        signDoors().length >= 10,
        signDoors()
          .map(({ path }) => path)
          .join(),
      );
      const { approval } = await http.signed('lock', LOCK);
      for (const door of signDoors())
        for (const [name, statement] of badOnes('statement'))
          http.refused(await http.put(door, { statement, approval }), `${door.path}: statement ${name}`);
      for (const [name, bytes] of badOnes('approval')) {
        const bad = approvalIn(bytes);
        if (!bad) continue;
        const { statement } = await http.signed('lock', LOCK);
        http.refused(await http.put(LOCKS, { statement, approval: bad }), `approval ${name}`);
      }
    });

    it('nothing that is genuine for another door, another purpose, another time or another key', async () => {
      const purposes = Object.keys(PURPOSE) as Purpose[];
      for (const purpose of purposes.filter((each) => each !== 'lock'))
        http.refused(await http.put(LOCKS, await http.signed(purpose, LOCK)), `a ${purpose} for a lock`);
      const lock = await http.signed('lock', LOCK);
      for (const door of signDoors().filter(({ path }) => path !== LOCKS.path))
        http.refused(await http.put(door, await http.signed('lock', LOCK)), `a lock at ${door.path}`);
      for (const label of ['session', 'command'] as const)
        http.refused(
          await http.put(LOCKS, await http.signed('lock', LOCK, { label })),
          `signed as a ${label}`,
        );
      const given = new Uint8Array(randomBytes(16));
      http.refused(
        await http.put(LOCKS, await http.signed('lock', LOCK, { nonce: given })),
        'over a nonce of its own making',
      );
      const other = seatOf(folder, 'dr-a').passkey;
      const { statement } = lock;
      const theirs = await other.approve(challengeFor(nodeCrypto.sha256, 'statement', statement));
      http.refused(await http.put(LOCKS, { statement, approval: theirs }), 'signed by somebody else');
    });

    it('no flipped bit and no noise, and what was taken once is not taken again', async () => {
      const pick = chance(SEED);
      for (let i = 0; i < 24; i++) {
        const { statement, approval } = await http.signed('lock', LOCK);
        const noise = damage(statement, pick).slice(0, 2_000);
        for (const bytes of [flipped(statement, pick(statement.length)), noise])
          if (base64url(bytes) !== base64url(statement))
            http.refused(await http.put(LOCKS, { statement: bytes, approval }), 'a bit, or noise');
      }
      for (const part of ['authenticatorData', 'clientDataJSON', 'signature', 'kid'] as const)
        for (let i = 0; i < 8; i++) {
          const { statement, approval } = await http.signed('lock', LOCK);
          const bad: Approval = { ...approval, [part]: flipped(approval[part], pick(approval[part].length)) };
          http.refused(await http.put(LOCKS, { statement, approval: bad }), `a bit of ${part}`);
        }
      const genuine = await http.signed('lock', LOCK);
      const text = JSON.stringify(wireStatement(genuine));
      const said = base64url(genuine.statement);
      for (const [what, body] of [
        ['padded', text.replace(said, `${said}==`)],
        ['with a space', text.replace(said, `${said} `)],
        ['in the other alphabet', text.replace(said, Buffer.from(genuine.statement).toString('base64'))],
        ['with a member more', text.replace('{', '{"more":1,')],
        ['said twice', text.replace('{', `{"statement":"${said}",`)],
        ['cut', text.slice(0, -1)],
        ['with more behind it', `${text} {}`],
        ['in a list', `[${text}]`],
      ] as const)
        if (body !== text) http.refused(await http.ask(LOCKS, { body }), what);
      const taken = await http.put(LOCKS, genuine);
      assert.equal(taken.status, 201, `the genuine one is taken, after all that: ${taken.body}`);
      http.refused(await http.put(LOCKS, genuine), 'the genuine one again');
    });
  });

  describe('where a token opens', () => {
    it('no proof over something else, at the door where it would count', async () => {
      assert.equal((await http.ask(DEVICES)).status, 200);
      for (const [what, proof] of wrongProofs(http, DEVICES)) {
        await http.ask(DEVICES); // a nonce that is fresh
        http.refused(await http.ask(DEVICES, { proof: proof() }), what);
      }
      await http.ask(DEVICES);
      const once = proofFor(http, DEVICES);
      assert.equal((await http.ask(DEVICES, { proof: once })).status, 200);
      http.refused(await http.ask(DEVICES, { proof: once }), 'a proof for the second time');
    });

    it('no token that says something else', async () => {
      const issuer = readFileSync(join(folder, 'keys/issuer/token.key.pem'), 'utf8');
      for (const [what, wrong] of wrongTokens(http, issuer))
        http.refused(await http.ask(DEVICES, { token: wrong }), what);
      http.refused(
        await http.raw(DEVICES.path, { headers: { authorization: `Bearer ${http.token}` } }),
        'without a proof',
      );
    });

    it('at no other door either', async () => {
      const closed = http.doors.filter((door) => door.closed);
      assert.ok(closed.length > 40, `${closed.length} doors`);
      const expired = resigned(http.token, freshKey('ec'), {});
      for (const { method, path } of closed) {
        const door = { method, path: filled(path) };
        const body = method === 'POST' ? { body: '{}' } : {};
        http.refused(
          await http.ask(door, {
            ...body,
            proof: http.seat.key.prove(
              { method: 'PUT', url: http.url(door.path), token: http.token, nonce: http.nonce },
              Date.now(),
            ),
          }),
          `${method} ${path}: a proof for PUT`,
        );
        http.refused(
          await http.ask(door, { ...body, token: expired }),
          `${method} ${path}: a http.token of nobody`,
        );
      }
    });
  });

  describe('where somebody asks', () => {
    it('in JSON: no body that is none, and no member that is not in the document', async () => {
      const bodies = ['null', '[]', '"text"', '{', '{"a":', '{"unknown":1}', '{"__proto__":{"statement":"a"}}', '{}{}', '\ufeff{}', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, '{"x":1e999}', '{"x":"\\ud800"}']; // prettier-ignore
      const taking = http.doors.filter(({ takes, method }) => takes !== 'nothing' && method === 'POST');
      assert.ok(taking.length > 20, `${taking.length} doors`);
      for (const { method, path } of taking) {
        const door = { method, path: filled(path) };
        for (const body of bodies)
          http.refused(await http.ask(door, { body }), `${path}: ${body.slice(0, 40)}`);
        const type = { 'content-type': 'text/plain' };
        http.refused(await http.ask(door, { body: '{}', headers: type }), `${path}: as text`);
      }
    });

    it('by a name: no name in another spelling', async () => {
      const named = http.doors.filter(({ path }) => path.includes('{'));
      assert.ok(named.length > 10, `${named.length} doors`);
      for (const { method, path } of named)
        for (const name of [
          '..',
          '%2e%2e',
          '0',
          'FFFFFFFFFFFFFFFF',
          '00%00',
          'f'.repeat(2_000),
          '{id}',
          "'--",
        ]) {
          const at = path.replace(/\{\w+\}/u, name);
          http.refused(
            await http.ask({ method, path: at }, method === 'POST' ? { body: '{}' } : {}),
            `${method} ${at}`,
          );
        }
    });

    it('for many reasons, each its own', () => {
      assert.ok(http.seen.size > 12, JSON.stringify([...http.seen]));
    });
  });
});

/** An approval in the vectors that can be sent at all. */
function approvalIn(bytes: Bytes): Approval | undefined {
  try {
    const value = decode(bytes);
    return isMap(value) ? undefined : parseApproval(value, 'approval');
  } catch {
    return undefined;
  }
}
