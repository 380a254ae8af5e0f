import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { askHttp } from '../../clients/common/link/http.ts';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { loginOf, people } from '../../clients/ward/people.ts';
import { PROGRAM } from '../../clients/ward/plan.ts';
import { throughThePage } from '../../clients/ward/sign-in.ts';
import { encodeSigned } from '../../server/protocol/statement.ts';
import { base64url, unbase64url } from '../../server/protocol/encoding/bytes.ts';
import { type ProcessWard, startProcesses } from '../support/processes.ts';
import { sessionOver } from '../support/ward-clinician.ts';

const PORTS = z.looseObject({ issuer: z.int(), 'gateway-clinicians': z.int() });
const POLICY = new URL('../support/quick-policy.json', import.meta.url);

/** fetch, for names that this machine's resolver may not know. */
const localFetch: oidc.CustomFetch = async (url, { method, headers, body }) => {
  const text =
    body instanceof URLSearchParams ? body.toString() : typeof body === 'string' ? body : undefined;
  const answer = await askHttp(url, { method, headers, ...(text !== undefined && { body: text }) });
  const heard = Object.entries(answer.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
  return new Response(answer.body === '' ? null : answer.body, { status: answer.status, headers: heard });
};

describe('a client that others wrote (openid-client)', function () {
  this.timeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-third-'));
  const abort = new AbortController();
  let ward: ProcessWard;
  let api: string;
  let config: oidc.Configuration;
  let dpop: oidc.DPoPHandle;
  let publicKey: CryptoKey;

  before(async () => {
    ward = await startProcesses({
      folder,
      pumps: 1,
      policy: POLICY,
      say: () => undefined,
      signal: abort.signal,
    });
    const ports = PORTS.parse(JSON.parse(readFileSync(join(folder, 'ports.json'), 'utf8')));
    const issuer = `http://id.localhost:${ports.issuer}`;
    api = `http://gate.localhost:${ports['gateway-clinicians']}/v1`;
    const how = { execute: [oidc.allowInsecureRequests], [oidc.customFetch]: localFetch };
    config = await oidc.discovery(new URL(issuer), PROGRAM.client, undefined, oidc.None(), how);
    const pair = await oidc.randomDPoPKeyPair('ES256', { extractable: true });
    ({ publicKey } = pair);
    dpop = oidc.getDPoPHandle(config, pair);
  });
  after(async () => {
    abort.abort();
    await ward.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('signs in by PAR, PKCE and DPoP, and renews', async () => {
    const tokens = await signIn('read command');
    assert.equal(tokens.token_type, 'dpop');
    assert.ok(tokens.refresh_token);
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: dpop });
    const token = renewed.access_token;
    // A token and its proof hold, and open nothing: no operator knows this tablet, and nobody approved a session.
    assert.equal(await codeOf(ask(token, 'GET', '/devices')), 'E_SESSION');
    const operator = await ward.signIn('operator');
    const jkt = await thumbprint(await crypto.subtle.exportKey('jwk', publicKey));
    await operator.post('/v1/tablets', 'enrolment', new Map<number, string | Uint8Array>([[1, 'tablet'], [2, 'third-party'], [3, jkt]])); // prettier-ignore
    operator.close();
    await open(token, 'read command');
    const devices = await ask(token, 'GET', '/devices');
    assert.equal(devices.status, 200);
    assert.match(await devices.text(), /pump-1/u);
  });

  it('that only shows what is measured signs in for that, by a scope of SMART App Launch, and gets nothing else', async () => {
    const { access_token: token } = await signIn('user/Observation.rs');
    await open(token, 'user/Observation.rs');
    const beds = await ask(token, 'GET', '/monitor/beds');
    assert.equal(beds.status, 200);
    assert.ok((await beds.text()).includes(ward.idOf('pump-1')));
    const [device, now] = [ward.idOf('pump-1'), Date.now()];
    const bundle = await ask(token, 'GET', `/devices/${device}/fhir?since=${now - 60_000}&until=${now}`);
    assert.equal(bundle.status, 200);
    assert.doesNotMatch(await bundle.text(), /"resourceType":"DeviceMetric"/u);
    for (const path of ['/devices', '/monitor/ward', `/devices/${device}/history`]) {
      const refused = await ask(token, 'GET', path);
      assert.equal(refused.status, 403, path);
      assert.match(await refused.text(), /"code":"E_ROLE"/u);
    }
  });

  async function signIn(scope: string): Promise<oidc.TokenEndpointResponse> {
    const { issuer } = config.serverMetadata();
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const to = await oidc.buildAuthorizationUrlWithPAR(
      config,
      {
        redirect_uri: PROGRAM.redirectUri,
        scope: `openid ${scope}`,
        resource: api,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
      },
      { DPoP: dpop },
    );
    const back = await throughThePage(issuer, to.href, softwarePasskey(loginOf(folder, 'dr-a', issuer)));
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    return oidc.authorizationCodeGrant(config, back, checks, undefined, { DPoP: dpop });
  }

  function ask(token: string, method: string, path: string, body?: string): Promise<Response> {
    const headers = new Headers({ origin: people(folder)['dr-a'].origin });
    if (body !== undefined) headers.set('content-type', 'application/json');
    const url = new URL(`${api}${path}`);
    return oidc.fetchProtectedResource(config, token, url, method, body, headers, { DPoP: dpop });
  }

  async function codeOf(asked: Promise<unknown>): Promise<unknown> {
    const error = await asked.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof oidc.WWWAuthenticateChallengeError, String(error));
    return (JSON.parse(await error.response.text()) as { code?: unknown }).code;
  }

  /** Opens a session: its person approves key and scope with the signing passkey. */
  async function open(token: string, scope: string): Promise<void> {
    const jkt = await thumbprint(await crypto.subtle.exportKey('jwk', publicKey));
    const challenge = await ask(token, 'GET', '/session-challenge');
    const { nonce } = (await challenge.json()) as { nonce: string };
    const passkey = softwarePasskey(people(folder)['dr-a']);
    const { statement, approval } = await sessionOver(passkey, unbase64url(nonce), jkt, scope);
    assert.ok(encodeSigned({ statement, approval }).length > 0);
    const opened = await ask(token, 'POST', '/sessions', JSON.stringify({
      statement: base64url(statement),
      approval: {
        kid: base64url(approval.kid),
        authenticatorData: base64url(approval.authenticatorData),
        clientDataJSON: base64url(approval.clientDataJSON),
        signature: base64url(approval.signature),
      },
    })); // prettier-ignore
    assert.equal(opened.status, 201);
  }
});

async function thumbprint({ crv, kty, x, y }: JsonWebKey): Promise<Uint8Array> {
  const text = new TextEncoder().encode(JSON.stringify({ crv, kty, x, y }));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', text));
}
