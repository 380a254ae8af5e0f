import { z } from 'zod';

/** The configuration of the credentialing authority. */
export const CONFIG = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535),
  /** PEM files: its TLS key and certificate. */
  key: z.string().min(1),
  cert: z.string().min(1),
  /** PEM file of the key that signs credentials and revocation lists. */
  authorityKey: z.string().min(1),
  /** PEM files with the public halves of keys before that one, while what they signed still counts. */
  formerKeys: z.array(z.string().min(1)).max(4).default([]),
  folder: z.string().min(1),
  /** Enrolment of devices (RFC 7030): its own port; the CA of the hospital's devices; PEM of the maker's identity CA. */
  est: z
    .strictObject({
      port: z.int().min(0).max(65_535),
      caKey: z.string().min(1),
      caCert: z.string().min(1),
      identityCa: z.string().min(1),
      /** The signed anchors: whose signing pages count. */
      anchors: z.string().min(1),
    })
    .optional(),
});
export type AuthorityConfig = z.infer<typeof CONFIG>;

export const NAME = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/u, 'expected lower-case letters, digits and hyphens');
const hexOf = (bytes: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[0-9a-f]{${2 * bytes}}$`, 'u'),
      `expected ${2 * bytes} lower-case hexadecimal digits`,
    );

/** What an operator asks the authority to certify. */
export const REQUEST = z.strictObject({
  subject: hexOf(16),
  roles: z
    .array(z.enum(['clinician', 'second', 'emergency', 'auditor', 'operator', 'maker', 'patient']))
    .min(1),
  /** COSE_Key, hexadecimal. */
  coseKey: z.string().regex(/^(?:[0-9a-f]{2}){40,200}$/u, 'expected a COSE_Key in hexadecimal'),
  /** Host name of the signing page. */
  rpId: z.string().regex(/^[a-z0-9.-]{1,253}$/u),
  days: z.int().min(1).max(1_100),
  backupEligible: z.boolean(),
});
export type Request = z.infer<typeof REQUEST>;

/** The same for who may speak to a device on a card reader: a gateway, or for the safe mode alone a reader station. */
export const LINK_REQUEST = z.strictObject({
  link: z.enum(['gateway', 'station'], 'expected gateway or station'),
  coseKey: REQUEST.shape.coseKey,
  days: REQUEST.shape.days,
});
export type LinkRequest = z.infer<typeof LINK_REQUEST>;
