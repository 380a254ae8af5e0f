import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Configuration,
  errors,
  interactionPolicy,
  type JWK,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';
import { z } from 'zod';
import { SMART_SCOPES } from '../../server/protocol/read-scope.ts';
import type { Accounts } from './accounts.ts';
import type { IssuerConfig } from './config.ts';
import type { Pages } from './pages.ts';
import type { Shelf } from './shelf.ts';
import { LANGUAGES, languageFor, TEXTS } from './texts.ts';

/** How a person has signed in: with a phishing-resistant authenticator in hardware (OpenID Connect EAP ACR values). */
export const ACR = 'phrh';
const TOKEN_SECONDS = 120;
/** All of it, or, for a program that only shows what is measured, one kind of resource. */
const SCOPES = ['read', 'command', ...SMART_SCOPES];
/** The kind of RFC 9396 details that narrow a token to certain devices. */
const DEVICES = 'countersign-devices';
const MAX_DETAILS = 16;

export interface ProviderParts {
  readonly config: IssuerConfig;
  readonly accounts: Accounts;
  readonly shelf: Shelf;
  /** Of cookies, the newest first. */
  readonly cookieKeys: readonly string[];
  /** 32 bytes: of the DPoP nonces. */
  readonly nonceSecret: Buffer;
  readonly pages: Pages;
  readonly signInPath: (uid: string) => string;
  /** Told of what nobody foresaw. */
  readonly surprised: (error: Error) => void;
}

/**
 * The OpenID provider in the shape of FAPI 2.0: pushed authorization requests, PKCE, tokens bound to a key (DPoP with
 * nonces of the server), one resource, one kind of sign-in. Tablets are public clients: a tablet's key is its own, and
 * operators enrol it at the gateway.
 */
export function makeProvider(parts: ProviderParts): Provider {
  const { config, accounts, shelf } = parts;
  const secure = config.url.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax', secure, signed: true, overwrite: true } as const;
  const shift = config.shiftMinutes * 60;
  const configuration: Configuration = {
    adapter: (kind: string) => shelf.adapter(kind),
    clients: config.clients.map(({ id, name, redirectUris }) => ({
      client_id: id,
      client_name: name,
      redirect_uris: [...redirectUris],
      application_type: redirectUris.some(isProgram) ? 'native' : 'web',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      dpop_bound_access_tokens: true,
      authorization_details_types: [DEVICES],
      id_token_signed_response_alg: 'ES256',
    })),
    jwks: { keys: config.signingKeys.map((file) => signingKey(readFileSync(file, 'utf8'))) },
    cookies: { keys: [...parts.cookieKeys], long: cookie, short: cookie },
    scopes: ['openid', 'offline_access', ...SCOPES],
    // The name is for the tablet's own screen; an access token, and so the gateway, never has it.
    claims: { openid: ['sub', 'name'] },
    conformIdTokenClaims: false,
    acrValues: [ACR],
    discovery: { ui_locales_supported: [...LANGUAGES] },
    responseTypes: ['code'],
    clientAuthMethods: ['none'],
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256'],
      dPoPSigningAlgValues: ['ES256', 'Ed25519'],
    },
    pkce: { required: () => true },
    ttl: {
      AccessToken: TOKEN_SECONDS,
      AuthorizationCode: 60,
      Grant: shift,
      IdToken: 300,
      Interaction: 600,
      PushedAuthorizationRequest: 60,
      RefreshToken: shift,
      Session: shift,
    },
    issueRefreshToken: async () => true,
    // Bound to the tablet's key: changing it each time protects nothing, and a lost answer would sign somebody out.
    rotateRefreshToken: false,
    expiresWithSession: async () => true,
    clientBasedCORS: (_context, origin, client) =>
      (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: true },
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      dPoP: { enabled: true, nonceSecret: parts.nonceSecret, requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => config.audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== config.audience) throw new errors.InvalidTarget('no such resource');
          return {
            scope: SCOPES.join(' '),
            audience: config.audience,
            accessTokenTTL: TOKEN_SECONDS,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
      richAuthorizationRequests: {
        enabled: true,
        types: { [DEVICES]: { validate: (_context: unknown, detail: unknown) => expectDevices(detail) } },
        authorizationDetailsForGrantSource: (context: KoaContextWithOIDC) =>
          context.oidc.entities.Grant?.rar ?? [],
        authorizationDetailsForAccessToken: (_context, _token, source) => source?.rar,
      },
    },
    findAccount: (_context, subject) => {
      const account = accounts.find(subject);
      return account && { accountId: subject, claims: () => ({ sub: subject, name: account.name }) };
    },
    extraTokenClaims: (context, token) => claimsOf(context, token, accounts),
    loadExistingGrant: async (context) => {
      const { client, session, params } = context.oidc;
      if (!client || session?.accountId === undefined) return undefined;
      const grant = new context.oidc.provider.Grant({
        clientId: client.clientId,
        accountId: session.accountId,
      });
      grant.addOIDCScope('openid offline_access');
      const scope = params?.['scope'];
      const asked = typeof scope === 'string' ? scope.split(' ') : [];
      grant.addResourceScope(config.audience, SCOPES.filter((one) => asked.includes(one)).join(' '));
      for (const detail of detailsOf(params?.['authorization_details'])) grant.addRar(detail);
      await grant.save();
      return grant;
    },
    interactions: { policy: onlySignIn(), url: (_context, interaction) => parts.signInPath(interaction.uid) },
    renderError: (context, { error, error_description: says }) => {
      context.type = 'html';
      const language = languageFor(context.oidc?.params?.['ui_locales'], context.acceptsLanguages());
      const { cannot, asked } = TEXTS[language];
      // What the standard says of it is English, for whoever makes the program that asked.
      context.body = parts.pages.saying(language, cannot, asked, says ?? error);
    },
  };
  const provider = new Provider(config.url, configuration);
  provider.on('server_error', (_context, error) => parts.surprised(error));
  return provider;
}

/** A program on the person's own machine gets its answer at an address of that machine (RFC 8252 section 7.3). */
const isProgram = (uri: string): boolean => ['127.0.0.1', '[::1]'].includes(new URL(uri).hostname);

/** One question, who is it: what the hospital's own tablets may do is not for each person to consent to. */
function onlySignIn(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  return policy;
}

/** A P-256 key as the provider signs with it; its name is its thumbprint (RFC 7638). */
function signingKey(pem: string): JWK {
  const secret = createPrivateKey(pem);
  const { kty, crv, x, y } = createPublicKey(secret).export({ format: 'jwk' });
  if (crv !== 'P-256') throw new Error('tokens are signed with a P-256 key');
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { ...secret.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
}

/** What the gateway asks of each token beside what RFC 9068 does: roles, and how and when the person signed in. */
function claimsOf(context: KoaContextWithOIDC, token: { readonly kind: string }, accounts: Accounts) {
  if (token.kind !== 'AccessToken' || !('accountId' in token)) return undefined;
  const account = accounts.find(String(token.accountId));
  if (!account) throw new errors.InvalidGrant('nobody of that name any more');
  const { AuthorizationCode: code, RefreshToken: refresh } = context.oidc.entities;
  const source = code ?? refresh;
  return { roles: account.roles, acr: source?.acr, auth_time: source?.authTime };
}

const DETAIL = z.strictObject({
  type: z.literal(DEVICES),
  identifier: z.string().regex(/^[0-9a-f]{16}$/u),
});

function expectDevices(detail: unknown): void {
  if (!DETAIL.safeParse(detail).success)
    throw new errors.InvalidAuthorizationDetails('expected { type, identifier: 16 hexadecimal digits }');
}

function detailsOf(value: unknown): readonly z.infer<typeof DETAIL>[] {
  if (typeof value !== 'string') return [];
  return z.array(DETAIL).max(MAX_DETAILS).parse(JSON.parse(value));
}
