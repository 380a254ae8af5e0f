import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import {
  type AccessToken,
  type TokenRules,
  verifyAccessToken,
} from '../../server/authenticate/access-token.ts';
import { IssuerKeys } from '../../server/authenticate/jwks.ts';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import { ALGORITHM } from '../../server/protocol/crypto.ts';
import type { RefusalCode } from '../../server/protocol/refusal.ts';
import { AUDIENCE, type Changes, ISSUER, jwt, jwtKey, SUBJECT, TestIssuer } from '../support/issuer.ts';
import { refuses } from '../ceremony/world.ts';

const NOW = 1_790_000_000_000;
const IAT = NOW / 1000;
const issuer = new TestIssuer();
const tablet = jwtKey('tablet');

/** Keys from a file; what was fetched is counted. */
function rulesFor(one: TestIssuer, fetched: string[] = []): TokenRules {
  const keys = new IssuerKeys({
    issuer: ISSUER,
    fetch: (url) => {
      fetched.push(url);
      return Promise.reject(new Error('nothing is to be fetched'));
    },
    pinned: () => Promise.resolve(utf8(JSON.stringify(one.jwks))),
    monotonic: () => 0,
    changed: () => undefined,
  });
  return { issuer: ISSUER, audience: AUDIENCE, subjectClaim: 'sub', keys: keys.find, now: () => NOW };
}

const rules = rulesFor(issuer);
const verify = (token: string): Promise<AccessToken> => verifyAccessToken(token, rules);
const changed = (claims: Changes, header: Changes = {}): Promise<AccessToken> =>
  verify(issuer.token(tablet, NOW, claims, header));
const without = (name: string): Promise<AccessToken> => changed({ [name]: undefined });

const DETAIL = { type: 'countersign-devices', identifier: '0011223344556677' };

describe('an access token', () => {
  it('says who, with which roles, at which tablet and for how long', async () => {
    const token = await changed({ roles: ['clinician', 'porter'], scope: 'read' });
    assert.deepEqual(token, {
      subject: SUBJECT,
      client: 'tablet',
      roles: ROLE.clinician,
      scope: new Set(['read']),
      devices: undefined,
      jkt: tablet.jkt,
      acr: 'phrh',
      authTime: NOW,
      issued: NOW,
      expires: NOW + 120_000,
    });
  });

  it('may be for some devices only (RFC 9396)', async () => {
    const { devices } = await changed({ authorization_details: [DETAIL] });
    assert.deepEqual(devices, new Set(['0011223344556677']));
  });

  it('may be signed with Ed25519, and name its type in full', async () => {
    const other = new TestIssuer('ed', ALGORITHM.EdDSA);
    const signed = other.token(tablet, NOW, {}, { typ: 'application/at+jwt' });
    assert.equal((await verifyAccessToken(signed, rulesFor(other))).subject, SUBJECT);
  });

  it('names the person in the claim that the configuration names', async () => {
    const signed = issuer.token(tablet, NOW, { sub: 'alice@other.example', subject16: SUBJECT });
    const named = await verifyAccessToken(signed, { ...rules, subjectClaim: 'subject16' });
    assert.equal(named.subject, SUBJECT);
    await refuses('E_TOKEN_MALFORMED', verify(signed));
  });

  it('is refused without a signature (RFC 8725 section 2.1)', async () => {
    const [, claims = ''] = issuer.token(tablet, NOW).split('.');
    const header = Buffer.from('{"typ":"at+jwt","alg":"none","kid":"key of issuer"}').toString('base64url');
    for (const [token, code] of [
      [`${header}.${claims}.`, 'E_TOKEN_ALG'],
      [`${header}.${claims}`, 'E_TOKEN_MALFORMED'],
      [`${header}.${claims}.AA`, 'E_TOKEN_ALG'],
    ] satisfies [string, RefusalCode][])
      await refuses(code, verify(token));
  });

  it('is refused when the public key was used as a shared secret', async () => {
    const pem = createPublicKey(issuer.key.secret).export({ format: 'pem', type: 'spki' });
    const [header, claims] = jwt(
      { ...issuer.header, alg: 'HS256' },
      issuer.claims(tablet, NOW),
      issuer.key,
    ).split('.');
    const mac = createHmac('sha256', pem).update(`${header}.${claims}`).digest('base64url');
    await refuses('E_TOKEN_ALG', verify(`${header}.${claims}.${mac}`));
  });

  it('is refused when it names an algorithm of another kind of key', async () => {
    await refuses('E_TOKEN_KEY', changed({}, { alg: 'EdDSA' }));
    await refuses('E_TOKEN_ALG', changed({}, { alg: 'RS256' }));
    await refuses('E_TOKEN_ALG', changed({}, { alg: 'ES384' }));
  });

  it('is refused when it is a token of another type', async () => {
    for (const typ of ['JWT', 'dpop+jwt', 'logout+jwt', 'at+jws', undefined])
      await refuses('E_TOKEN_TYP', changed({}, { typ }));
  });

  it('is refused from another issuer, however alike its name', async () => {
    for (const iss of [`${ISSUER}/`, 'http://issuer.countersign.test', 'https://other.test', [ISSUER]])
      await refuses('E_TOKEN_KEY', changed({ iss }));
  });

  it('is refused when it is meant for somebody else', async () => {
    for (const aud of ['https://gate.countersign.test', `${AUDIENCE}/`, [], ['https://other.test']])
      await refuses('E_TOKEN_AUD', changed({ aud }));
    assert.equal((await changed({ aud: ['https://other.test', AUDIENCE] })).subject, SUBJECT);
  });

  it('is refused when it says where its key or its rules are, and nothing is fetched', async () => {
    const fetched: string[] = [];
    const watched = rulesFor(issuer, fetched);
    for (const [name, value] of [
      ['jku', 'https://attacker.test/keys'],
      ['x5u', 'https://attacker.test/cert'],
      ['jwk', jwtKey('attacker').jwk],
      ['x5c', ['AA']],
      ['crit', ['exp']],
      ['zip', 'DEF'],
      ['b64', false],
      ['cty', 'JWT'],
    ] as const)
      await refuses(
        'E_TOKEN_MALFORMED',
        verifyAccessToken(issuer.token(tablet, NOW, {}, { [name]: value }), watched),
      );
    assert.deepEqual(fetched, []);
  });

  it('takes its kid for a name and nothing else', async () => {
    for (const kid of [
      'another',
      '../../etc/passwd',
      "' OR 1=1 --",
      'https://attacker.test',
      '__proto__',
      'x'.repeat(500),
      7,
      undefined,
    ])
      await refuses('E_TOKEN_KEY', changed({}, { kid }));
  });

  it('is refused when the key is another one under a known name', async () => {
    const impostor = new TestIssuer('impostor');
    await refuses('E_TOKEN_SIG', verify(jwt(issuer.header, issuer.claims(tablet, NOW), impostor.key)));
  });

  it('is refused when anything of it was changed after it was signed', async () => {
    const [header, , signature] = issuer.token(tablet, NOW).split('.');
    const other = issuer.token(tablet, NOW, { roles: ['operator'] }).split('.')[1];
    await refuses('E_TOKEN_SIG', verify(`${header}.${other}.${signature}`));
  });

  it('is refused in another spelling of the same signature', async () => {
    const token = issuer.token(tablet, NOW);
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 64 bytes leave four bits over, which a lenient decoder drops.
    const last = digits.indexOf(token.at(-1) ?? '');
    for (const bits of [1, 2, 15]) {
      const other = `${token.slice(0, -1)}${digits[last ^ bits]}`;
      await refuses('E_TOKEN_MALFORMED', verify(other));
    }
  });

  it('is refused when it is nested, encrypted, or one of several spellings', async () => {
    const inner = issuer.token(tablet, NOW);
    await refuses('E_TOKEN_MALFORMED', verify(jwt({ ...issuer.header, cty: 'JWT' }, inner, issuer.key)));
    await refuses('E_TOKEN_MALFORMED', verify(jwt(issuer.header, JSON.stringify(inner), issuer.key)));
    await refuses('E_TOKEN_MALFORMED', verify('a.b.c.d.e'));
    await refuses(
      'E_TOKEN_MALFORMED',
      verify(`${inner.slice(0, inner.indexOf('.'))}=${inner.slice(inner.indexOf('.'))}`),
    );
    await refuses('E_TOKEN_MALFORMED', verify(` ${inner}`));
    await refuses('E_TOKEN_MALFORMED', verify('x'.repeat(5_000)));
  });

  it('is refused when a member comes twice, of which two readers would take two', async () => {
    const claims = JSON.stringify(issuer.claims(tablet, NOW));
    const header = JSON.stringify(issuer.header);
    const twice = `${claims.slice(0, -1)},"roles":["operator"]}`;
    await refuses('E_TOKEN_MALFORMED', verify(jwt(header, twice, issuer.key)));
    await refuses(
      'E_TOKEN_MALFORMED',
      verify(jwt(`${header.slice(0, -1)},"kid":"key of issuer"}`, claims, issuer.key)),
    );
    await refuses(
      'E_TOKEN_MALFORMED',
      verify(jwt(header, claims.replace('"acr"', '"\\u0061ud":1,"acr"'), issuer.key)),
    );
  });

  it('is refused when it is not UTF-8, or in UTF-8 that is not the shortest (RFC 8725 section 3.7)', async () => {
    const text = Buffer.from(JSON.stringify(issuer.claims(tablet, NOW)));
    const at = text.indexOf('tablet');
    for (const wrong of [[0xff], [0xc1, 0xa1], [0xed, 0xa0, 0x80]]) {
      const bytes = Buffer.concat([text.subarray(0, at), Buffer.from(wrong), text.subarray(at)]);
      await refuses('E_TOKEN_MALFORMED', verify(jwt(issuer.header, bytes, issuer.key)));
    }
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text]);
    await refuses('E_TOKEN_MALFORMED', verify(jwt(issuer.header, marked, issuer.key)));
  });

  it('is refused under a key that can be guessed: a shared secret, a short RSA key (RFC 8725 section 3.5)', async () => {
    const kid = 'key of issuer';
    const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    const [secret, rsa] = [
      { kty: 'oct', k: Buffer.from('secret').toString('base64url'), kid },
      { ...weak.publicKey.export({ format: 'jwk' }), kid },
    ];
    for (const [key, alg] of [
      [secret, 'HS256'],
      [rsa, 'RS256'],
      [rsa, 'PS256'],
    ] as const) {
      const theirs = new TestIssuer();
      Object.defineProperty(theirs, 'jwks', { value: { keys: [key] } });
      const input = jwt({ ...issuer.header, alg }, issuer.claims(tablet, NOW), issuer.key).split('.');
      const signed = `${input[0]}.${input[1]}`;
      const signature =
        alg === 'HS256'
          ? createHmac('sha256', 'secret').update(signed).digest()
          : sign('sha256', Buffer.from(signed), weak.privateKey);
      const token = `${signed}.${signature.toString('base64url')}`;
      await refuses('E_TOKEN_ALG', verifyAccessToken(token, rulesFor(theirs)));
      await assert.rejects(verifyAccessToken(issuer.token(tablet, NOW), rulesFor(theirs)), {
        name: 'Refusal',
      });
    }
  });

  it('is refused when it has expired, give or take five seconds', async () => {
    assert.equal((await changed({ iat: IAT - 120, exp: IAT - 4 })).subject, SUBJECT);
    await refuses('E_TOKEN_EXPIRED', changed({ iat: IAT - 120, exp: IAT - 6 }));
  });

  it('is refused when it was issued tomorrow, or counts only then', async () => {
    await refuses('E_TOKEN_MALFORMED', changed({ iat: IAT + 60, exp: IAT + 120 }));
    await refuses('E_TOKEN_MALFORMED', changed({ nbf: IAT + 60 }));
  });

  it('is refused when it lives longer than five minutes', async () => {
    assert.equal((await changed({ exp: IAT + 300 })).subject, SUBJECT);
    await refuses('E_TOKEN_MALFORMED', changed({ exp: IAT + 301 }));
    await refuses('E_TOKEN_EXPIRED', changed({ iat: IAT - 400, exp: IAT + 100 }));
  });

  it('is refused when a claim is missing', async () => {
    for (const name of ['exp', 'iat', 'sub', 'jti', 'client_id', 'auth_time', 'acr', 'scope', 'roles', 'cnf'])
      await refuses('E_TOKEN_MALFORMED', without(name));
    await refuses('E_TOKEN_MALFORMED', without('aud'));
    await refuses('E_TOKEN_MALFORMED', without('iss'));
  });

  it('is refused when a claim is of another shape', async () => {
    for (const claims of [
      { sub: 'ALICE' },
      { sub: SUBJECT.toUpperCase() },
      { roles: 'operator' },
      { cnf: { 'x5t#S256': tablet.jkt } },
      { cnf: { jkt: `${tablet.jkt}=` } },
      { cnf: tablet.jkt },
      { scope: ['read'] },
      { scope: 'read  command' },
      { auth_time: 'yesterday' },
      { acr: '' },
      { jti: 7 },
      { authorization_details: [] },
      { authorization_details: 'all' },
      { authorization_details: [{ type: 'payment', identifier: '0011223344556677' }] },
      { authorization_details: [{ ...DETAIL, more: 1 }] },
      { authorization_details: [DETAIL, { ...DETAIL, identifier: 'AA' }] },
    ])
      await refuses('E_TOKEN_MALFORMED', changed(claims));
  });
});
