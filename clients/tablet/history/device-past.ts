import { signal } from '@preact/signals';
import type { PublicKey } from '../../../server/protocol/crypto.ts';
import type { Judged } from './judge.ts';
import { type Line, linesOf } from './lines.ts';
import type { Page, Past, PastEntry, Rows } from './past.ts';

/** So many commands are proven without being asked; the others when somebody asks. */
const AT_ONCE = 12;
const MOST = 50;

export interface Shown {
  readonly lines: readonly Line[];
  /** There are older entries. */
  readonly more: boolean;
  /** Alarms could be read too. */
  readonly alarms: boolean;
}

/** The past of one device, as it is read page by page and proven line by line. */
export class Device {
  readonly shown = signal<'loading' | 'failed' | Shown>('loading');
  /** By hash of the command; what is not in here was not checked. */
  readonly proofs = signal<ReadonlyMap<string, Judged | 'checking'>>(new Map());
  readonly #past: Past;
  readonly #id: string;
  readonly #key: PublicKey | undefined;
  #others: Page = { entries: [], more: false };
  #alarms: Page | undefined;
  #turn = 0;
  #due = false;

  /** @param id EUI-64, hexadecimal @param key with which the device in front of the tablet signed just now, if it was read */
  constructor(past: Past, id: string, key: PublicKey | undefined) {
    this.#past = past;
    this.#id = id;
    this.#key = key;
  }

  /** Reads the newest entries anew, and proves the newest commands. */
  async begin(limit = MOST): Promise<void> {
    const mine = ++this.#turn;
    this.shown.value = 'loading';
    this.proofs.value = new Map();
    try {
      const alarms = this.#past.read(this.#id, 'alarms', limit).catch(() => undefined);
      const others = await this.#past.read(this.#id, 'others', limit);
      [this.#others, this.#alarms] = [others, await alarms];
    } catch {
      if (mine === this.#turn) this.shown.value = 'failed';
      return;
    }
    if (mine !== this.#turn) return;
    this.#show();
    if (this.#due) await this.refresh(limit);
    else await this.#proveNewest(mine);
  }

  async older(): Promise<void> {
    const mine = this.#turn;
    const after = async (page: Page, rows: Rows): Promise<Page> => {
      if (!page.more) return page;
      const next = await this.#past.read(this.#id, rows, MOST, page.entries.at(-1)?.index);
      return { entries: [...page.entries, ...next.entries], more: next.more };
    };
    const others = await after(this.#others, 'others').catch(() => this.#others);
    const alarms = this.#alarms && (await after(this.#alarms, 'alarms').catch(() => this.#alarms));
    if (mine !== this.#turn) return;
    [this.#others, this.#alarms] = [others, alarms];
    this.#show();
  }

  /**
   * Reads what came since, below the reader's eyes: lines that stand there stay, with their proofs and what was opened of them.
   * What cannot be read now stays as it was.
   */
  async refresh(limit = MOST): Promise<void> {
    this.#due = this.shown.value === 'loading'; // what is read just now may be from before
    if (typeof this.shown.value !== 'object') return;
    const mine = this.#turn;
    try {
      const [others, alarms] = await Promise.all([
        this.#past.read(this.#id, 'others', limit),
        this.#past.read(this.#id, 'alarms', limit).catch(() => undefined),
      ]);
      if (mine !== this.#turn) return;
      this.#others = onto(this.#others, others);
      if (alarms) this.#alarms = this.#alarms ? onto(this.#alarms, alarms) : alarms;
    } catch {
      return;
    }
    this.#show();
    await this.#proveNewest(mine);
  }

  /** Nobody looks any more: what was not proven yet is not asked for. */
  stop(): void {
    this.#turn += 1;
  }

  async prove({ hash }: Pick<Line, 'hash'>): Promise<void> {
    if (hash === undefined || !this.#key) return;
    this.#note(hash, 'checking');
    this.#note(hash, await this.#past.prove(hash, this.#key));
  }

  async #proveNewest(mine: number): Promise<void> {
    const { value } = this.shown;
    const lines = typeof value === 'object' ? value.lines : [];
    for (const line of lines.filter(({ hash }) => hash !== undefined).slice(0, AT_ONCE)) {
      if (mine !== this.#turn) return;
      const proof = this.proofs.value.get(line.hash ?? '');
      if (proof === 'checking' || proof?.verdict === 'VERIFIED') continue;
      await this.prove(line); // one after the other: the tablet has more to do than this
    }
  }

  #note(hash: string, judged: Judged | 'checking'): void {
    this.proofs.value = new Map([...this.proofs.value, [hash, judged]]);
  }

  #show(): void {
    const all: readonly PastEntry[] = [...this.#others.entries, ...(this.#alarms?.entries ?? [])];
    const more = this.#others.more || this.#alarms?.more === true;
    this.shown.value = { lines: linesOf(all), more, alarms: this.#alarms !== undefined };
  }
}

/** The newest page on what was read before; that alone, when there may be others between them. */
function onto(before: Page, newest: Page): Page {
  const last = newest.entries.at(-1)?.index ?? Number.POSITIVE_INFINITY;
  const meets = newest.entries.some(({ index }) => index === before.entries[0]?.index);
  if (newest.more && !meets) return newest;
  const older = before.entries.filter(({ index }) => index < last);
  return { entries: [...newest.entries, ...older], more: older.length > 0 ? before.more : newest.more };
}
