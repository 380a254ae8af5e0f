import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { declare, readDeclaration } from '../../clients/conformance/declaration.ts';
import {
  referenceDevice,
  type Reference,
  type ReferenceDevice,
} from '../../clients/conformance/reference.ts';
import type { Outcome } from '../../clients/conformance/report/report.ts';
import { Trace } from '../../clients/conformance/report/trace.ts';
import { run } from '../../clients/conformance/run.ts';
import type { Broken } from './broken.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['server', 'clients', 'package.json', 'tsconfig.json'];

/** A copy of the device’s sources, in which one line at a time is broken, and a device made of it. */
export class BrokenBench {
  readonly #copy = mkdtempSync(join(tmpdir(), 'broken-'));
  readonly #devices = new Map<Reference, ReferenceDevice>();

  constructor() {
    for (const name of COPIED) cpSync(join(ROOT, name), join(this.#copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.#copy, 'node_modules'));
  }

  /** Breaks the line, runs the case that should notice, mends the line. Throws when the line is not there, once. */
  async outcome({ file, find, replace, fails, device }: Broken): Promise<Outcome | undefined> {
    const path = join(this.#copy, file);
    const source = readFileSync(path, 'utf8');
    const parts = source.split(find);
    if (parts.length !== 2) throw new Error(`${file} has ${JSON.stringify(find)} ${parts.length - 1} times`);
    writeFileSync(path, parts.join(replace));
    try {
      return (await this.run(device, [fails])).find(({ id }) => id === fails);
    } finally {
      writeFileSync(path, source);
    }
  }

  /** Runs some cases against the copy as it is now. */
  async run(kind: Reference, only: readonly string[]): Promise<readonly Outcome[]> {
    const { declaration } = await this.#device(kind);
    const { report } = await run({
      declaration: readDeclaration(declaration),
      seed: 1,
      fuzz: 50,
      only,
      version: 'test',
      clock: () => Date.now(),
      trace: new Trace(undefined, () => 0),
      onOutcome: () => undefined,
    });
    return report.outcomes;
  }

  async close(): Promise<void> {
    for (const device of this.#devices.values()) await device.stop();
    rmSync(this.#copy, { recursive: true, force: true });
  }

  async #device(kind: Reference): Promise<ReferenceDevice> {
    const known = this.#devices.get(kind);
    if (known) return known;
    const made = await referenceDevice({
      kind,
      folder: join(this.#copy, `maker-${kind}`),
      now: Math.floor(Date.now() / 1000),
      program: join(this.#copy, 'clients/device/main.ts'),
    });
    // Thirty forged grants are what our devices allow; the kit need not send twice as many to see it.
    declare(join(made.declaration, 'declaration.json'), { strangers: 40 });
    this.#devices.set(kind, made);
    return made;
  }
}
