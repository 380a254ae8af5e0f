import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { errors, Provider } from 'oidc-provider';
import { askHttp } from '../../clients/common/link/http.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { readCredential } from '../../server/protocol/credential.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { audienceOf } from '../../clients/ward/sign-in.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';
import { sessionBy, tabletKey, WARD_HOST } from '../support/ward-clinician.ts';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { people } from '../../clients/ward/people.ts';

/** A hospital's own provider: other keys, other names of people, and the pseudonym in a claim of its own. */
function foreignProvider(url: string, subject: () => string): Provider {
  const { privateKey } = generateKeyPairSync('ed25519');
  const audience = audienceOf(WARD_HOST);
  return new Provider(url, {
    clients: [
      {
        client_id: 'hospital-tablet',
        client_secret: 'of this test alone, and of no use elsewhere',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        dpop_bound_access_tokens: true,
        id_token_signed_response_alg: 'EdDSA',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'EdDSA', kid: 'theirs', use: 'sig' }] },
    enabledJWA: { dPoPSigningAlgValues: ['ES256'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return { scope: 'read command', audience, accessTokenTTL: 120, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'EdDSA' } } };
        },
      },
    },
    extraTokenClaims: () => ({
      'https://hospital.example/pseudonym': subject(),
      roles: ['clinician', 'head-of-department'],
      acr: 'phrh',
      auth_time: Math.floor(Date.now() / 1000),
    }),
  });
} // prettier-ignore

describe('a provider that the hospital has already', () => {
  let ward: TestWard;
  let server: Server;
  let url: string;
  let subject = '';

  before(async () => {
    server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://idp.localhost:${typeof address === 'object' && address ? address.port : 0}`;
    const provide = foreignProvider(url, () => subject).callback();
    server.on('request', (request, response) => void provide(request, response));
    ward = await openWard({
      configure: () => ({
        issuer: { url, audience: audienceOf(WARD_HOST), subjectClaim: 'https://hospital.example/pseudonym' },
      }),
    });
    const credential = readFileSync(join(ward.folder, 'keys/public/credentials/dr-a.bin'));
    subject = hex(readCredential(nodeCrypto, new Uint8Array(credential)).said.subject);
  });
  after(async () => {
    await ward.end();
    server.closeAllConnections();
    server.close();
  });

  async function token(): Promise<string> {
    const key = tabletKey(ward.folder, 'tablet-dr-a');
    const endpoint = `${url}/token`;
    const { status, body } = await askHttp(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        dpop: key.prove({ method: 'POST', url: endpoint, token: undefined, nonce: undefined }, Date.now()),
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'hospital-tablet',
        client_secret: 'of this test alone, and of no use elsewhere',
        resource: audienceOf(WARD_HOST),
        scope: 'read command',
      }).toString(),
    });
    assert.equal(status, 200, body);
    return (JSON.parse(body) as { access_token: string }).access_token;
  }

  it('is taken by configuration alone: its keys, its claim, and of its roles those that are known here', async () => {
    const { signIn } = ward.desk;
    const key = tabletKey(ward.folder, 'tablet-dr-a');
    const raw = await token();
    const [method, path] = ['POST', '/v1/sessions'];
    const proof = key.prove(
      { method, url: `http://${WARD_HOST}${path}`, token: raw, nonce: signIn.nonce() },
      Date.now(),
    );
    const admitted = await signIn.admit({ token: raw, proof, method, path });
    assert.equal(admitted.subject, subject);
    const passkey = softwarePasskey(people(ward.folder)['dr-a']);
    const session = await signIn.open(
      admitted,
      await sessionBy(passkey, signIn.challenge(), key, 'read command'),
    );
    assert.equal(session.tablet, 'tablet-dr-a');
    assert.equal(ward.desk.devices(session).length, 2);
  });
});
