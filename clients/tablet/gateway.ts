import * as z from 'zod/mini';
import { openCredential } from '../../server/protocol/credential.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { unbase64url } from '../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { GatewayHttp } from '../common/page/gate/gateway-http.ts';
import { GatewayStream, type Watcher } from '../common/page/gate/gateway-stream.ts';
import { read } from '../common/page/gate/json.ts';
import { signedStatement } from '../common/page/gate/statements.ts';
import type { Tokens } from '../common/page/gate/tokens.ts';
import type { World } from '../common/page/gate/world.ts';

/** Who is signed in, as the gateway says. */
export interface Session {
  readonly subject: string;
  readonly roles: number;
  readonly tablet: string;
  /** Unix ms: the end of the shift. */
  readonly expires: number;
}

const SESSION = z.object({
  session: z.object({
    subject: z.string(),
    roles: z.number(),
    tablet: z.string(),
    scope: z.string(),
    expires: z.number(),
  }),
});
const PASSKEYS = z.object({ passkeys: z.array(z.string()) });
const BUILDS = z.object({ builds: z.array(z.object({ build: z.string() })) });
const TICKET = z.object({ ticket: z.string() });
export const SCOPE = 'read command';
const CERTIFIED_MS = 8_000;
const LOOK_MS = 500;

/** One person's way to the gateway: HTTP and the stream, both good only while the session is. */
export class Gateway {
  readonly #world: World;
  readonly http: GatewayHttp;
  #stream: GatewayStream | undefined;
  #opening: Promise<GatewayStream> | undefined;

  constructor(world: World, tokens: Tokens) {
    this.#world = world;
    this.http = new GatewayHttp(world.place.gateway, world.key, () => tokens);
  }

  /**
   * Opens the session: the person approves this tablet and this scope with the signing passkey. Throws NotSigned, Refusal,
   * Unreachable or SignInEnded.
   */
  async approve(): Promise<Session> {
    const { passkey, key } = this.#world;
    // A passkey made a moment ago is on its way from the authority to the gateway.
    for (let waited = 0; !passkey.meet(await this.#certified()) && waited < CERTIFIED_MS; waited += LOOK_MS)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const detail = new Map<number, string | Uint8Array>([
      [1, key.thumbprint],
      [2, SCOPE],
    ]);
    const signed = await signedStatement(this.http, passkey, 'session', detail);
    return read(SESSION, await this.http.json('POST', '/v1/sessions', signed), 'the session').session;
  }

  /** Carries session and streams on with a newer token. Throws like any request. */
  async carryOn(): Promise<Session> {
    return read(SESSION, await this.http.json('GET', '/v1/sessions/current'), 'the session').session;
  }

  /** Compares this page with the versions that may sign here. Throws Refusal E_BUILD, and like any request. */
  async demandAllowedBuild(): Promise<void> {
    const { builds } = read(BUILDS, await this.http.json('GET', '/v1/builds'), 'the versions');
    if (!builds.some(({ build }) => build === BUILD))
      throw new Refusal('E_BUILD', 'not a version allowed here');
  }

  /** The stream, opened when there is none. @param lost told when it breaks @param told of what happens meanwhile */
  async stream(lost: () => void, told: Watcher): Promise<GatewayStream> {
    if (this.#stream) return this.#stream;
    // Two who want it at the same time share one.
    this.#opening ??= this.#open(lost, told).finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(lost: () => void, told: Watcher): Promise<GatewayStream> {
    const { ticket } = read(TICKET, await this.http.json('POST', '/v1/stream-ticket', {}), 'the ticket');
    const stream = await GatewayStream.open(this.#world.place.gateway, ticket, () => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      lost();
    });
    this.#stream = stream;
    stream.watch(told);
    return stream;
  }

  /** Ends the session at the gateway, as far as it can be reached. */
  async leave(): Promise<void> {
    this.hangUp();
    await this.http.json('DELETE', '/v1/sessions/current').catch(() => undefined);
  }

  hangUp(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.close();
  }

  /** The person's certified passkeys, each verified with this tablet's own anchors. */
  async #certified(): Promise<PublicKey[]> {
    await this.#world.renew();
    const { crypto, anchors } = this.#world;
    const { passkeys } = read(PASSKEYS, await this.http.json('GET', '/v1/passkeys'), 'the passkeys');
    const keys: PublicKey[] = [];
    for (const one of passkeys) {
      const bytes = unbase64url(one);
      const credential = await openCredential(crypto, bytes, anchors.authorities).catch(() => undefined);
      if (credential) keys.push(credential.key);
    }
    return keys;
  }
}
