import { Agent } from 'node:http';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { tabletKeyOf } from '../../certs/tablets.ts';
import { askHttp, type HttpAnswer, type HttpAsk } from '../../clients/common/link/http.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { wireStatement } from '../../clients/ward/clinician.ts';
import { seatOf, takeSeat } from '../../clients/ward/seats.ts';
import { type Bytes, unbase64url } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { codeNamed } from '../../server/protocol/refusal.ts';
import { encodeStatement, type Purpose, type SignedStatement } from '../../server/protocol/statement.ts';

const OPERATION = z.object({
  security: z.array(z.unknown()),
  requestBody: z
    .object({ content: z.record(z.string(), z.object({ schema: z.looseObject({}) })) })
    .optional(),
});
const DOCUMENT = z.object({ paths: z.record(z.string(), z.record(z.string(), OPERATION)) });
const PROBLEM = z.object({ code: z.string(), title: z.string() });
const CHALLENGE = z.object({ nonce: z.string() });

/** One thing that can be asked, from the gateway's own document. */
export interface Door {
  readonly method: string;
  readonly path: string;
  readonly closed: boolean;
  readonly takes: 'nothing' | 'a statement' | 'json';
}
export type At = Pick<Door, 'method' | 'path'>;

/** What is asked with; left out, it is as a tablet does it. */
export interface Asking {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly proof?: string;
}

/** The doors of a gateway, and the operator of its ward with a session, a tablet and everything else in order. */
export class HttpDoors {
  readonly seat: ReturnType<typeof seatOf>;
  readonly doors: readonly Door[];
  readonly token: string;
  /** PEM of the tablet's key. */
  readonly pem: string;
  /** The gateway's newest nonce for proofs. */
  nonce = '';
  /** Codes of what was refused, and how often. */
  readonly seen = new Map<string, number>();
  readonly #agent: Agent;

  private constructor(
    seat: HttpDoors['seat'],
    doors: readonly Door[],
    token: string,
    pem: string,
    agent: Agent,
  ) {
    this.seat = seat;
    this.doors = doors;
    this.token = token;
    this.pem = pem;
    this.#agent = agent;
  }

  static async of(folder: string): Promise<HttpDoors> {
    (await takeSeat(folder, 'operator')).close(); // there is a session now, and what is asked in it would count
    const seat = seatOf(folder, 'operator');
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    const { body } = await askHttp(`http://${seat.host}/openapi.json`, { agent });
    const pem = readFileSync(join(folder, 'keys', tabletKeyOf('tablet-operator')), 'utf8');
    const token = await seat.tokens.token(seat.key.jkt);
    return new HttpDoors(seat, doorsIn(DOCUMENT.parse(JSON.parse(body))), token, pem, agent);
  }

  async raw(path: string, asked: HttpAsk = {}): Promise<HttpAnswer> {
    const headers = { origin: this.seat.origin, ...asked.headers };
    const answer = await askHttp(this.url(path), { ...asked, agent: this.#agent, headers });
    const next = answer.headers['dpop-nonce'];
    if (typeof next === 'string') this.nonce = next;
    return answer;
  }

  url(path: string): string {
    return `http://${this.seat.host}${path}`;
  }

  /** Everything in order, but for what is given. */
  async ask(
    { method, path }: At,
    { body, headers, token = this.token, proof }: Asking = {},
  ): Promise<HttpAnswer> {
    const send = (): Promise<HttpAnswer> => {
      const about = { method, url: this.url(path), token, nonce: this.nonce };
      return this.raw(path, {
        method,
        headers: {
          authorization: `DPoP ${token}`,
          dpop: proof ?? this.seat.key.prove(about, Date.now()),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body }),
      });
    };
    const answer = await send();
    return proof === undefined && problemIn(answer) === 'E_DPOP_NONCE' ? send() : answer;
  }

  /** A statement over a fresh nonce, signed by the operator. */
  async signed(
    purpose: Purpose,
    detail: ReadonlyMap<number, string | Bytes>,
    { label = 'statement', nonce }: { label?: 'statement' | 'session' | 'command'; nonce?: Bytes } = {},
  ): Promise<SignedStatement> {
    const fresh = await this.#challenge();
    const time = Math.floor(Date.now() / 1000);
    const statement = encodeStatement({ purpose, time, nonce: nonce ?? fresh, detail });
    const approval = await this.seat.passkey.approve(challengeFor(nodeCrypto.sha256, label, statement));
    return { statement, approval };
  }

  /** A nonce for a statement: a network gets only so many a second. */
  async #challenge(): Promise<Bytes> {
    for (;;) {
      const { status, body } = await this.raw('/v1/session-challenge');
      if (status !== 429) return unbase64url(CHALLENGE.parse(JSON.parse(body)).nonce);
      await pause(50);
    }
  }

  put(door: At, signed: SignedStatement): Promise<HttpAnswer> {
    return this.ask(door, { body: JSON.stringify(wireStatement(signed)) });
  }

  /** Fails unless the answer is a problem that says which, and is about what was asked. */
  refused(answer: HttpAnswer, what: string): void {
    assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.body}`);
    const code = problemIn(answer);
    assert.ok(code !== undefined && codeNamed(code), `${what}: ${answer.body}`);
    assert.notEqual(code, 'E_RATE', `${what}: it was not even looked at`);
    this.seen.set(code, (this.seen.get(code) ?? 0) + 1);
  }

  close(): void {
    this.#agent.destroy();
  }
}

function doorsIn({ paths }: z.infer<typeof DOCUMENT>): readonly Door[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, requestBody }]): Door => {
      const [body] = Object.values(requestBody?.content ?? {});
      const signed = JSON.stringify(body?.schema ?? {}).includes('"clientDataJSON"');
      return {
        method: method.toUpperCase(),
        path,
        closed: security.length > 0,
        takes: body === undefined ? 'nothing' : signed ? 'a statement' : 'json',
      };
    }),
  );
}

/** The path with something in place of its names that is well formed and nobody's. */
export const filled = (path: string): string =>
  path
    .replace(/\{hash\}/u, 'f'.repeat(64))
    .replace(/\{path\}/u, '000')
    .replaceAll(/\{\w+\}/gu, 'f'.repeat(16));

function problemIn({ body }: HttpAnswer): string | undefined {
  try {
    return PROBLEM.parse(JSON.parse(body)).code;
  } catch {
    return undefined;
  }
}
