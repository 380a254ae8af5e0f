import * as z from 'zod/mini';
import { codeNamed, Refusal } from '../../../../server/protocol/refusal.ts';
import type { TabletKey } from './tablet-key.ts';
import type { Tokens } from './tokens.ts';

/** The gateway cannot be reached: nobody knows more than that. */
export class Unreachable extends Error {}

const PATIENCE_MS = 15_000;
const PROBLEM = z.object({ code: z.string(), title: z.string() });

/** The gateway's HTTP interface: each request with a token, and a proof that this device holds its key. */
export class GatewayHttp {
  readonly #gateway: string;
  readonly #key: TabletKey;
  readonly #tokens: () => Tokens;
  #nonce: string | undefined;

  /** @param gateway its origin @param tokens of whoever is signed in now */
  constructor(gateway: string, key: TabletKey, tokens: () => Tokens) {
    this.#gateway = gateway;
    this.#key = key;
    this.#tokens = tokens;
  }

  /** A route that anybody may ask. Throws Refusal, or Unreachable. */
  async open(path: string, patience = PATIENCE_MS): Promise<unknown> {
    return (await this.#send('GET', path, undefined, {}, patience)).json();
  }

  /** A route for people. Throws Refusal with the gateway's code, Unreachable, or SignInEnded. */
  async json(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const response = await this.send(method, path, body);
    return response.status === 204 ? undefined : response.json();
  }

  /** The same for bytes; asks once more when the gateway wants another nonce. `patience` (ms) is for all of the answer. */
  async send(method: string, path: string, body?: object, patience = PATIENCE_MS): Promise<Response> {
    try {
      return await this.#proven(method, path, body, patience);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'E_DPOP_NONCE') throw error;
      return this.#proven(method, path, body, patience);
    }
  }

  async #proven(method: string, path: string, body: object | undefined, patience: number): Promise<Response> {
    const token = await this.#tokens().token();
    const [plain = ''] = path.split('?', 1);
    const url = `${this.#gateway}${plain}`;
    const dpop = await this.#key.prove({ method, url, token, nonce: this.#nonce });
    return this.#send(method, path, body, { authorization: `DPoP ${token}`, dpop }, patience);
  }

  /** A problem+json answer becomes the Refusal it carries. */
  async #send(
    method: string,
    path: string,
    body: object | undefined,
    credentials: Readonly<Record<string, string>>,
    patience: number,
  ): Promise<Response> {
    const response = await fetch(`${this.#gateway}${path}`, {
      method,
      headers: { ...credentials, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patience),
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    }).catch(() => {
      throw new Unreachable('the gateway does not answer');
    });
    this.#nonce = response.headers.get('dpop-nonce') ?? this.#nonce;
    if (response.ok) return response;
    const problem = z.safeParse(PROBLEM, await response.json().catch(() => undefined));
    const code = problem.success ? codeNamed(problem.data.code) : undefined;
    throw new Refusal(code ?? 'E_ROUTE', problem.success ? problem.data.title : `HTTP ${response.status}`);
  }
}
