import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Keys that cannot be made or completed; `faults` says for each file what is wrong and what to do. */
export class KeysFault extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`nothing was changed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'KeysFault';
    this.faults = faults;
  }
}

/** One file to be there in the end. `needs` are the files it is made from; they come earlier in a plan. */
export interface Item {
  readonly path: string;
  readonly needs: readonly string[];
  make(): Promise<string | Uint8Array> | string | Uint8Array;
}

/** Only this part may be read by others than the folder's owner. */
const PUBLIC = 'public';

/** A folder of keys in which nothing that exists is ever replaced. Paths are relative, with forward slashes. */
export class KeyFolder {
  readonly root: string;
  readonly created: string[] = [];
  readonly kept: string[] = [];

  constructor(root: string) {
    this.root = resolve(root);
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  text(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  bytes(path: string): Uint8Array {
    return new Uint8Array(readFileSync(join(this.root, path)));
  }

  /** Names in a folder, sorted; none when it does not exist. */
  list(path: string): readonly string[] {
    return this.has(path) ? readdirSync(join(this.root, path)).toSorted() : [];
  }

  /**
   * Files that were made from something that is gone. To make the missing one anew would leave two that do not
   * belong together, a certificate without its key for example, and nobody would notice until it fails.
   */
  orphans(plan: readonly Item[]): string[] {
    return plan.flatMap(({ path, needs }) => {
      const gone = needs.filter((need) => !this.has(need));
      if (gone.length === 0 || !this.has(path)) return [];
      return [
        `${path} was made from ${gone.join(' and ')}, which is missing; bring that back, or remove ${path}`,
      ];
    });
  }

  /** Makes what is missing, in the order of the plan, so that a run that breaks off can be completed. */
  async complete(plan: readonly Item[]): Promise<void> {
    for (const item of plan) {
      if (this.has(item.path)) {
        this.keep(item.path);
        continue;
      }
      const at = this.#write(item.path, await item.make());
      try {
        linkSync(at, join(this.root, item.path)); // fails where a rename would replace
        this.created.push(item.path);
      } finally {
        rmSync(at);
      }
    }
  }

  /** Leaves a file as it is, but for others' access to it when it is private. */
  keep(path: string): void {
    this.#close(path);
    this.kept.push(path);
  }

  /** Writes a list that is derived from other files and grows with them. */
  index(path: string, entries: unknown): void {
    const content = `${JSON.stringify(entries, null, 2)}\n`;
    if (this.has(path) && this.text(path) === content) {
      this.keep(path);
      return;
    }
    renameSync(this.#write(path, content), join(this.root, path));
    this.created.push(path);
  }

  /** Complete and on the disk before it gets its name: a crash never leaves half a key under it. */
  #write(path: string, content: string | Uint8Array): string {
    const to = join(this.root, path);
    mkdirSync(this.root, { recursive: true, mode: 0o700 });
    mkdirSync(dirname(to), { recursive: true, mode: isPublic(path) ? 0o755 : 0o700 });
    this.#close(path);
    const at = `${to}.${process.pid}.new`;
    writeFileSync(at, content, { mode: 0o600 });
    chmodSync(at, isPublic(path) ? 0o644 : 0o600);
    const file = openSync(at, 'r');
    fsyncSync(file);
    closeSync(file);
    return at;
  }

  /** Takes from others what they can do with a private file or the folders above it. */
  #close(path: string): void {
    if (isPublic(path)) return;
    for (let part = path; part !== '.'; part = dirname(part)) {
      const at = join(this.root, part);
      if (!existsSync(at)) continue;
      const { mode } = statSync(at);
      if ((mode & 0o077) !== 0) chmodSync(at, mode & 0o700);
    }
  }
}

const isPublic = (path: string): boolean => path.split('/')[0] === PUBLIC;
