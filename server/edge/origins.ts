import type { IncomingMessage } from 'node:http';
import { Refusal } from '../protocol/refusal.ts';

/** Who may talk to the gateway from a browser, and under which names it may be called. */
export interface Door {
  /** Exact origins of pages. Nothing is matched by pattern or ending. */
  readonly origins: readonly string[];
  /** Host names without port; any other Host is a DNS rebinding, or a mistake. */
  readonly hosts: readonly string[];
  /** Programs that are no browser send no Origin; where they are not expected, its absence is refused. */
  readonly nativeClients: boolean;
}

/** Name of the host asked for, without its port; undefined unless there is exactly one Host. */
function hostOf(request: IncomingMessage): string | undefined {
  const given = request.headersDistinct['host'];
  if (given?.length !== 1) return undefined;
  return /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?$/u.exec(given[0] ?? '')?.[1];
}

/** True when the request names this gateway. */
export function isKnownHost(request: IncomingMessage, door: Door): boolean {
  const host = hostOf(request);
  return host !== undefined && door.hosts.includes(host);
}

/**
 * The page a request comes from; undefined when it comes from no page and the request may. Throws Refusal E_ORIGIN.
 *
 * @param needed a request that changes something, or opens a stream, has to come from somewhere known
 */
export function originOf(request: IncomingMessage, door: Door, needed: boolean): string | undefined {
  const given = request.headersDistinct['origin'];
  if (given === undefined) {
    if (needed && !door.nativeClients) throw new Refusal('E_ORIGIN', 'no Origin');
    return undefined;
  }
  const [origin] = given;
  if (given.length !== 1 || origin === undefined || !door.origins.includes(origin)) {
    throw new Refusal('E_ORIGIN', 'not an origin on the list');
  }
  return origin;
}
