import { z } from 'zod';
import { codeNamed, Refusal } from '../../server/protocol/refusal.ts';
import type { TabletKey } from '../common/link/dpop.ts';
import type { TokenSource } from './sign-in.ts';

/** Where the gateway is, and which tablet asks. */
export interface Place {
  /** `http://127.0.0.1:PORT`; dialled by address, because local names need not resolve. */
  readonly gateway: string;
  /** The gateway's own name, as in `gate.localhost:PORT`. */
  readonly host: string;
  readonly origin: string;
  readonly key: TabletKey;
  readonly tokens: TokenSource;
}

/** Tokens live two minutes; the second one is there before the first has ended. */
const RENEW_MS = 45_000;
/** An issuer that is away ends nobody's work before their token does. */
const LAST_MS = 110_000;
const CARRY_ON_MS = 50_000;
const PATIENCE_MS = 15_000;
const PROBLEM = z.object({ code: z.string(), title: z.string() });

/** The gateway's HTTP interface: each request with a token, and a proof that this tablet holds its key. */
export class GatewayHttp {
  readonly #place: Place;
  #token: Promise<string> | undefined;
  #since = 0;
  #nonce: string | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** A request to a route that anybody may ask. Throws Refusal with the gateway's code. */
  async open(path: string): Promise<unknown> {
    return (await this.#send('GET', path, undefined, {})).json();
  }

  async json(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.send(method, path, body);
    return response.status === 204 ? undefined : response.json();
  }

  /** A request with token and proof; asks once more when the gateway wants another nonce. Throws Refusal. */
  async send(method: string, path: string, body?: object): Promise<Response> {
    try {
      return await this.#proven(method, path, body);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'E_DPOP_NONCE') throw error;
      return this.#proven(method, path, body);
    }
  }

  async #proven(method: string, path: string, body?: object): Promise<Response> {
    const { gateway, host, key } = this.#place;
    const token = await this.#fresh();
    const [plain = ''] = path.split('?', 1);
    const url = `${new URL(gateway).protocol}//${host}${plain}`;
    const proof = key.prove({ method, url, token, nonce: this.#nonce }, Date.now());
    return this.#send(method, path, body, { authorization: `DPoP ${token}`, dpop: proof });
  }

  /** Signs in anew when the last time is too long ago for a signature to count. */
  async readyToSign(): Promise<void> {
    if (!this.#place.tokens.freshen()) return;
    this.#token = undefined;
    await this.send('GET', '/v1/sessions/current');
  }

  /**
   * Carries the session on until the answer is called. Its streams live on tokens too and see none: what HTTP brings
   * counts for them. A gateway that is away says so on the stream.
   */
  carryOn(): () => void {
    const renew = (): void => void this.send('GET', '/v1/sessions/current').catch(() => undefined);
    const timer = setInterval(renew, CARRY_ON_MS).unref();
    return () => clearInterval(timer);
  }

  #fresh(): Promise<string> {
    const { tokens, key } = this.#place;
    const now = performance.now();
    const [held, since] = [this.#token, this.#since];
    if (held && now - since <= RENEW_MS) return held;
    const usable = held && now - since <= LAST_MS ? held : undefined;
    const renewed = tokens.token(key.jkt).catch((error: unknown) => {
      this.#token = usable;
      this.#since = since;
      if (usable) return usable;
      throw error;
    });
    this.#token = renewed;
    this.#since = now;
    return renewed;
  }

  /** A problem+json answer becomes the Refusal it carries. */
  async #send(
    method: string,
    path: string,
    body: object | undefined,
    credentials: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const response = await fetch(`${this.#place.gateway}${path}`, {
      method,
      headers: {
        origin: this.#place.origin,
        ...credentials,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    this.#nonce = response.headers.get('dpop-nonce') ?? this.#nonce;
    if (response.ok) return response;
    const problem = PROBLEM.safeParse(await response.json().catch(() => undefined));
    const code = problem.success ? codeNamed(problem.data.code) : undefined;
    throw new Refusal(code ?? 'E_ROUTE', problem.success ? problem.data.title : `HTTP ${response.status}`);
  }
}
