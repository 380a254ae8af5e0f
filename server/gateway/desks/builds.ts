import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LogWriter } from '../../audit/log-writer.ts';
import { logEntry } from '../../audit/log-writer.ts';
import type { Refusals } from '../../broker/refusals.ts';
import type { AllowedBuilds, BuildDesk } from '../../edge/desks/build-desk.ts';
import type { Session } from '../../edge/desks/desk.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { SignInDesk } from './sign-in-desk.ts';

export interface BuildParts {
  /** Folder of the hospital's own files. */
  readonly hospital: string;
  readonly log: Pick<LogWriter, 'appendDurable'>;
  readonly refusals: Refusals;
  readonly signIn: Pick<SignInDesk, 'live'>;
  readonly now: () => number;
  readonly surprised: (error: unknown) => void;
}

const FILE = z.strictObject({
  builds: z.record(
    z.string().regex(/^[0-9a-f]{64}$/u, 'expected SHA-256 in hexadecimal'),
    z.string().min(1).max(80),
  ),
  programs: z.boolean().default(false),
});
/** Which session showed which build: said once. Beyond this the oldest are said again. */
const SEEN_KEPT = 10_000;

/**
 * Versions of the signing pages that the hospital allows: `builds.json` in its folder, `{ builds: { SHA-256: name },
 * programs }`. A page that was replaced lies about its version as well; what this finds is the old page of yesterday, and
 * the log has what each page said of itself. Without a readable list nothing signs.
 */
export class Builds implements BuildDesk {
  readonly #parts: BuildParts;
  #builds: ReadonlyMap<string, string> = new Map();
  #programs = false;
  readonly #seen = new Set<string>();

  constructor(parts: BuildParts) {
    this.#parts = parts;
  }

  /** Reads the list anew. Gives what is wrong with it, one line; the list that was stays. */
  async refresh(): Promise<readonly string[]> {
    const file = join(this.#parts.hospital, 'builds.json');
    try {
      const { builds, programs } = FILE.parse(JSON.parse(await readFile(file, 'utf8')));
      this.#builds = new Map(Object.entries(builds));
      this.#programs = programs;
      return [];
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error) : 'cannot be read';
      return [`builds.json: ${why}`];
    }
  }

  allowed(): AllowedBuilds {
    const builds = [...this.#builds].map(([build, name]) => ({ build, name }));
    return { builds, programs: this.#programs };
  }

  seen(session: Session, build: Bytes): void {
    const mark = `${session.id} ${hex(build)}`;
    if (this.#seen.has(mark)) return;
    this.#seen.add(mark);
    const [oldest] = this.#seen;
    if (this.#seen.size > SEEN_KEPT && oldest !== undefined) this.#seen.delete(oldest);
    const { log, now, surprised } = this.#parts;
    const kids = [this.#kid(session)];
    void log
      .appendDurable([logEntry({ type: 'clientBuild', time: now(), digest: build, kids })])
      .catch(surprised);
  }

  maySign(session: Session, build: Bytes | undefined): void {
    if (build === undefined ? this.#programs : this.#builds.has(hex(build))) return;
    const detail = build === undefined ? 'no build' : `build ${hex(build).slice(0, 16)}`;
    this.#parts.refusals.record({ code: 'E_BUILD', kids: [this.#kid(session)], detail });
    throw new Refusal('E_BUILD', 'not a version that is allowed here', 'hello.build');
  }

  #kid(session: Session): Bytes {
    return this.#parts.signIn.live(session).person.credential.key.kid;
  }
}
