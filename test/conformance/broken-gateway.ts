import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readGatewayDeclaration } from '../../clients/conformance/gateway/declaration.ts';
import { type ReferenceGateway, referenceGateway } from '../../clients/conformance/gateway/reference.ts';
import { runGateway } from '../../clients/conformance/gateway/run.ts';
import type { Outcome } from '../../clients/conformance/report/report.ts';
import { Trace } from '../../clients/conformance/report/trace.ts';
import type { BrokenGateway } from './broken-gateways.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['server', 'package.json', 'tsconfig.json'];

/** A copy of the gateway’s sources, in which one line at a time is broken, and a ward whose gateway runs it. */
export class BrokenGatewayBench {
  readonly #copy = mkdtempSync(join(tmpdir(), 'broken-gateway-'));
  #gateway: ReferenceGateway | undefined;

  constructor() {
    for (const name of COPIED) cpSync(join(ROOT, name), join(this.#copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.#copy, 'node_modules'));
  }

  /** Breaks the line, runs the case that should notice, mends the line. Throws when the line is not there, once. */
  async outcome({ file, find, replace, fails }: BrokenGateway): Promise<Outcome | undefined> {
    const path = join(this.#copy, file);
    const source = readFileSync(path, 'utf8');
    const parts = source.split(find);
    if (parts.length !== 2) throw new Error(`${file} has ${JSON.stringify(find)} ${parts.length - 1} times`);
    writeFileSync(path, parts.join(replace));
    try {
      return (await this.run([fails])).find(({ id }) => id === fails);
    } finally {
      writeFileSync(path, source);
    }
  }

  /** Where the tester's keys and log are. */
  get tester(): string {
    return join(this.#copy, 'ward', 'tester');
  }

  /** Runs some cases against the gateway as its sources are now. */
  async run(only: readonly string[]): Promise<readonly Outcome[]> {
    const now = Math.floor(Date.now() / 1000);
    if (this.#gateway) await this.#gateway.restart();
    else
      this.#gateway = await referenceGateway(
        join(this.#copy, 'ward'),
        now,
        join(this.#copy, 'server/main.ts'),
      );
    const { report } = await runGateway({
      declared: await readGatewayDeclaration(this.#gateway.declaration),
      seed: 1,
      fuzz: 20,
      only,
      version: 'test',
      clock: () => Date.now(),
      trace: new Trace(undefined, () => 0),
      onOutcome: () => undefined,
    });
    return report.outcomes;
  }

  async close(): Promise<void> {
    await this.#gateway?.stop();
    rmSync(this.#copy, { recursive: true, force: true });
  }
}
