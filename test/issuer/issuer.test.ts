import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import { Accounts } from '../../clients/issuer/accounts.ts';
import { CONFIG } from '../../clients/issuer/config.ts';
import { makePages } from '../../clients/issuer/pages.ts';
import { WORDS } from '../../clients/issuer/page/words.mjs';
import { languageFor } from '../../clients/issuer/texts.ts';
import { Tries } from '../../clients/issuer/tries.ts';
import { TabletKey } from '../../clients/common/link/dpop.ts';
import { askHttp, type HttpAnswer } from '../../clients/common/link/http.ts';
import { verifyAccessToken } from '../../server/authenticate/access-token.ts';
import { base64url } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import { testPem } from '../support/keys.ts';
import {
  attestationOf,
  AUDIENCE,
  CALLBACK,
  loginPasskey,
  postJson,
  register,
  startIssuer,
  type TestIssuerProcess,
  Walk,
} from './walk.ts';

const SUBJECT = '00112233445566778899aabbccddeeff';
const ANN = { subject: SUBJECT, name: 'Ann', roles: ['clinician', 'emergency'] as const };

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}
const tokensOf = ({ status, body }: HttpAnswer): Tokens => {
  assert.equal(status, 200, body);
  return JSON.parse(body) as Tokens;
};
const errorOf = ({ body }: HttpAnswer): string => String((JSON.parse(body) as { error?: string }).error);

describe('the token issuer', function () {
  this.timeout(40_000);
  let issuer: TestIssuerProcess;
  let walk: Walk;
  const ann = () => loginPasskey(issuer.url, 'Ann');
  const link = async (...more: string[]): Promise<string> => {
    const person = ['--subject', SUBJECT, '--name', 'Ann', '--roles', 'clinician,emergency', ...more];
    const { code, out, err } = await issuer.admin('link', '--config', issuer.file, ...person);
    assert.equal(code, 0, err);
    return out.trim();
  };
  const jwks = async (): Promise<JSONWebKeySet> =>
    JSON.parse((await askHttp(`${issuer.url}/jwks`)).body) as JSONWebKeySet;
  const read = async (token: string) =>
    verifyAccessToken(token, {
      issuer: issuer.url,
      audience: AUDIENCE,
      subjectClaim: 'sub',
      keys: createLocalJWKSet(await jwks()),
      now: Date.now,
    });
  const signedIn = async (changes: Record<string, string> = {}): Promise<Tokens> =>
    tokensOf(await walk.exchange(await walk.authorize(changes)));

  before(async () => {
    issuer = await startIssuer();
    walk = new Walk(issuer.url, ann());
  });
  after(() => issuer.stop());

  describe('lets in', () => {
    it('nobody at first', async () => {
      const { out } = await issuer.admin('people', '--config', issuer.file);
      assert.match(out, /Nobody can sign in yet/u);
      await assert.rejects(walk.authorize(), /403/u);
    });

    it('whoever registered a passkey with an operator’s link, once', async () => {
      const first = await link();
      assert.match(first, /^http:\/\/id\.localhost:\d+\/register#[A-Za-z0-9_-]{43}$/u);
      assert.equal((await register(issuer.url, first, ann())).status, 201);
      const again = await register(issuer.url, first, loginPasskey(issuer.url, 'somebody else'));
      assert.equal(again.status, 403);
      assert.match(again.body, /used, or is older than 15 minutes/u);
      const { out } = await issuer.admin('people', '--config', issuer.file);
      assert.match(out, new RegExp(`${SUBJECT}  Ann  clinician,emergency  1 passkey`, 'u'));
      assert.ok(!issuer.log().includes(first.slice(-43)), 'the secret stands in no log');
    });

    it('nobody with a link that is too old, guessed, or answered without a check of the person', async () => {
      const accounts = new Accounts(join(issuer.folder, 'data'));
      const old = accounts.link(ANN, Date.now() - 15 * 60_000 - 1);
      assert.equal((await register(issuer.url, `x:/#${old}`, ann())).status, 403);
      assert.equal((await register(issuer.url, `x:/#${'A'.repeat(43)}`, ann())).status, 403);
      const passkey = loginPasskey(issuer.url, 'not verified');
      assert.equal((await register(issuer.url, await link(), passkey, 0x41)).status, 403);
      const elsewhere = loginPasskey('http://evil.localhost:1', 'elsewhere');
      const secret = (await link()).slice(-43);
      const { body } = await postJson(`${issuer.url}/register/options`, { secret });
      const { challenge } = JSON.parse(body) as { challenge: string };
      const response = attestationOf(
        elsewhere,
        Buffer.from(challenge, 'base64url'),
        'http://evil.localhost:1',
      );
      assert.equal((await postJson(`${issuer.url}/register`, { secret, response })).status, 403);
    });

    it('a person, with a token as the gateway takes it', async () => {
      const { access_token: token, expires_in: life } = await signedIn();
      assert.equal(life, 120);
      const said = await read(token);
      assert.equal(said.subject, SUBJECT);
      assert.equal(said.roles, ROLE.clinician | ROLE.emergency);
      assert.deepEqual([...said.scope].sort(), ['command', 'read']);
      assert.equal(said.jkt, walk.key.jkt);
      assert.equal(said.acr, 'phrh');
      assert.equal(said.expires - said.issued, 120_000);
      assert.ok(Math.abs(said.authTime - Date.now()) < 20_000);
    });

    it('a program that only shows measurements, with the scopes of SMART App Launch it asked for, and no others', async () => {
      const scope = 'openid user/Observation.rs user/DeviceMetric.rs user/Patient.rs';
      const { access_token: token } = await signedIn({ scope });
      assert.deepEqual([...(await read(token)).scope].sort(), [
        'user/DeviceMetric.rs',
        'user/Observation.rs',
      ]);
    });

    it('whoever has a passkey that does not count, and nobody whose counter did not go up: there may be a copy', async () => {
      const accounts = new Accounts(join(issuer.folder, 'data'));
      const bob = loginPasskey(issuer.url, 'Bob');
      const passkey = {
        id: base64url(bob.kid),
        subject: 'ab'.repeat(16),
        publicKey: base64url(coseKey(bob.key.alg, bob.key.raw)),
      };
      accounts.keep({ subject: passkey.subject, name: 'Bob', roles: ['clinician'] });
      accounts.addPasskey({ ...passkey, counter: 0 });
      const his = new Walk(issuer.url, bob);
      tokensOf(await his.exchange(await his.authorize()));
      accounts.addPasskey({ ...passkey, counter: 7 });
      await assert.rejects(his.authorize(), /403.*There may be a copy of this passkey/u);
      assert.match(issuer.log(), /did not go up/u);
      assert.ok(!accounts.counted(passkey.id, 7));
      assert.ok(accounts.counted(passkey.id, 8));
      assert.equal(accounts.passkey(passkey.id)?.counter, 8);
      assert.ok(!accounts.counted(passkey.id, 0), 'who once counted goes on counting');
      accounts.remove(passkey.subject);
    });

    it('nobody whose passkey is unknown, of another page, or answered before', async () => {
      await assert.rejects(new Walk(issuer.url, loginPasskey(issuer.url, 'Eve')).authorize(), /403/u);
      const { key } = ann();
      const foreign = { ...loginPasskey('http://evil.localhost:1', 'Ann'), key, kid: ann().kid };
      await assert.rejects(new Walk(issuer.url, foreign).authorize(), /403/u);
      const answers: ReturnType<ReturnType<typeof ann>['assert']>[] = [];
      const recording = {
        ...ann(),
        assert(challenge: Uint8Array) {
          const answer = answers[0] ?? ann().assert(challenge);
          answers.push(answer);
          return answer;
        },
      };
      await new Walk(issuer.url, recording).authorize();
      await assert.rejects(new Walk(issuer.url, recording).authorize(), /403/u);
    });
  });

  describe('refuses', () => {
    it('a request that was not pushed', async () => {
      const query = new URLSearchParams({
        client_id: 'program',
        response_type: 'code',
        redirect_uri: CALLBACK,
        scope: 'openid read',
      });
      const { status, headers, body } = await askHttp(`${issuer.url}/auth?${query}`);
      const said = `${String(headers['location'])} ${body}`;
      assert.ok(status === 303 || status === 400, `${status}`);
      assert.match(said, /Pushed%20Authorization|Pushed\+Authorization|Pushed Authorization/u);
    });

    for (const [what, changes] of [
      ['an unknown client', { client_id: 'another' }],
      ['another address to go back to', { redirect_uri: 'http://127.0.0.1/elsewhere' }],
      ['an address on another host', { redirect_uri: 'http://evil.example/signed-in' }],
      ['another resource', { resource: 'https://evil.example/v1' }],
      ['an implicit answer', { response_type: 'token' }],
      ['no PKCE', { code_challenge: '', code_challenge_method: '' }],
      ['plain PKCE', { code_challenge_method: 'plain' }],
      ['details of a kind nobody knows', { authorization_details: '[{"type":"payment"}]' }],
      [
        'details with more in them',
        {
          authorization_details: '[{"type":"countersign-devices","identifier":"0011223344556677","more":1}]',
        },
      ],
    ] as const) {
      it(`a pushed request with ${what}`, async () => {
        const { status, body } = await walk.push(changes);
        assert.ok(status >= 400 && status < 500, `${status} ${body}`);
      });
    }

    it('a code that is used again, and ends what it gave', async () => {
      const walked = await walk.authorize();
      const { refresh_token } = tokensOf(await walk.exchange(walked));
      assert.equal(errorOf(await walk.exchange(walked)), 'invalid_grant');
      assert.equal(
        errorOf(await walk.token({ grant_type: 'refresh_token', refresh_token })),
        'invalid_grant',
      );
    });

    it('a code without its verifier, for another address, or at another tablet', async () => {
      const other = new TabletKey(testPem('another tablet'));
      assert.equal(
        errorOf(await walk.exchange(await walk.authorize(), { code_verifier: 'w'.repeat(43) })),
        'invalid_grant',
      );
      assert.equal(
        errorOf(await walk.exchange(await walk.authorize(), { redirect_uri: 'http://127.0.0.1/other' })),
        'invalid_grant',
      );
      const moved = await walk.exchange(await walk.authorize(), {}, other);
      assert.match(errorOf(moved), /invalid_(?:grant|dpop_proof)/u);
    });

    it('a token without a proof, and a refresh at another tablet', async () => {
      const { back, verifier } = await walk.authorize();
      const form = { client_id: 'program', grant_type: 'authorization_code', code: back.searchParams.get('code') ?? '', redirect_uri: CALLBACK, code_verifier: verifier };
      const bare = await askHttp(`${issuer.url}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      });
      assert.ok(bare.status === 400, bare.body);
      const { refresh_token } = await signedIn();
      const other = new TabletKey(testPem('another tablet'));
      const moved = await walk.token({ grant_type: 'refresh_token', refresh_token }, other);
      assert.match(errorOf(moved), /invalid_(?:grant|dpop_proof)/u);
      tokensOf(await walk.token({ grant_type: 'refresh_token', refresh_token }));
    }); // prettier-ignore

    it('what another page asks of the sign-in, or no sign-in at all', async () => {
      const at = `${issuer.url}/sign-in/x/options`;
      assert.equal((await postJson(at, {}, 'http://evil.example')).status, 403);
      assert.equal((await postJson(at, {})).status, 410);
      assert.equal((await postJson(`${issuer.url}/register/options`, { secret: 'x' }, 'null')).status, 403);
      assert.equal((await postJson(`${issuer.url}/register/options`, '{')).status, 400);
      assert.equal(
        (await postJson(`${issuer.url}/register/options`, { secret: 'x'.repeat(40_000) })).status,
        413,
      );
    });
  });

  describe('goes on', () => {
    it('asks again when a fresh sign-in is wanted, and tells when it was', async () => {
      const { refresh_token } = await signedIn();
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const kept = await read(
        tokensOf(await walk.token({ grant_type: 'refresh_token', refresh_token })).access_token,
      );
      const fresh = await read((await signedIn()).access_token);
      assert.ok(fresh.authTime > kept.authTime, 'renewing is no sign-in');
    });

    it('narrows a token to devices when it is asked to', async () => {
      const detail = { type: 'countersign-devices', identifier: '0011223344556677' };
      const { access_token } = await signedIn({ authorization_details: JSON.stringify([detail]) });
      const claims = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as {
        authorization_details?: unknown;
      };
      assert.deepEqual(claims.authorization_details, [detail]);
    });

    it('signs nobody out when it is killed, and signs with a new key beside the old one', async () => {
      const { refresh_token, access_token } = await signedIn();
      process.kill(issuer.child.pid ?? 0, 'SIGKILL');
      await issuer.child.stop();
      issuer.configure({ signingKeys: [join(issuer.folder, 'two.pem'), join(issuer.folder, 'one.pem')] });
      await issuer.child.restart();
      await read(access_token);
      const next = tokensOf(await walk.token({ grant_type: 'refresh_token', refresh_token })).access_token;
      await read(next);
      assert.notEqual(decodeProtectedHeader(next).kid, decodeProtectedHeader(access_token).kid);
      assert.equal((await jwks()).keys.length, 2);
      assert.ok(!JSON.stringify(await jwks()).includes('"d"'));
    });

    it('lets a person go: nothing they hold is renewed', async () => {
      const { refresh_token } = await signedIn();
      assert.equal((await issuer.admin('remove', '--config', issuer.file, '--subject', SUBJECT)).code, 0);
      assert.equal(
        errorOf(await walk.token({ grant_type: 'refresh_token', refresh_token })),
        'invalid_grant',
      );
      await assert.rejects(walk.authorize(), /403/u);
    });
  });

  it('gives a page that runs nothing but its own script, and cannot be framed', async () => {
    const { headers, body } = await askHttp(`${issuer.url}/register`);
    const policy = String(headers['content-security-policy']);
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
      assert.ok(policy.includes(part), policy);
    assert.ok(!/<script>|onclick|style=/u.test(body));
    for (const file of ['/sign-in.mjs', '/register.mjs', '/passkey.mjs', '/words.mjs', '/sign-in.css'])
      assert.equal((await askHttp(`${issuer.url}${file}`)).status, 200, file);
  });

  it('speaks German to whoever asks for it, in pages and in refusals, and English to everybody else', async () => {
    const german = { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5' };
    const register = await askHttp(`${issuer.url}/register`, { headers: german });
    assert.match(register.body, /<html lang="de">[\s\S]*<h1>Anmelde-Passkey anlegen<\/h1>/u);
    const headers = { ...german, 'content-type': 'application/json', origin: issuer.url };
    const refused = await askHttp(`${issuer.url}/register/options`, { method: 'POST', headers, body: '{}' });
    assert.match(refused.body, /Laden Sie sie neu/u);
    const asked = await askHttp(`${issuer.url}/auth?client_id=nobody`, { headers: german });
    assert.match(asked.body, /<html lang="de">[\s\S]*Diese Anmeldung geht nicht weiter/u);
    assert.match((await askHttp(`${issuer.url}/register`)).body, /<html lang="en">/u);
    const tongues = [
      languageFor('fr de-CH', ['en']),
      languageFor('fr', ['fr', 'de', 'en']),
      languageFor(undefined, ['*']),
    ];
    assert.deepEqual(tongues, ['de', 'de', 'en']);
    assert.deepEqual(Object.keys(WORDS.de), Object.keys(WORDS.en), 'what the scripts say');
  });

  it('says on every page and in its title that it is a simulation, where it is one, and nowhere else', async () => {
    for (const language of ['en', 'de'] as const) {
      const [simulated, real] = [makePages(true), makePages(false)].map((pages) => [
        pages.signIn(language),
        pages.register(language),
        pages.saying(language, 'a', 'b'),
      ]);
      for (const page of simulated ?? [])
        assert.match(page, /<title>Simulation · [^]*class="badge">Simulation</u);
      for (const page of real ?? []) assert.doesNotMatch(page, /Simulation/u);
    }
  });
});

describe('tries from one address', () => {
  it('are so many in a minute, and nobody else has fewer for it', () => {
    let now = 0;
    const tries = new Tries(2, 10, () => now);
    assert.deepEqual(
      [tries.take('a'), tries.take('a'), tries.take('a'), tries.take('b')],
      [true, true, false, true],
    );
    now = 60_000;
    assert.ok(tries.take('a'));
  });
});

describe('a token issuer that is set up wrong', () => {
  it('does not start, and says why', () => {
    const good = {
      url: 'https://id.example',
      port: 1,
      key: 'k',
      cert: 'c',
      audience: AUDIENCE,
      signingKeys: ['one.pem'],
      folder: 'f',
      clients: [{ id: 'tablet', name: 'Tablet', redirectUris: ['https://sign-a.example/in'] }],
    };
    assert.ok(CONFIG.safeParse(good).success);
    for (const [changes, says] of [
      [{ url: 'http://id.example' }, /expected https/u],
      [{ url: 'https://10.0.0.1' }, /need a name, not an address/u],
      [{ url: 'https://id.example/path' }, /without a path/u],
      [{ key: undefined }, /key and cert/u],
      [{ signingKeys: [] }, />=1/u],
      [{ clients: [] }, />=1/u],
      [
        { url: 'http://id.localhost', host: '0.0.0.0', developmentOnlyPlainHttpOnLoopback: true },
        /loopback only/u,
      ],
    ] as const) {
      const { error } = CONFIG.safeParse({ ...good, ...changes });
      assert.match(String(error?.message), says);
    }
  });
});
