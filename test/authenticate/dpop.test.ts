import assert from 'node:assert/strict';
import { ALGORITHM } from '../../server/protocol/crypto.ts';
import { checkProof, type DpopRules } from '../../server/authenticate/dpop.ts';
import { Nonces } from '../../server/authenticate/nonces.ts';
import { SeenOnce } from '../../server/authenticate/seen-once.ts';
import { type Changes, jwt, jwtKey, proofOf, TestIssuer } from '../support/issuer.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';
import { refuses } from '../ceremony/world.ts';

const NOW = 1_790_000_010_000;
const URL_ = 'https://gate.countersign.test/v1/devices';
const tablet = jwtKey('tablet');
const token = new TestIssuer().token(tablet, NOW);
const { sha256 } = nodeCrypto;

describe('a proof of possession', () => {
  let now: number;
  let rules: DpopRules;
  beforeEach(() => {
    now = NOW;
    rules = {
      sha256,
      nonces: new Nonces(testBytes('nonce key'), () => now),
      seen: new SeenOnce({ sha256, most: 10, mostPerKey: 4 }),
      now: () => now,
    };
  });
  const request = () => ({ method: 'GET', url: URL_, token, jkt: tablet.jkt });
  const make = (changes: Changes = {}, header: Changes = {}, by = tablet): string =>
    proofOf(by, { ...request(), nonce: rules.nonces.current(), now }, changes, header);
  const check = (proof: string, asked = request()): Promise<void> => checkProof(proof, asked, rules);

  it('is taken once, on P-256 and on Ed25519', async () => {
    await check(make());
    const other = jwtKey('other tablet', ALGORITHM.EdDSA);
    await check(make({}, {}, other), { ...request(), jkt: other.jkt });
  });

  it('is not taken twice, however its signature is spelled', async () => {
    const proof = make({ jti: 'the-same-identifier-' });
    await check(proof);
    await refuses('E_DPOP_REPLAY', check(proof));
    const [header, claims] = proof.split('.');
    const again = make({ jti: 'the-same-identifier-' });
    assert.notEqual(again, `${header}.${claims}`);
    await refuses('E_DPOP_REPLAY', check(again));
  });

  it('is refused when it is not a proof at all', async () => {
    for (const proof of ['', 'a.b', 'x'.repeat(3_000), token]) await refuses('E_DPOP_MISSING', check(proof));
    await refuses('E_DPOP_MISSING', check(make({}, { typ: 'JWT' })));
    await refuses('E_DPOP_MISSING', check(make({}, { typ: undefined })));
    const claims = JSON.stringify({ jti: 'x'.repeat(20), htm: 'GET' });
    await refuses(
      'E_DPOP_MISSING',
      check(
        jwt({ typ: 'dpop+jwt', alg: 'ES256', jwk: tablet.jwk }, claims.replace('}', ',"htm":"GET"}'), tablet),
      ),
    );
  });

  it('is refused with another algorithm, or none', async () => {
    for (const alg of ['none', 'HS256', 'RS256', 'ES384', undefined])
      await refuses('E_DPOP_MISSING', check(make({}, { alg })));
  });

  it('is refused when it carries a private key, or no key', async () => {
    for (const jwk of [
      { ...tablet.jwk, d: 'AAAA' },
      { ...tablet.jwk, k: 'AAAA' },
      undefined,
      {},
      { kty: 'oct' },
      { ...tablet.jwk, crv: 'P-384' },
      { ...tablet.jwk, x: 'AA' },
    ])
      await refuses('E_DPOP_MISSING', check(make({}, { jwk })));
  });

  it('is refused when its own key did not sign it', async () => {
    await refuses('E_DPOP_MISSING', check(make({}, { jwk: tablet.jwk }, jwtKey('thief'))));
  });

  it('is refused for another request', async () => {
    await refuses('E_DPOP_MISSING', check(make({ htm: 'POST' })));
    await refuses('E_DPOP_MISSING', check(make({ htm: 'get' })));
    for (const htu of [
      `${URL_}/1`,
      `${URL_}?a=1`,
      `${URL_}#a`,
      URL_.replace('https', 'http'),
      URL_.replace('gate.', 'evil.'),
      URL_.replace('//', '//a:b@'),
      '/v1/devices',
      7,
    ])
      await refuses('E_DPOP_MISSING', check(make({ htu })));
  });

  it('is taken for another spelling of the same address', async () => {
    await check(make({ htu: 'HTTPS://GATE.countersign.test:443/v1/devices' }));
    await check(make({ htu: 'https://gate.countersign.test/v1/x/../devices' }));
  });

  it('is refused for another token, and with another key than the token names', async () => {
    await refuses('E_DPOP_BINDING', check(make(), { ...request(), token: `${token}x` }));
    await refuses('E_DPOP_BINDING', check(make({ ath: undefined })));
    await refuses('E_DPOP_BINDING', check(make({}, {}, jwtKey('thief'))));
  });

  it('is refused without one of our nonces, or with an old one', async () => {
    for (const nonce of [
      undefined,
      '',
      'made-up',
      new Nonces(testBytes('another start'), () => now).current(),
    ])
      await refuses('E_DPOP_NONCE', check(make({ nonce })));
    const first = rules.nonces.current();
    now += 60_000;
    await check(make({ nonce: first }));
    now += 60_000;
    await refuses('E_DPOP_NONCE', check(make({ nonce: first })));
  });

  it('is refused with a nonce from before the clock was set back', async () => {
    const nonce = rules.nonces.current();
    now += 300_000;
    rules.nonces.current();
    now -= 300_000;
    await refuses('E_DPOP_NONCE', check(make({ nonce })));
  });

  it('is refused when it was made half a minute ago, or is to be', async () => {
    await refuses('E_DPOP_MISSING', check(make({ iat: now / 1000 - 31 })));
    await refuses('E_DPOP_MISSING', check(make({ iat: now / 1000 + 31 })));
    await check(make({ iat: now / 1000 - 29 }));
  });

  it('is refused with an identifier that could be guessed, or none', async () => {
    for (const jti of ['1', undefined, 7, 'x'.repeat(200), 'with spaces in it...'])
      await refuses('E_DPOP_MISSING', check(make({ jti })));
  });

  it('is remembered for as long as it could be used again, whoever else asks', async () => {
    const first = make({ iat: now / 1000 + 29 });
    await check(first);
    for (let i = 0; i < 3; i++) await check(make());
    await refuses('E_RATE', check(make()));
    now += 58_000;
    await refuses('E_DPOP_REPLAY', check(first));
    now += 3_000;
    await check(make());
    assert.equal(rules.seen.size, 1);
  });

  it('never forgets what still counts for want of room', async () => {
    const tablets = Array.from({ length: 5 }, (_, i) => jwtKey(`tablet ${i}`));
    for (const one of tablets) {
      await check(make({}, {}, one), { ...request(), jkt: one.jkt });
      await check(make({}, {}, one), { ...request(), jkt: one.jkt });
    }
    await refuses('E_RATE', check(make()));
  });

  it('costs no memory when it does not verify', async () => {
    await refuses('E_DPOP_MISSING', check(make({}, { jwk: tablet.jwk }, jwtKey('thief'))));
    assert.equal(rules.seen.size, 0);
  });
});
