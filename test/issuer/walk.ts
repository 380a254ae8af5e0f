import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'cbor2';
import { TabletKey } from '../../clients/common/link/dpop.ts';
import { askHttp, type HttpAnswer } from '../../clients/common/link/http.ts';
import { type Child, startChild } from '../../clients/common/process/children.ts';
import { type SoftwarePasskey, softwarePasskey } from '../../clients/ward/passkey.ts';
import { throughThePage } from '../../clients/ward/sign-in.ts';
import { base64url, type Bytes, concat, unbase64url, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { nodeCrypto, testPem } from '../support/keys.ts';

export const AUDIENCE = 'http://gate.localhost:1/v1';
export const CALLBACK = 'http://127.0.0.1/signed-in';
export const CLIENT = 'program';
const MAIN = fileURLToPath(new URL('../../clients/issuer/main.ts', import.meta.url));
const ADMIN = fileURLToPath(new URL('../../clients/issuer/admin.ts', import.meta.url));

/** A running token issuer with nobody in it. */
export interface TestIssuerProcess {
  readonly url: string;
  readonly folder: string;
  readonly file: string;
  readonly child: Child;
  log(): string;
  /** The operator's program; gives what it prints. */
  admin(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  configure(changes: object): void;
  stop(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

export async function startIssuer(): Promise<TestIssuerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'cs-issuer-'));
  const port = await freePort();
  const url = `http://id.localhost:${port}`;
  const file = join(folder, 'issuer.json');
  for (const name of ['one', 'two'])
    writeFileSync(join(folder, `${name}.pem`), testPem(`issuer key ${name}`));
  let config: object = {
    url,
    port,
    audience: AUDIENCE,
    signingKeys: [join(folder, 'one.pem')],
    folder: join(folder, 'data'),
    clients: [{ id: CLIENT, name: 'A program', redirectUris: [CALLBACK] }],
    developmentOnlyPlainHttpOnLoopback: true,
  };
  const configure = (changes: object): void => {
    config = { ...config, ...changes };
    writeFileSync(file, JSON.stringify(config));
  };
  configure({});
  const logFile = join(folder, 'issuer.log');
  const child = await startChild({ name: 'issuer', entry: MAIN, args: ['--config', file], logFile });
  return {
    url,
    folder,
    file,
    child,
    log: () => readFileSync(logFile, 'utf8'),
    admin: (...args) =>
      new Promise((resolve) => {
        const ran = execFile(process.execPath, [ADMIN, ...args], (_error, out, err) =>
          resolve({ code: ran.exitCode ?? -1, out, err }),
        );
      }),
    configure,
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A passkey for signing in at an issuer. */
export const loginPasskey = (issuer: string, name: string): SoftwarePasskey =>
  softwarePasskey({ key: testPem(`login of ${name}`), origin: issuer, rpId: new URL(issuer).hostname });

/** What an authenticator gives a page that registers a passkey (WebAuthn Level 3, section 6.5). */
export function attestationOf(
  passkey: SoftwarePasskey,
  challenge: Bytes,
  origin: string,
  flags = 0x45,
): object {
  const id = passkey.kid;
  const authData = concat(
    nodeCrypto.sha256(utf8(new URL(origin).hostname)),
    Uint8Array.of(flags, 0, 0, 0, 0),
    new Uint8Array(16),
    Uint8Array.of(0, id.length),
    id,
    coseKey(passkey.key.alg, passkey.key.raw),
  );
  const attestationObject = new Uint8Array(encode({ fmt: 'none', attStmt: {}, authData }));
  const clientDataJSON = JSON.stringify({ type: 'webauthn.create', challenge: base64url(challenge), origin });
  return {
    id: base64url(id),
    rawId: base64url(id),
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      attestationObject: base64url(attestationObject),
      clientDataJSON: base64url(utf8(clientDataJSON)),
    },
  };
}

export const postJson = (url: string, body: unknown, origin = new URL(url).origin): Promise<HttpAnswer> =>
  askHttp(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** Registers a passkey with a link, as its page would. */
export async function register(
  issuer: string,
  link: string,
  passkey: SoftwarePasskey,
  flags?: number,
): Promise<HttpAnswer> {
  const secret = new URL(link).hash.slice(1);
  const options = await postJson(`${issuer}/register/options`, { secret });
  if (options.status !== 200) return options;
  const { challenge } = JSON.parse(options.body) as { challenge: string };
  const response = attestationOf(passkey, unbase64url(challenge), issuer, flags);
  return postJson(`${issuer}/register`, { secret, response });
}

export interface Walked {
  readonly back: URL;
  readonly verifier: string;
}

/** A client that walks the protocol step by step, and can do each step wrong. */
export class Walk {
  readonly issuer: string;
  readonly key: TabletKey;
  readonly #login: SoftwarePasskey;
  nonce: string | undefined;

  constructor(issuer: string, login: SoftwarePasskey, key = new TabletKey(testPem('a tablet'))) {
    this.issuer = issuer;
    this.#login = login;
    this.key = key;
  }

  push(changes: Readonly<Record<string, string>> = {}, verifier = 'v'.repeat(43)): Promise<HttpAnswer> {
    return this.#form('/request', {
      client_id: CLIENT,
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid read command',
      resource: AUDIENCE,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: 'the-state',
      dpop_jkt: this.key.jkt,
      prompt: 'login',
      ...changes,
    });
  }

  /** From the pushed request to the way back. */
  async authorize(changes: Readonly<Record<string, string>> = {}): Promise<Walked> {
    const verifier = randomBytes(32).toString('base64url');
    const pushed = await this.push(changes, verifier);
    if (pushed.status !== 201) throw new Error(pushed.body);
    const { request_uri } = JSON.parse(pushed.body) as { request_uri: string };
    const asked = new URLSearchParams({ client_id: CLIENT, request_uri });
    return { back: await throughThePage(this.issuer, `${this.issuer}/auth?${asked}`, this.#login), verifier };
  }

  /** At the token endpoint; a second time when it wants a nonce. */
  async token(form: Readonly<Record<string, string>>, key = this.key): Promise<HttpAnswer> {
    const ask = (): Promise<HttpAnswer> => {
      const url = `${this.issuer}/token`;
      const dpop = key.prove({ method: 'POST', url, token: undefined, nonce: this.nonce }, Date.now());
      return this.#form('/token', { client_id: CLIENT, ...form }, { dpop });
    };
    const first = await ask();
    this.nonce = [first.headers['dpop-nonce'] ?? []].flat()[0] ?? this.nonce;
    return first.body.includes('use_dpop_nonce') ? ask() : first;
  }

  exchange(
    { back, verifier }: Walked,
    changes: Readonly<Record<string, string>> = {},
    key = this.key,
  ): Promise<HttpAnswer> {
    return this.token(
      {
        grant_type: 'authorization_code',
        code: back.searchParams.get('code') ?? '',
        redirect_uri: CALLBACK,
        code_verifier: verifier,
        ...changes,
      },
      key,
    );
  }

  #form(
    path: string,
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ) {
    return askHttp(`${this.issuer}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
    });
  }
}
