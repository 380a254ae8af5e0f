import type { RateAnswer } from './rate-limits.ts';

export interface RateHeaders {
  readonly 'RateLimit-Policy': string;
  readonly RateLimit: string;
  readonly 'Retry-After': string;
}

/**
 * The answer to E_RATE as HTTP fields: draft-ietf-httpapi-ratelimit-headers-10 (sections 3 and 4, structured
 * fields of RFC 9651) and Retry-After (RFC 9110 section 10.2.3). `pk`, the partition key, is left out: it would
 * tell a proxy who asked. Names hold no person and no device.
 */
export function rateHeaders({ limit, windowSeconds, retryAfterSeconds, axis }: RateAnswer): RateHeaders {
  const name = `"${axis.replaceAll(/[^a-z ]/gu, '')}"`;
  return {
    'RateLimit-Policy': `${name};q=${limit};w=${windowSeconds}`,
    RateLimit: `${name};r=0;t=${retryAfterSeconds}`,
    'Retry-After': `${retryAfterSeconds}`,
  };
}
