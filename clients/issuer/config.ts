import { isIP } from 'node:net';
import { z } from 'zod';

const role = z.enum(['clinician', 'second', 'emergency', 'auditor', 'operator', 'maker', 'patient']);
export type Role = z.infer<typeof role>;
export const ROLES = z.array(role).min(1).max(7);

const client = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/u, 'expected lower-case letters, digits and hyphens'),
  name: z.string().min(1).max(60),
  /** Exact addresses; a program on a person's own machine listens at any port of 127.0.0.1 (RFC 8252 section 7.3). */
  redirectUris: z.array(z.url()).min(1).max(8),
});

/** The configuration of the token issuer. */
export const CONFIG = z
  .strictObject({
    url: z.url(),
    host: z.string().default('127.0.0.1'),
    port: z.int().min(0).max(65_535),
    key: z.string().min(1).optional(),
    cert: z.string().min(1).optional(),
    audience: z.url(),
    signingKeys: z.array(z.string().min(1)).min(1).max(4),
    folder: z.string().min(1),
    clients: z.array(client).min(1).max(16),
    /** Nobody here is a real patient: every page says so. */
    simulation: z.literal(true).optional(),
    shiftMinutes: z.int().min(5).max(960).default(720),
    developmentOnlyPlainHttpOnLoopback: z.literal(true).optional(),
  })
  .superRefine((config, context) => {
    const fault = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const { protocol, hostname, pathname } = new URL(config.url);
    if (isIP(hostname.replace(/^\[|\]$/gu, '')) !== 0)
      fault('url', 'passkeys need a name, not an address: use a host name, such as id.localhost');
    if (pathname !== '/' || config.url.endsWith('/')) fault('url', 'expected an origin, without a path');
    if (protocol === 'https:') {
      if (config.key === undefined || config.cert === undefined) fault('key', 'https needs key and cert');
    } else if (protocol !== 'http:' || config.developmentOnlyPlainHttpOnLoopback !== true)
      fault('url', 'expected https');
    else if (config.host !== '127.0.0.1' && config.host !== '::1')
      fault('host', 'without TLS it listens on loopback only');
  });

export type IssuerConfig = z.infer<typeof CONFIG>;
