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
import { base64url, unbase64url } from '../../server/protocol/bytes.ts';
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
    const { issuer } = config.serverMetadata();
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const to = await oidc.buildAuthorizationUrlWithPAR(
      config,
      {
        redirect_uri: PROGRAM.redirectUri,
        scope: 'openid read command',
        resource: api,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
      },
      { DPoP: dpop },
    );
    const back = await throughThePage(issuer, to.href, softwarePasskey(loginOf(folder, 'dr-a', issuer)));
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    const tokens = await oidc.authorizationCodeGrant(config, back, checks, undefined, { DPoP: dpop });
    assert.equal(tokens.token_type, 'dpop');
    assert.ok(tokens.refresh_token);
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: dpop });
    await callsTheApi(renewed.access_token);
  });

  async function callsTheApi(token: string): Promise<void> {
    const ask = async (method: string, path: string, body?: string) => {
      const headers = new Headers({ origin: people(folder)['dr-a'].origin });
      if (body !== undefined) headers.set('content-type', 'application/json');
      const url = new URL(`${api}${path}`);
      return oidc.fetchProtectedResource(config, token, url, method, body, headers, { DPoP: dpop });
    };
    const codeOf = async (asked: Promise<unknown>): Promise<unknown> => {
      const error = await asked.then(
        () => undefined,
        (caught: unknown) => caught,
      );
      assert.ok(error instanceof oidc.WWWAuthenticateChallengeError, String(error));
      return (JSON.parse(await error.response.text()) as { code?: unknown }).code;
    };
    // A token and its proof hold, and open nothing: no operator knows this tablet, and nobody approved a session.
    assert.equal(await codeOf(ask('GET', '/devices')), 'E_SESSION');

    const operator = await ward.signIn('operator');
    const jwk = await crypto.subtle.exportKey('jwk', publicKey);
    const jkt = await thumbprint(jwk);
    await operator.post('/v1/tablets', 'enrolment', new Map<number, string | Uint8Array>([[1, 'tablet'], [2, 'third-party'], [3, jkt]])); // prettier-ignore
    operator.close();

    const challenge = await ask('GET', '/session-challenge');
    const { nonce } = (await challenge.json()) as { nonce: string };
    const passkey = softwarePasskey(people(folder)['dr-a']);
    const { statement, approval } = await sessionOver(passkey, unbase64url(nonce), jkt, 'read command');
    assert.ok(encodeSigned({ statement, approval }).length > 0);
    const opened = await ask('POST', '/sessions', JSON.stringify({
      statement: base64url(statement),
      approval: {
        kid: base64url(approval.kid),
        authenticatorData: base64url(approval.authenticatorData),
        clientDataJSON: base64url(approval.clientDataJSON),
        signature: base64url(approval.signature),
      },
    })); // prettier-ignore
    assert.equal(opened.status, 201);
    const devices = await ask('GET', '/devices');
    assert.equal(devices.status, 200);
    assert.match(await devices.text(), /pump-1/u);
  }
});

async function thumbprint({ crv, kty, x, y }: JsonWebKey): Promise<Uint8Array> {
  const text = new TextEncoder().encode(JSON.stringify({ crv, kty, x, y }));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', text));
}
