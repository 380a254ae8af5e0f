import * as z from 'zod/mini';
import { openCredential } from '../../server/protocol/credential.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { type Bytes, unbase64url } from '../../server/protocol/encoding/bytes.ts';
import type { ReadResource } from '../common/evidence/consistency.ts';
import { GatewayHttp } from '../common/page/gate/gateway-http.ts';
import { read } from '../common/page/gate/json.ts';
import { signedStatement } from '../common/page/gate/statements.ts';
import type { Tokens } from '../common/page/gate/tokens.ts';
import {
  ACCESS,
  type Access,
  DETAIL,
  DEVICES,
  type Device,
  type Filters,
  FOUND,
  type Found,
  type Gap,
  GAPS,
  type Note,
  NOTES,
  OVERVIEW,
  type Overview,
  RETENTION,
  type Retention,
  UNMASKED,
  type Unmasked,
} from './wire.ts';
import type { World } from '../common/page/gate/world.ts';

const SESSION = z.object({ session: z.object({ subject: z.string(), roles: z.number() }) });
const PASSKEYS = z.object({ passkeys: z.array(z.string()) });
/** An auditor reads: a stolen token of this page can command nothing. */
export const SCOPE = 'read';
const CERTIFIED_MS = 8_000;
const LOOK_MS = 500;
/** A file of the whole log takes its time (ms). */
const EXPORT_MS = 30 * 60_000;

/** One auditor's way to the gateway. Every question carries its purpose, which is logged. */
export class Gateway {
  readonly #world: World;
  readonly #purpose: string;
  readonly http: GatewayHttp;

  /** @param purpose why this person reads, 3 to 80 printable ASCII characters */
  constructor(world: World, tokens: Tokens, purpose: string) {
    this.#world = world;
    this.#purpose = purpose;
    this.http = new GatewayHttp(world.place.gateway, world.key, () => tokens);
  }

  /** Opens the session: the person approves this computer with the signing passkey. Throws NotSigned, Refusal, Unreachable. */
  async approve(): Promise<{ readonly subject: string; readonly roles: number }> {
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

  /** The newest page, or the one at a place among rows that began before an entry. */
  async search(filters: Filters, place?: { readonly before: number; readonly skip: number }): Promise<Found> {
    return read(FOUND, await this.#ask('stories', { ...filters, ...place }), 'the list');
  }

  async story(id: number): Promise<z.infer<typeof DETAIL>> {
    return read(DETAIL, await this.#ask('story', { id }), 'the story');
  }

  async overview(): Promise<Overview> {
    return read(OVERVIEW, await this.#ask('overview', {}), 'the overview');
  }

  async gaps(): Promise<readonly Gap[]> {
    return read(GAPS, await this.#ask('gaps', {}), 'the gaps').gaps;
  }

  async access(): Promise<Access> {
    return read(ACCESS, await this.#ask('access', {}), 'the access review');
  }

  async retention(): Promise<Retention> {
    return read(RETENTION, await this.#ask('retention', {}), 'the retention policy');
  }

  /** Who a command is about, for a quarter of an hour; the reason is logged first. Throws Refusal E_SCOPE. */
  async unmask(command: string, reason: string): Promise<Unmasked> {
    return read(UNMASKED, await this.#ask('unmask', { command, purpose: reason }), 'the patient');
  }

  async devices(): Promise<readonly Device[]> {
    return read(DEVICES, await this.http.json('GET', '/v1/devices'), 'the devices').devices;
  }

  /** The evidence file of a command. Throws Refusal E_SCOPE or E_DRAFT where there is none. */
  async evidence(command: string): Promise<Bytes> {
    const response = await this.http.send('GET', `/v1/commands/${command}/evidence`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** An evidence bundle to take away. `since` are the log's sizes that this computer remembers. */
  async bundle(commands: readonly string[], names: boolean, since: readonly number[]): Promise<Response> {
    return this.http.send('POST', '/v1/audit/bundle', {
      purpose: this.#purpose,
      names,
      commands,
      ...(since.length > 0 && { since }),
    });
  }

  /** Rows of the log as a file, in pieces; `Export-Rows` says how many there will be. */
  async export(filters: Filters, format: string, names: boolean, offset: number): Promise<Response> {
    const wish = { purpose: this.#purpose, ...filters, format, names, offset };
    return this.http.send('POST', '/v1/audit/export', wish, EXPORT_MS);
  }

  async notes(about: string): Promise<readonly Note[]> {
    return read(NOTES, await this.#ask('case', { about }), 'the notes').notes;
  }

  /** Signs a note with the passkey; it is never changed. Throws NotSigned, Refusal, Unreachable. */
  async note(about: string, kind: string, text: string): Promise<void> {
    const detail = new Map([
      [1, about],
      [2, kind],
      [3, text],
    ]);
    const signed = await signedStatement(this.http, this.#world.passkey, 'note', detail);
    await this.http.json('POST', '/v1/audit/notes', signed);
  }

  /** The log's public hashes: they need no trust, since a wrong one makes a path that does not verify. */
  readonly tiles: ReadResource = async (path) => {
    const response = await fetch(`${this.#world.place.gateway}/log/${path}`, {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    }).catch(() => undefined);
    return response?.ok === true ? new Uint8Array(await response.arrayBuffer()) : undefined;
  };

  async leave(): Promise<void> {
    await this.http.json('DELETE', '/v1/sessions/current').catch(() => undefined);
  }

  #ask(what: string, wish: object): Promise<unknown> {
    return this.http.json('POST', `/v1/audit/${what}`, { purpose: this.#purpose, ...wish });
  }

  /** The person's certified passkeys, each verified with this computer's own anchors. */
  async #certified(): Promise<PublicKey[]> {
    await this.#world.renew();
    const { crypto, anchors } = this.#world;
    const { passkeys } = read(PASSKEYS, await this.http.json('GET', '/v1/passkeys'), 'the passkeys');
    const keys: PublicKey[] = [];
    for (const one of passkeys) {
      const credential = await openCredential(crypto, unbase64url(one), anchors.authorities).catch(
        () => undefined,
      );
      if (credential) keys.push(credential.key);
    }
    return keys;
  }
}
