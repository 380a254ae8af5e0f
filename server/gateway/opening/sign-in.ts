import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Person } from '../../authenticate/authenticated.ts';
import { IssuerKeys } from '../../authenticate/jwks.ts';
import { Nonces } from '../../authenticate/nonces.ts';
import { SeenOnce } from '../../authenticate/seen-once.ts';
import { SignedOut } from '../../authenticate/signed-out.ts';
import { Sessions, type SessionRules } from '../../authenticate/sessions.ts';
import { Tablets } from '../../authenticate/tablets.ts';
import { Tokens } from '../../authenticate/tokens.ts';
import type { Config } from '../../config.ts';
import { nodeCrypto } from '../../crypto.ts';
import { LIMITS } from '../../limits.ts';
import { type Bytes, unbase64url } from '../../protocol/encoding/bytes.ts';
import type { SignedByPeople } from '../../protocol/command.ts';
import { parseSigned, type SignedStatement } from '../../protocol/statement.ts';
import { fetchBounded } from '../trust/fetch-bounded.ts';
import type { Memory } from './memory.ts';
import type { GatewayLog } from '../watch/program-log.ts';
import { SignInDesk } from '../desks/sign-in-desk.ts';

export interface SignInNeed {
  readonly config: Config;
  readonly memory: Memory;
  readonly now: () => number;
  readonly random: (size: number) => Bytes;
  readonly program: GatewayLog;
  /** Everybody who is certified. */
  readonly people: () => Iterable<Person>;
  readonly verify: (signed: SignedStatement, label: SignedByPeople) => Promise<Person>;
  readonly stillAllowed: SessionRules['stillAllowed'];
  readonly policy: () => {
    readonly maxMinutes: number;
    readonly signInSeconds: { readonly read: number; readonly sign: number };
  };
}

/** Everything about who talks to this gateway. `refresh` asks the issuer for its keys, now and then. */
export interface SignInRoom {
  readonly desk: SignInDesk;
  readonly sessions: Sessions;
  refresh(): Promise<void>;
}

/** Opens it; a lost issuer keeps nobody from starting the gateway. Throws Error naming a file that does not fit. */
export async function openSignIn(need: SignInNeed): Promise<SignInRoom> {
  const { config, memory, now, random, program, verify, policy } = need;
  const { sha256 } = nodeCrypto;
  const tablets = new Tablets({
    sha256,
    kept: memory.recall('tablets'),
    keep: (list, entry) => memory.keepLogged('tablets', list, entry),
  });
  await enrolFromFile(config, tablets, verify);

  const { url, audience, jwks, subjectClaim } = config.issuer;
  const keys = new IssuerKeys({
    issuer: url,
    fetch: (at, most) => fetchBounded(at, most),
    ...(jwks !== undefined && { pinned: async () => new Uint8Array(await readFile(jwks)) }),
    monotonic: () => performance.now(),
    changed: () => tokens.forget(),
  });
  const tokens = new Tokens({
    issuer: url,
    audience,
    subjectClaim,
    keys: keys.find,
    sha256,
    nonces: new Nonces(random(32), now),
    seen: new SeenOnce({ sha256, most: LIMITS.seenProofs.max, mostPerKey: LIMITS.proofsPerKey.max }),
    now,
  });
  const signedOut = new SignedOut({
    kept: memory.recall('signed out'),
    keep: (list, entry) => memory.keepLogged('signed out', list, entry),
  });
  const sessions = new Sessions({
    sha256,
    random,
    now,
    personBehind: verify,
    tablet: (jkt) => tablets.named(jkt),
    stillAllowed: need.stillAllowed,
    demandLater: (token) => signedOut.demandLater(token),
    life: () => policy().maxMinutes * 60_000,
    readAge: () => policy().signInSeconds.read,
  });
  let fault = '';
  const refresh = async (): Promise<void> => {
    try {
      await keys.refresh();
      fault = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== fault) program.warn('issuer', { reason: why });
      fault = why;
    }
  };
  await refresh();
  const signAge = (): number => policy().signInSeconds.sign;
  return {
    desk: new SignInDesk({ tokens, sessions, tablets, signedOut, people: need.people, signAge, now }),
    sessions,
    refresh,
  };
}

const TABLETS = z.record(
  z.string().regex(/^[A-Za-z0-9_-]{43}$/u, 'expected the thumbprint of a key'),
  z.strictObject({ name: z.string(), statement: z.string() }),
);

/**
 * Takes tablets that are new in `tablets.json`, `{ thumbprint: { name, statement } }`: the first tablet of a hospital
 * cannot be enrolled from a tablet. A key that was ever taken, or taken off, is the operators' business from then on. Throws Error naming the file.
 */
async function enrolFromFile(config: Config, tablets: Tablets, verify: SignInNeed['verify']): Promise<void> {
  const file = join(config.hospital, 'tablets.json');
  const wanted = TABLETS.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!wanted.success) throw new Error(`${file}: ${z.prettifyError(wanted.error)}`);
  for (const [jkt, { name, statement }] of Object.entries(wanted.data)) {
    if (tablets.met(jkt)) continue;
    try {
      const signed = parseSigned(unbase64url(statement));
      const person = await verify(signed, 'statement');
      const taken = await tablets.change(signed, 'on', person, person.credential.roles);
      if (taken.jkt !== jkt || taken.name !== name) throw new Error('the statement is about another tablet');
    } catch (error) {
      throw new Error(`${file}: ${name}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}
