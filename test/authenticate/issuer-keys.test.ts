import assert from 'node:assert/strict';
import { verifyAccessToken } from '../../server/authenticate/access-token.ts';
import { IssuerKeys } from '../../server/authenticate/jwks.ts';
import { Nonces } from '../../server/authenticate/nonces.ts';
import { SeenOnce } from '../../server/authenticate/seen-once.ts';
import { Tokens } from '../../server/authenticate/tokens.ts';
import { type Bytes, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { AUDIENCE, ISSUER, jwtKey, proofOf, TestIssuer } from '../support/issuer.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';
import { refuses } from '../ceremony/world.ts';

const NOW = 1_790_000_000_000;
const METADATA = `${ISSUER}/.well-known/openid-configuration`;
const tablet = jwtKey('tablet');

/** An issuer on a network that can fail, and the keys as a gateway holds them. */
function world() {
  const state = {
    issuer: new TestIssuer('first'),
    metadata: { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` } as object,
    lost: false,
    asked: [] as string[],
    clock: 0,
    changes: 0,
  };
  const answer = (url: string): Bytes => {
    state.asked.push(url);
    if (state.lost) throw new Error('no answer');
    return utf8(JSON.stringify(url === METADATA ? state.metadata : state.issuer.jwks));
  };
  const keys = new IssuerKeys({
    issuer: ISSUER,
    fetch: async (url) => answer(url),
    monotonic: () => state.clock,
    changed: () => state.changes++,
  });
  const verify = (token = state.issuer.token(tablet, NOW)) =>
    verifyAccessToken(token, {
      issuer: ISSUER,
      audience: AUDIENCE,
      subjectClaim: 'sub',
      keys: keys.find,
      now: () => NOW,
    });
  return { state, keys, verify };
}

describe('the issuer’s keys', () => {
  it('come from the issuer’s own metadata, once', async () => {
    const { state, keys, verify } = world();
    await keys.refresh();
    await verify();
    await verify();
    assert.deepEqual(state.asked, [METADATA, `${ISSUER}/jwks`]);
  });

  it('stay while the issuer is away, for a shift', async () => {
    const { state, keys, verify } = world();
    await keys.refresh();
    state.lost = true;
    state.clock = 11 * 3_600_000;
    await assert.rejects(keys.refresh(), /no answer/u);
    await verify();
    state.clock = 13 * 3_600_000;
    await refuses('E_TOKEN_KEY', verify());
    state.lost = false;
    state.clock += 10_000;
    await verify();
  });

  it('are asked for anew when a token names one that is not known, and not more often than every five seconds', async () => {
    const { state, keys, verify } = world();
    await keys.refresh();
    state.clock = 10_000;
    const next = new TestIssuer('second');
    for (let i = 0; i < 20; i++) await refuses('E_TOKEN_KEY', verify(next.token(tablet, NOW)));
    assert.equal(state.asked.length, 4);
    state.issuer = next;
    state.clock = 15_001;
    await verify();
    assert.equal(state.changes, 2);
  });

  it('end with the issuer’s word: a key that was withdrawn verifies nothing a minute later', async () => {
    const { state, keys, verify } = world();
    await keys.refresh();
    const old = state.issuer.token(tablet, NOW);
    await verify(old);
    state.issuer = new TestIssuer('second');
    state.clock = 60_001;
    await keys.refresh();
    await refuses('E_TOKEN_KEY', verify(old));
  });

  it('are not taken from metadata of another issuer, or over plain HTTP', async () => {
    for (const metadata of [
      { issuer: 'https://other.test', jwks_uri: `${ISSUER}/jwks` },
      { issuer: ISSUER, jwks_uri: 'http://issuer.countersign.test/jwks' },
      { issuer: ISSUER },
      { issuer: ISSUER, jwks_uri: 'jwks' },
    ]) {
      const { state, keys, verify } = world();
      state.metadata = metadata;
      await assert.rejects(keys.refresh(), /another issuer|not https|no jwks_uri/u);
      assert.deepEqual(state.asked, [METADATA]);
      await refuses('E_TOKEN_KEY', verify());
    }
  });
});

describe('who talks', () => {
  it('is asked of each token once, and of each proof and of the time again', async () => {
    let now = NOW;
    let found = 0;
    const { state, keys } = world();
    const { sha256 } = nodeCrypto;
    const tokens = new Tokens({
      issuer: ISSUER,
      audience: AUDIENCE,
      subjectClaim: 'sub',
      keys: (...asked) => {
        found++;
        return keys.find(...asked);
      },
      sha256,
      nonces: new Nonces(testBytes('nonce key'), () => now),
      seen: new SeenOnce({ sha256, most: 100, mostPerKey: 100 }),
      now: () => now,
    });
    const token = state.issuer.token(tablet, NOW);
    const ask = (path = '/v1/devices') => {
      const url = `https://gate.countersign.test${path}`;
      const proof = proofOf(tablet, { method: 'GET', url, token, nonce: tokens.nonce(), now });
      return tokens.admit({ token, proof, method: 'GET', path: '/v1/devices' });
    };
    const who = await ask();
    assert.equal(await ask(), who);
    assert.equal(found, 1);
    await refuses('E_DPOP_MISSING', ask('/v1/commands'));
    now += 121_000;
    await refuses('E_TOKEN_EXPIRED', ask());
    now = NOW;
    await ask();
    tokens.forget();
    state.issuer = new TestIssuer('second');
    state.clock = 60_001;
    await keys.refresh();
    await refuses('E_TOKEN_KEY', ask());
  });
});
