import type { ExportWish, Flow, IndexFilter, StoryRow } from '../../edge/desks/audit-desk.ts';
import { type Bytes, unhex, utf8 } from '../../protocol/encoding/bytes.ts';
import { csvField, instant, tellAction, zoneName } from './export-text.ts';
import { auditEvent, TEST_DATA } from './fhir.ts';
import { keptTexts } from './openings.ts';
import type { PatientVault } from './patient-vault.ts';
import type { AuditIndex } from './search.ts';

/** Rows made at one time; a reader that is slow keeps the next ones from being made. */
const LOT = 500;
const TYPES = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl',
  fhir: 'application/fhir+json',
} as const;

/** An export that has begun: how many rows it will have, fixed at this moment. */
export interface Begun extends Omit<Flow, 'chunks' | 'name'> {
  readonly wish: ExportWish;
  readonly filter: IndexFilter;
}

export interface ExportParts {
  readonly index: AuditIndex;
  readonly vault: PatientVault;
  readonly origin: () => string;
  /** Nothing real happened here: each row says so (N11). */
  readonly simulated: () => boolean;
  /** A running SHA-256. */
  readonly hashing: () => { update(bytes: Bytes): void; digest(): Bytes };
}

/** Rows of the audit index as a file, made while it leaves. */
export class Exports {
  readonly #parts: ExportParts;

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  async begin(wish: ExportWish, filter: IndexFilter): Promise<Begun> {
    const { rows, total } = await this.#parts.index.ask('search', { ...filter, limit: 1 });
    // What is logged from now on is not part of it, and its own entry neither.
    const before = (rows[0]?.id ?? -1) + 1;
    return {
      type: TYPES[wish.format],
      rows: total,
      wish,
      filter: { ...filter, before: Math.min(before, filter.before ?? before) },
    };
  }

  /** The file in pieces, newest row first. `done` is told its digest; a file that lacks rows breaks off instead of ending. */
  async *flow(
    { wish, filter, rows: expected }: Begun,
    done: (digest: Bytes, rows: number) => Promise<void>,
  ): AsyncGenerator<string> {
    const hash = this.#parts.hashing();
    const counted = (text: string): string => {
      hash.update(utf8(text));
      return text;
    };
    const shape = this.#shape(wish);
    let count = 0;
    yield counted(shape.head);
    for (let before = filter.before; ;) {
      const { rows, end } = await this.#parts.index.ask('search', { ...filter, before, limit: LOT });
      for (const row of rows) yield counted(`${count++ === 0 ? '' : shape.between}${shape.row(row)}`);
      before = rows.at(-1)?.id;
      if (end || before === undefined) break;
    }
    if (count !== expected) throw new Error(`the export has ${count} rows where ${expected} were announced`);
    yield counted(shape.tail(count));
    await done(hash.digest(), count);
  }

  #shape(wish: ExportWish): {
    readonly head: string;
    readonly between: string;
    readonly tail: (rows: number) => string;
    readonly row: (row: StoryRow) => string;
  } {
    const { offset, names } = wish;
    const simulated = this.#parts.simulated();
    const environment = simulated ? 'simulation' : 'production';
    if (wish.format === 'csv') {
      const zone = zoneName(offset);
      const fixed = COLUMNS.map(([title]) => title.replace('ZONE', zone));
      const titles = [...fixed, 'environment', ...(names ? NAMED : [])];
      const row = (each: StoryRow): string =>
        [
          ...COLUMNS.map(([, value]) => value(each, offset)),
          environment.toUpperCase(),
          ...(names ? this.#named(each) : []),
        ]
          .map(csvField)
          .join(',');
      return {
        head: `\u{FEFF}${titles.map(csvField).join(',')}\r\n`,
        between: '',
        tail: () => '',
        row: (each) => `${row(each)}\r\n`,
      };
    }
    if (wish.format === 'jsonl') {
      const row = (each: StoryRow): string =>
        JSON.stringify({
          ...each,
          time: instant(each.time, offset),
          ...(each.ended !== undefined && { ended: instant(each.ended, offset) }),
          environment,
          ...(names && { names: this.#named(each) }),
        });
      return {
        head: '',
        between: '',
        tail: (rows) => `${JSON.stringify({ end: true, rows })}\n`,
        row: (each) => `${row(each)}\n`,
      };
    }
    const told = (ms: number): string => instant(ms, offset);
    const source = { origin: this.#parts.origin(), simulated, offset, instant: told };
    return {
      head: `{"resourceType":"Bundle",${simulated ? `"meta":${JSON.stringify(TEST_DATA)},` : ''}"type":"collection","entry":[`,
      between: ',\n',
      tail: () => ']}\n',
      row: (each) =>
        JSON.stringify({ fullUrl: `urn:countersign:entry:${each.id}`, resource: auditEvent(each, source) }),
    };
  }

  /** People, reason with note and order, and tablets, as the log committed to them. */
  #named({ command }: StoryRow): readonly string[] {
    const kept = command === undefined ? undefined : this.#parts.vault.openings(unhex(command));
    if (!kept) return ['', '', ''];
    if (kept.kind === 'erased') return ['erased', 'erased', 'erased'];
    return keptTexts(kept.openings).map((texts) => texts.join('; '));
  }
}

const NAMED = ['people', 'reason; note; order', 'tablets'];
type Column = readonly [title: string, value: (row: StoryRow, offset: number) => string | number | undefined];
const COLUMNS: readonly Column[] = [
  ['entry', ({ id }) => id],
  ['last entry', ({ last }) => last],
  ['time (ZONE)', ({ time }, offset) => instant(time, offset)],
  ['ended (ZONE)', ({ ended }, offset) => (ended === undefined ? undefined : instant(ended, offset))],
  ['kind', ({ kind }) => kind],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['code', ({ code }) => code],
  ['in words', tellAction],
  ['risk tier', ({ tier }) => (tier === undefined ? undefined : `R${tier}`)],
  ['second person', ({ second }) => second],
  ['device (EUI-64)', ({ device }) => device],
  ['patient (pseudonym)', ({ patient }) => patient],
  ['command (SHA-256)', ({ command }) => command],
  ['receipt', ({ receipt }) => receipt],
  ['link', ({ link }) => (link === 2 ? 'NFC' : link === 1 ? 'network' : undefined)],
  ['place', ({ place }) => place],
  ['first person', ({ people }) => people[0]?.subject ?? people[0]?.kid],
  ['second signer', ({ people }) => people[1]?.subject ?? people[1]?.kid],
  ['witnessed', ({ witnessed }) => (witnessed ? 'yes' : 'no')],
];
