import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { keepFile } from '../common/process/keep-file.ts';

const secret = z.string().regex(/^[A-Za-z0-9_-]{43}$/u);
const SECRETS = z.strictObject({ cookies: z.array(secret).min(1).max(4), nonces: secret });

/** Keys that only this process knows: of its cookies, and of its DPoP nonces. Made at the first start, kept (0600). */
export function secretsIn(folder: string): {
  readonly cookieKeys: readonly string[];
  readonly nonceSecret: Buffer;
} {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'secrets.json');
  if (!existsSync(file)) {
    const fresh = (): string => randomBytes(32).toString('base64url');
    keepFile(file, utf8(JSON.stringify({ cookies: [fresh()], nonces: fresh() })));
  }
  const { cookies, nonces } = SECRETS.parse(JSON.parse(readFileSync(file, 'utf8')));
  return { cookieKeys: cookies, nonceSecret: Buffer.from(nonces, 'base64url') };
}
