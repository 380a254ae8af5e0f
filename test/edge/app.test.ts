import assert from 'node:assert/strict';
import { demandFresh } from '../../server/authenticate/challenge.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { Refusal, type RefusalCode } from '../../server/protocol/refusal.ts';
import { routeTable } from '../../server/edge/app.ts';
import { COMMAND_HASH, DEVICE_ID, STATEMENT, wire } from './desk.ts';
import { type Answered, type Ask, type Front, openFront, ORIGIN, PROOF } from './front.ts';

const ENTRY_TILE = '/log/tile/entries/000';

/** A path of a route as somebody would ask for it. */
export const example = (path: string): string =>
  path
    .replace('{id}', DEVICE_ID)
    .replace('{hash}', COMMAND_HASH)
    .replace('{path}', path.includes('entries') ? '000' : '0/000');

function expectProblem(answered: Answered, status: number, code: RefusalCode): void {
  assert.equal(answered.status, status, answered.text);
  assert.equal(answered.headers['content-type'], 'application/problem+json');
  assert.equal(answered.headers['cache-control'], 'no-store');
  const { json } = answered;
  assert.ok(typeof json === 'object' && json !== null && 'code' in json && 'type' in json);
  assert.equal(json.code, code);
  assert.equal(json.type, `urn:countersign:refusal:${code}`);
}

describe('the HTTP edge', () => {
  let front: Front;
  let token: string;
  before(async () => {
    // Every route is asked in six ways, from one address: the gate has tests of its own.
    const gate = { total: 1_000, perNetwork: 500, perSecond: 10_000, burst: 10_000, networkShare: 1 };
    front = await openFront({ server: { gate } });
  });
  beforeEach(() => {
    front.desk.signIn.sessions.clear();
    token = front.desk.newSession();
  });
  after(() => front.close());
  const ask: Front['ask'] = (...args) => front.ask(...args);

  it('asks every route but the open ones for a session, before anything else', async () => {
    const { routes } = routeTable('0');
    assert.ok(routes.length >= 36);
    const open = routes
      .filter(({ access }) => access === 'open')
      .map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(open, [
      'get /healthz',
      'get /readyz',
      'get /openapi.json',
      'get /v1/session-challenge',
      // Whoever holds a patient's link: its key, 32 random bytes, stands in the body.
      'post /v1/patient-view',
      'post /v1/patient-view/evidence',
      'get /log/checkpoint',
      'get /log/tile/{path}',
    ]);
    const proof = { dpop: PROOF };
    const bare = /^DPoP algs="ES256 EdDSA"$/u;
    const invalid = /^DPoP error="invalid_token", error_description="[^"]+", algs="ES256 EdDSA"$/u;
    const unproven = /^DPoP error="invalid_dpop_proof"/u;
    for (const route of routes.filter(({ access }) => access !== 'open')) {
      const cases: readonly [Ask['headers'], RefusalCode, RegExp][] = [
        [{}, 'E_SESSION', bare],
        [{ authorization: `Bearer ${token}`, ...proof }, 'E_SESSION', bare],
        [{ authorization: `Basic ${token}`, ...proof }, 'E_SESSION', bare],
        [{ authorization: 'DPoP not-a-token', ...proof }, 'E_TOKEN_MALFORMED', invalid],
        [{ authorization: `DPoP ${token}` }, 'E_DPOP_MISSING', unproven],
        [{ authorization: `DPoP ${token}`, dpop: [PROOF, PROOF] }, 'E_DPOP_MISSING', unproven],
      ];
      for (const [headers = {}, code, says] of cases) {
        const body = route.method === 'post' ? { body: '{' } : {}; // not even looked at
        const answered = await ask(route.method.toUpperCase(), example(route.path), { headers, ...body });
        expectProblem(answered, 401, code);
        assert.match(String(answered.headers['www-authenticate']), says);
        assert.equal(answered.headers['dpop-nonce'], 'nonce-1');
        assert.doesNotMatch(answered.text, /no such session|bearer/u);
      }
    }
  });

  it('gives a token alone nothing but a session, and the passkeys to approve one with', async () => {
    const { routes } = routeTable('0');
    const withToken = routes.filter(({ access }) => access === 'token');
    assert.deepEqual(
      withToken.map(({ method, path }) => `${method} ${path}`),
      ['post /v1/sessions', 'get /v1/passkeys'],
    );
    const alone = 'token-of-nobody';
    for (const route of routes.filter(({ access }) => access === 'session')) {
      const answered = await ask(route.method.toUpperCase(), example(route.path), { token: alone });
      expectProblem(answered, 401, 'E_SESSION');
    }
  });

  it('opens to scopes of SMART App Launch what they name of measurements, and nothing beside it', async () => {
    const opened = async (...scope: string[]): Promise<string[]> => {
      const narrow = front.desk.signIn.newSession({ scope: new Set(scope) });
      const found: string[] = [];
      for (const { access, method, path } of routeTable('0').routes) {
        if (access !== 'session' || method === 'delete') continue;
        const answered = await ask(method.toUpperCase(), example(path), { token: narrow });
        if (answered.text.includes('"code":"E_ROLE"')) expectProblem(answered, 403, 'E_ROLE');
        else found.push(`${method} ${path}`);
      }
      return found;
    };
    const always = 'get /v1/sessions/current';
    const fhir = 'get /v1/devices/{id}/fhir';
    const numbers = ['trend', 'values', 'waves'].map((what) => `get /v1/devices/{id}/${what}`);
    assert.deepEqual(await opened('user/Observation.rs'), [always, 'get /v1/monitor/beds', ...numbers, fhir]);
    assert.deepEqual(await opened('user/Device.rs', 'command'), [always, fhir]);
    assert.deepEqual(await opened('user/Patient.rs', 'patient/*.rs', 'user/Observation.rs?a=b'), [always]);
    assert.ok((await opened('read')).length > 30);
  });

  it('takes a token from the header only, and once', async () => {
    expectProblem(await ask('GET', `/v1/devices?access_token=${token}`), 401, 'E_SESSION');
    expectProblem(
      await ask('GET', '/v1/devices', { headers: { cookie: `token=${token}` } }),
      401,
      'E_SESSION',
    );
    const twice = { headers: { dpop: PROOF, authorization: [`DPoP ${token}`, 'DPoP other-token'] } };
    expectProblem(await ask('GET', '/v1/devices', twice), 401, 'E_SESSION');
    assert.equal((await ask('GET', '/v1/devices', { token })).status, 200);
  });

  it('signs in, looks around, and signs out', async () => {
    const challenge = await ask('GET', '/v1/session-challenge');
    assert.deepEqual(Object.keys(challenge.json ?? {}), ['nonce']);
    const mine = 'token-of-tablet';
    const opened = await ask('POST', '/v1/sessions', { token: mine, body: wire() });
    assert.equal(opened.status, 201);
    assert.ok(front.desk.asked.includes(`open ${hex(STATEMENT.approval.kid)} ${mine}`));
    assert.match(opened.text, /^\{"session":\{"id":/u);
    assert.deepEqual((await ask('GET', '/v1/sessions/current', { token: mine })).json, opened.json);
    assert.equal((await ask('GET', `/v1/devices/${DEVICE_ID}`, { token: mine })).status, 200);
    assert.equal(front.desk.signIn.proofs.at(-1), `GET /v1/devices/${DEVICE_ID} ${PROOF}`);
    assert.equal((await ask('DELETE', '/v1/sessions/current', { token: mine })).status, 204);
    expectProblem(await ask('GET', '/v1/devices', { token: mine }), 401, 'E_SESSION');
  });

  it('asks for a fresh sign-in by its name', async () => {
    front.desk.onDevices = () => {
      demandFresh({ acr: 'phrh', authTime: 0 }, 300, 301_000);
      return [];
    };
    const answered = await ask('GET', '/v1/devices', { token });
    front.desk.onDevices = () => [];
    expectProblem(answered, 401, 'E_STEP_UP');
    assert.equal(
      answered.headers['www-authenticate'],
      'DPoP error="insufficient_user_authentication", error_description="Sign in again to do this", acr_values="phrh", max_age="300"',
    );
  });

  it('knows one spelling of each path and each method', async () => {
    const paths = [
      '//v1/devices', '/v1//devices', '/v1/devices/', '/V1/devices', '/v1/Devices', '/v1/%64evices', '/v1%2fdevices',
      '/v1/devices%2f', '/v1/devices.', '/v1/./devices', '/v1/x/../devices', '/v1/devices;a=b', '/v1/devices%00',
      '/v1/devices\\', `http://gate.test/v1/devices`, '/v1', '/', '/v1/devices#x', '/healthz/', '/log/tile/',
      '/log/tile/0/000/', '/log/tile/%65ntries/000', '/log/tile//entries/000', '*',
    ]; // prettier-ignore
    for (const path of paths) {
      const answered = await ask('GET', path, { token });
      expectProblem(answered, 404, 'E_ROUTE');
    }
    const methods: [string, string, Record<string, string>?][] = [
      ['HEAD', '/healthz'], ['PUT', '/v1/devices'], ['PATCH', '/v1/locks'], ['TRACE', '/healthz'], ['PUT', '/v1/sessions'],
      ['POST', '/v1/sessions/current', { 'x-http-method-override': 'DELETE' }], ['POST', '/v1/devices'],
      ['GET', '/v1/unlocks', { 'x-http-method': 'POST' }],
    ]; // prettier-ignore
    for (const [method, path, headers = {}] of methods) {
      const { status } = await ask(method, path, { token, headers });
      assert.equal(status, 404, `${method} ${path}`);
    }
    assert.equal(front.desk.signIn.sessions.size, 1);
  });

  it('treats an id that cannot exist like one that does not, and tells nothing about either', async () => {
    expectProblem(await ask('GET', '/v1/devices/00000000000000AA', { token }), 404, 'E_ROUTE');
    const unknown = await ask('GET', '/v1/devices/00000000000000aa', { token });
    expectProblem(unknown, 404, 'E_SCOPE');
    assert.doesNotMatch(unknown.text, /nobody cares|00aa/u);
  });

  it('reads a query strictly', async () => {
    assert.equal((await ask('GET', `/v1/commands?device=${DEVICE_ID}&limit=7`, { token })).status, 200);
    assert.ok(front.desk.asked.includes(`commands ${DEVICE_ID} 7`));
    for (const query of ['limit=0', 'limit=201', 'limit=1e2', 'limit=', 'other=1', 'device=zz']) {
      expectProblem(await ask('GET', `/v1/commands?${query}`, { token }), 422, 'E_CMD_SCHEMA');
    }
    for (const query of ['limit=1&limit=2', 'limit=%31', '', 'limit', 'limit[]=1', '&']) {
      expectProblem(await ask('GET', `/v1/commands?${query}`, { token }), 400, 'E_CMD_MALFORMED');
    }
    expectProblem(await ask('GET', '/v1/devices?limit=1', { token }), 422, 'E_CMD_SCHEMA');
  });

  it('answers pages of the list of origins, and no other', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      `${ORIGIN}.evil.example`,
      `${ORIGIN}/`,
      ORIGIN.toUpperCase(),
    ]) {
      const answered = await ask('POST', '/v1/locks', { token, headers: { origin }, body: wire() });
      expectProblem(answered, 403, 'E_ORIGIN');
      assert.equal(answered.headers['access-control-allow-origin'], undefined);
      expectProblem(await ask('GET', '/v1/devices', { token, headers: { origin } }), 403, 'E_ORIGIN');
    }
    expectProblem(
      await ask('POST', '/v1/locks', { token, headers: { origin: [ORIGIN, ORIGIN] }, body: wire() }),
      403,
      'E_ORIGIN',
    );
    const fine = await ask('GET', '/v1/devices', { token });
    assert.equal(fine.headers['access-control-allow-origin'], ORIGIN);
    assert.equal(fine.headers['access-control-allow-credentials'], undefined);
    assert.match(String(fine.headers['vary']), /Origin/u);
  });

  it('asks programs without a page for an Origin, unless the configuration expects them', async () => {
    const request = `POST /v1/stream-ticket HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: DPoP ${token}\r\nDPoP: ${PROOF}\r\nConnection: close\r\n\r\n`;
    assert.match((await front.raw(request)).text, /^HTTP\/1\.1 403 /u);
    const native = await openFront({
      app: { door: { origins: [], hosts: ['127.0.0.1'], nativeClients: true } },
    });
    const theirs = request.replace(token, native.desk.newSession());
    assert.match((await native.raw(theirs)).text, /^HTTP\/1\.1 201 /u);
    await native.close();
  });

  it('answers a preflight for the routes there are', async () => {
    const preflight = (path: string, headers: Record<string, string> = {}) =>
      ask('OPTIONS', path, { headers: { 'access-control-request-method': 'POST', ...headers } });
    const answered = await preflight('/v1/locks');
    assert.equal(answered.status, 204);
    assert.equal(answered.headers['access-control-allow-methods'], 'GET, POST');
    assert.equal(answered.headers['access-control-allow-origin'], ORIGIN);
    expectProblem(await preflight('/v1/other'), 404, 'E_ROUTE');
    expectProblem(await preflight('/v1/locks', { origin: 'https://evil.example' }), 403, 'E_ORIGIN');
  });

  it('answers under its own names only', async () => {
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'gate.test:80:80', 'gate.test@evil']) {
      expectProblem(await ask('GET', '/healthz', { headers: { host } }), 421, 'E_ORIGIN');
    }
    assert.match(
      (await front.raw('GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n')).text,
      /^HTTP\/1.1 421 /u,
    );
    assert.equal((await ask('GET', '/healthz', { headers: { host: 'gate.test:8443' } })).status, 200);
  });

  it('reads JSON bodies with the right type, of a bounded size, in one meaning', async () => {
    const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
      ask('POST', '/v1/locks', { token, body, headers });
    const good = JSON.stringify(wire());
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=utf-16',
      'application/jsonp',
    ]) {
      expectProblem(await post(good, { 'content-type': type }), 415, 'E_CMD_MALFORMED');
    }
    expectProblem(await post(good, { 'content-encoding': 'gzip' }), 415, 'E_CMD_MALFORMED');
    expectProblem(await post(`{"a":"${'x'.repeat(70_000)}"}`), 413, 'E_CMD_MALFORMED');
    for (const body of [
      good.replace('{', '{"statement":"AA",'), `${good}x`, '', '[', 'null', '{"statement":1e400}', '{"__proto__":{}}',
      '['.repeat(5_000), Uint8Array.of(0x22, 0xff, 0x22), '{"a":9007199254740993}',
    ]) {
      const answered = await post(body);
      if (body === '') expectProblem(answered, 422, 'E_CMD_SCHEMA');
      else expectProblem(answered, 400, 'E_CMD_MALFORMED');
    } // prettier-ignore
    for (const body of [
      '[]',
      '"x"',
      '{}',
      good.replace('{', '{"more":1,'),
      good.replace('"kid":"', '"kid":" '),
    ]) {
      expectProblem(await post(body), 422, 'E_CMD_SCHEMA');
    }
    const kid = wire().approval.kid;
    expectProblem(await post(good.replace(kid, `${kid.slice(0, -1)}_`)), 400, 'E_CMD_MALFORMED'); // same bytes, other spelling
    expectProblem(await post(good.replace(kid, kid.slice(0, -4))), 400, 'E_CMD_MALFORMED');
    assert.equal((await post(good)).status, 201);
  });

  it('takes no body where none belongs', async () => {
    expectProblem(await ask('GET', '/v1/devices', { token, body: '{}' }), 400, 'E_CMD_MALFORMED');
    const chunked = { token, headers: { 'transfer-encoding': 'chunked' } };
    expectProblem(await ask('DELETE', '/v1/sessions/current', chunked), 400, 'E_CMD_MALFORMED');
    assert.equal(front.desk.signIn.sessions.size, 1);
  });

  it('does what an Idempotency-Key stands for once', async () => {
    const post = (key: string, body: object, as = token, path = '/v1/locks') =>
      ask('POST', path, { token: as, body, headers: { 'idempotency-key': key } });
    const [first, beside] = await Promise.all([post('"one-key-1"', wire()), post('"one-key-1"', wire())]);
    const again = await post('"one-key-1"', wire());
    assert.equal(first.status, 201);
    assert.deepEqual([beside.text, again.text], [first.text, first.text]);
    const other = wire({ ...STATEMENT, statement: Uint8Array.of(0x80) });
    expectProblem(await post('"one-key-1"', other), 422, 'E_IDEMPOTENCY');
    const elsewhere = await post('"one-key-1"', wire(), token, '/v1/unlocks');
    assert.equal(elsewhere.status, 204);
    const theirs = await post('"one-key-1"', wire(), front.desk.newSession());
    assert.notEqual(theirs.text, first.text);
    for (const key of ['one-key-1', '"x"', '"a b c d e f"']) {
      expectProblem(await post(key, wire()), 422, 'E_CMD_SCHEMA');
    }
    // A stored answer would keep the secret that was in it.
    expectProblem(await post('"one-key-1"', {}, token, '/v1/stream-ticket'), 422, 'E_CMD_SCHEMA');
  });

  it('tells a mistake of its own to the log and not to the asker', async () => {
    front.desk.onDevices = () => {
      throw new Error('patient Smith at /srv/secret');
    };
    const answered = await ask('GET', '/v1/devices', { token });
    front.desk.onDevices = () => [];
    assert.equal(answered.status, 500);
    assert.equal(answered.headers['content-type'], 'application/problem+json');
    assert.deepEqual(Object.keys(answered.json ?? {}), ['type', 'title', 'status']);
    assert.equal(front.logged.at(-1)?.reason, 'patient Smith at /srv/secret');
  });

  it('says when to come back if somebody asks too often', async () => {
    const seen: string[] = [];
    const busy = await openFront({
      app: {
        admit: ({ route, address, session }) => {
          seen.push(`${route} ${address} ${session?.subject ?? '-'}`);
          if (seen.length > 1) throw new Refusal('E_RATE', '60 in a minute');
        },
        rateHeaders: () => ({ 'RateLimit-Policy': '"person";q=5;w=60', RateLimit: '"person";r=0;t=42', 'Retry-After': '42' }),
      },
    }); // prettier-ignore
    const theirs = busy.desk.newSession();
    assert.equal((await busy.ask('GET', '/v1/devices', { token: theirs })).status, 200);
    const answered = await busy.ask('GET', '/v1/session-challenge');
    expectProblem(answered, 429, 'E_RATE');
    assert.equal(answered.headers['retry-after'], '42');
    assert.equal(answered.headers['ratelimit'], '"person";r=0;t=42');
    assert.deepEqual(seen, ['get /v1/devices 127.0.0.1 alice', 'get /v1/session-challenge 127.0.0.1 -']);
    await busy.close();
  });

  it('is as ready as its evidence', async () => {
    const healthy = front.desk.nowHealth;
    assert.equal((await ask('GET', '/readyz')).status, 200);
    for (const evidence of ['inconsistent', 'no-quorum', 'unavailable', 'ok'] as const) {
      front.desk.nowHealth = { ...healthy, ready: false, evidence, checkpointAgeSeconds: 61.4 };
      const answered = await ask('GET', '/readyz');
      assert.equal(answered.status, 503);
      assert.match(answered.text, /"reasons":\["[^"]{20,}"\]/u);
    }
    front.desk.nowHealth = healthy;
    assert.equal((await ask('GET', '/healthz')).text, '{"alive":true}');
  });

  it('gives the log to everybody, and entries to whoever has a session', async () => {
    const checkpoint = await ask('GET', '/log/checkpoint');
    assert.equal(checkpoint.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(checkpoint.headers['cache-control'], 'no-store');
    const full = await ask('GET', '/log/tile/0/x001/234');
    assert.equal(full.headers['content-type'], 'application/octet-stream');
    assert.equal(full.headers['cache-control'], 'public, max-age=31536000, immutable');
    const partial = await ask('GET', '/log/tile/1/000.p/17');
    assert.equal(partial.headers['cache-control'], 'no-store');
    expectProblem(await ask('GET', ENTRY_TILE), 401, 'E_SESSION');
    const entries = await ask('GET', ENTRY_TILE, { token });
    assert.equal(entries.status, 200);
    assert.equal(entries.headers['cache-control'], 'no-store');
    assert.ok(front.desk.asked.includes('log tile/entries/000 alice'));
    expectProblem(await ask('GET', '/log/tile/0/999'), 404, 'E_SCOPE');
    for (const path of [
      '0/1',
      '9/000',
      '0/000.p/256',
      '0/000.p/0',
      '0/x000/001',
      'x/000',
      '0/000/000',
      '-1/000',
    ]) {
      expectProblem(await ask('GET', `/log/tile/${path}`), 404, 'E_ROUTE');
    }
  });

  it('forbids browsers everything a page could do with an answer', async () => {
    const { headers } = await ask('GET', '/healthz');
    assert.equal(
      headers['content-security-policy'],
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-powered-by'], undefined);
    assert.equal(headers['etag'], undefined);
    assert.equal(headers['cache-control'], 'no-store');
  });
});
