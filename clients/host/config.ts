import { z } from 'zod';

/** What a page is told about the place it is used in: addresses, never a secret. */
const place = z.strictObject({
  /** The word of the badge on every screen. A page in a `production` place refuses devices of a simulation. */
  environment: z.enum(['simulation', 'production']),
  site: z.string().min(1).max(60),
  gateway: z.url(),
  issuer: z.strictObject({ url: z.url(), client: z.string().min(1) }),
  /** Only in a simulation: where a visitor plays the patients. */
  simulator: z.url().optional(),
  /** Only in a simulation: what lies at the beds for a visitor to scan. */
  wristbands: z
    .array(
      z.strictObject({
        device: z.string().min(1).max(60),
        mrn: z.string().min(1).max(40),
        birthYear: z.int().min(1900).max(2100),
      }),
    )
    .max(12)
    .optional(),
  /** Only in a simulation: where a visitor is set up. */
  reception: z.url().optional(),
  /** Reader stations of this site, each with its emergency door. */
  stations: z.array(z.strictObject({ label: z.string(), emergency: z.url() })).default([]),
});

/** The configuration of a host of pages. */
export const CONFIG = z
  .strictObject({
    url: z.url(),
    host: z.string().default('127.0.0.1'),
    port: z.int().min(0).max(65_535),
    key: z.string().min(1).optional(),
    cert: z.string().min(1).optional(),
    /** Folder of the built bundle. */
    pages: z.string().min(1),
    /** The signed anchors with which its pages judge devices and logs. */
    anchors: z.string().min(1).optional(),
    /** The offline verifier, one HTML file, for people to take with them. */
    verifier: z.string().min(1).optional(),
    place,
    developmentOnlyPlainHttpOnLoopback: z.literal(true).optional(),
  })
  .superRefine((config, context) => {
    const fault = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const { environment, wristbands } = config.place;
    if (wristbands && environment !== 'simulation')
      fault('place.wristbands', 'only a simulation has wristbands to press');
    const { protocol, origin } = new URL(config.url);
    if (origin !== config.url) fault('url', 'expected an origin, such as https://sign-a.example');
    if (protocol === 'https:') {
      if (config.key === undefined || config.cert === undefined) fault('key', 'https needs key and cert');
    } else if (protocol !== 'http:' || config.developmentOnlyPlainHttpOnLoopback !== true)
      fault('url', 'expected https');
    else if (config.host !== '127.0.0.1' && config.host !== '::1')
      fault('host', 'without TLS it listens on loopback only');
  });

export type HostConfig = z.infer<typeof CONFIG>;
export type Place = z.infer<typeof place>;
