import type { Bytes } from '../check/bytes.ts';
import { t } from '../texts/texts.ts';
import type { TabletKey } from './key.ts';
import { Presence } from './presence.ts';
import { NotUnderstood, object } from './said.ts';
import type { Tokens } from './sign-in.ts';

/** The gateway turned something down, in its own words. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string, says: string) {
    super(says);
    this.code = code;
  }
}

/** The gateway does not answer: what became of the request is not known. */
export class Away extends Error {
  constructor() {
    super(t().trouble.away);
  }
}

const WAIT_MS = 15_000;
/** What the gateway keeps as bytes. Problems are JSON. */
const FILE = 'application/cbor';

/** The gateway's HTTP interface: each request with a token, and a proof that it comes from this tablet. */
export class Gateway {
  readonly origin: string;
  readonly #key: TabletKey;
  readonly presence = new Presence();
  #nonce: string | undefined;
  tokens: Tokens | undefined;

  constructor(origin: string, key: TabletKey) {
    this.origin = origin;
    this.#key = key;
  }

  /** A request without a token. Throws Refused or Away. */
  open(path: string): Promise<unknown> {
    return this.#send('GET', path, undefined, {});
  }

  /** A request with token and proof; once more when the gateway wants a newer nonce. Throws Refused or Away. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    return this.presence.own(async () => {
      try {
        return await this.#proven(method, path, body);
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== 'E_DPOP_NONCE') throw error;
        return await this.#proven(method, path, body);
      }
    });
  }

  /** Nobody is signed in any more. */
  left(): void {
    this.presence.left();
    this.tokens = undefined;
  }

  /** Carries the session on with a newer sign-in of the same person; another person's changes nothing. Throws Refused or Away. */
  async renew(tokens: Tokens): Promise<void> {
    const before = this.tokens;
    this.tokens = tokens;
    try {
      await this.ask('GET', '/v1/sessions/current');
    } catch (error) {
      this.tokens = before;
      throw error;
    }
  }

  /** A file. Throws Refused or Away. */
  async file(path: string): Promise<Bytes> {
    const said = await this.ask('GET', path);
    if (!(said instanceof ArrayBuffer)) throw new NotUnderstood('file');
    return new Uint8Array(said);
  }

  async #proven(method: string, path: string, body: object | undefined): Promise<unknown> {
    const token = await this.tokens?.token();
    const proof = await this.#key.prove({ method, url: `${this.origin}${path}`, token, nonce: this.#nonce });
    return this.#send(method, path, body, { authorization: `DPoP ${token}`, dpop: proof });
  }

  async #send(
    method: string,
    path: string,
    body: object | undefined,
    proofs: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: { ...proofs, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(WAIT_MS),
    }).catch(() => {
      throw new Away();
    });
    this.#nonce = response.headers.get('dpop-nonce') ?? this.#nonce;
    if (response.status === 204) return undefined;
    if (response.headers.get('content-type') === FILE) return response.arrayBuffer();
    const said: unknown = await response.json().catch(() => undefined);
    if (response.ok) return said;
    const { code, title } = object(said ?? {}, 'problem');
    throw new Refused(
      typeof code === 'string' ? code : `HTTP ${response.status}`,
      typeof title === 'string' ? title : t().trouble.busy,
    );
  }
}
