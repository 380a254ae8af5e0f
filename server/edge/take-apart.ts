import express, { type Request, type Response } from 'express';
import type { Credentials } from '../authenticate/tokens.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import { Refusal } from '../protocol/refusal.ts';
import { HttpRefusal } from './problem.ts';
import { parseStrictJson } from '../protocol/encoding/strict-json.ts';

const METHODS = new Set(['GET', 'POST', 'DELETE', 'OPTIONS']);
/** Longest path and query the route table can need, twice over. */
const MAX_TARGET = 300;
/** One spelling for each path: no escapes, no empty, dotted or trailing segments, no absolute form. */
const PATH = /^(?:\/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)+$/u;
const QUERY = /^[a-z]+=[A-Za-z0-9_-]*(?:&[a-z]+=[A-Za-z0-9_-]*)*$/u;
/** RFC 9449 section 7.1; a compact JWS is base64url and dots. */
const TOKEN = /^DPoP ([A-Za-z0-9._-]{8,4096})$/u;
const PROOF = /^[A-Za-z0-9._-]{8,2048}$/u;

/** Throws Refusal E_ROUTE for a target that is another spelling of something, or a method that is not spoken. */
export function expectPlainTarget({ method, url }: Request): void {
  const [path = ''] = url.split('?', 1);
  if (!METHODS.has(method) || url.length > MAX_TARGET || !PATH.test(path)) {
    throw new Refusal('E_ROUTE', 'no such route');
  }
}

/** Members of the query; throws Refusal E_CMD_MALFORMED for one that comes twice, or needs escaping. */
export function readQuery({ url }: Request): Readonly<Record<string, string>> {
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : undefined;
  if (query === undefined) return {};
  if (!QUERY.test(query)) throw new Refusal('E_CMD_MALFORMED', 'a query that is not plain', 'query');
  const pairs = query.split('&').map((pair) => pair.split('=', 2));
  const names = pairs.map(([name = '']) => name);
  if (new Set(names).size !== names.length) throw new Refusal('E_CMD_MALFORMED', 'a member twice', 'query');
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value]));
}

/**
 * Token and proof (RFC 9449 sections 4.3 and 7.1; never from a body, a query or a cookie, and never as a bearer token).
 * Throws Refusal E_SESSION without a token, E_DPOP_MISSING without exactly one proof.
 */
export function credentialsOf(request: Request): Credentials {
  const given = request.headersDistinct['authorization'];
  const token = given?.length === 1 ? TOKEN.exec(given[0] ?? '')?.[1] : undefined;
  if (token === undefined) throw new Refusal('E_SESSION', 'no DPoP token');
  const proofs = request.headersDistinct['dpop'];
  const proof = proofs?.length === 1 ? proofs[0] : undefined;
  if (proof === undefined || !PROOF.test(proof))
    throw new Refusal('E_DPOP_MISSING', 'not exactly one proof', 'headers.dpop');
  const [path = ''] = request.url.split('?', 1);
  return { token, proof, method: request.method, path };
}

/** The headers a route asks for; one that comes twice is refused. */
export function headersFor(
  { headersDistinct }: Request,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  for (const name of names) {
    const given = headersDistinct[name];
    if (given === undefined) continue;
    if (given.length !== 1) throw new Refusal('E_CMD_SCHEMA', 'a header twice', `headers.${name}`);
    found.set(name, given[0] ?? '');
  }
  return Object.fromEntries(found);
}

/** A body where none belongs is how one request is smuggled behind another. */
export function expectNoBody(request: Request): void {
  if (hasBody(request)) throw new Refusal('E_CMD_MALFORMED', 'no body belongs here', 'body');
}

/** Reads a JSON body of at most `max` bytes; an absent one counts as `{}`. Throws Refusal and HttpRefusal. */
export async function readJson(
  request: Request,
  response: Response,
  max: number,
): Promise<{ readonly bytes: Bytes; readonly body: unknown }> {
  if (!hasBody(request)) return { bytes: new Uint8Array(), body: {} };
  const type = request.headersDistinct['content-type'] ?? [];
  if (type.length !== 1 || !/^application\/json(; ?charset=utf-8)?$/iu.test(type[0] ?? '')) {
    throw new HttpRefusal(415, malformed('only application/json is read'));
  }
  const bytes = await readRaw(request, response, max);
  return { bytes, body: parseStrictJson(bytes) };
}

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

const malformed = (why: string): Refusal => new Refusal('E_CMD_MALFORMED', why, 'body');

async function readRaw(request: Request, response: Response, limit: number): Promise<Bytes> {
  const read = express.raw({ type: () => true, limit, inflate: false });
  await new Promise<void>((resolve, reject) => {
    read(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(bodyFault(error, limit));
    });
  });
  const body: unknown = request.body;
  return body instanceof Uint8Array ? body : new Uint8Array();
}

function bodyFault(error: unknown, limit: number): Error {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return new HttpRefusal(413, malformed(`longer than ${limit} bytes`));
  if (status === 415) return new HttpRefusal(415, malformed('compressed bodies are not read'));
  return malformed('the body broke off');
}
