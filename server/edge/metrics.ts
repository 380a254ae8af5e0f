/** Labels of one series: words from closed lists in this program, never a person, patient, device or address. */
export type Labels = Readonly<Record<string, string>>;

export type Kind = 'counter' | 'gauge' | 'histogram';

/** Series of one name. Every label comes from a closed list; this only bounds a mistake. */
const MAX_SERIES = 256;
/** What a label beyond the bound is counted under. */
const OTHER = 'other';

const NAME = /^[a-z][a-z0-9_]*$/u;

interface Series {
  readonly labels: Labels;
  value: number;
  readonly counts: number[];
}

/** One metric: its help, its type and its series. */
class Metric {
  readonly name: string;
  readonly kind: Kind;
  readonly #help: string;
  readonly #buckets: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor(name: string, kind: Kind, help: string, buckets: readonly number[] = []) {
    if (!NAME.test(name)) throw new RangeError(`${name} is not the name of a metric`);
    this.name = name;
    this.kind = kind;
    this.#help = help;
    this.#buckets = buckets;
  }

  series(labels: Labels): Series {
    const known = this.#series.get(keyOf(labels));
    if (known) return known;
    const full = this.#series.size >= MAX_SERIES;
    const used = full ? Object.fromEntries(Object.keys(labels).map((name) => [name, OTHER])) : labels;
    const made = this.#series.get(keyOf(used)) ?? {
      labels: used,
      value: 0,
      counts: this.#buckets.map(() => 0).concat(0),
    };
    this.#series.set(keyOf(used), made);
    return made;
  }

  observe(labels: Labels, value: number): void {
    const series = this.series(labels);
    const at = this.#buckets.findIndex((bound) => value <= bound);
    const bucket = at < 0 ? this.#buckets.length : at;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.value += value;
  }

  lines(): string[] {
    const head = [`# HELP ${this.name} ${escapeHelp(this.#help)}`, `# TYPE ${this.name} ${this.kind}`];
    const body = [...this.#series.values()].flatMap((series) =>
      this.kind === 'histogram'
        ? this.#histogram(series)
        : [`${this.name}${written(series.labels)} ${numberOf(series.value)}`],
    );
    return [...head, ...body];
  }

  #histogram({ labels, counts, value }: Series): string[] {
    let sum = 0;
    const buckets = counts.map((count, i) => {
      sum += count;
      const bound = this.#buckets[i];
      const le = bound === undefined ? '+Inf' : numberOf(bound);
      return `${this.name}_bucket${written({ ...labels, le })} ${sum}`;
    });
    return [
      ...buckets,
      `${this.name}_sum${written(labels)} ${numberOf(value)}`,
      `${this.name}_count${written(labels)} ${sum}`,
    ];
  }
}

/** Numbers about the gateway in Prometheus' text format 0.0.4. Names and labels are written down in this program. */
export class Metrics {
  readonly #metrics = new Map<string, Metric>();
  readonly #reads: (() => void)[] = [];

  /** Only grows. `labels` come from closed lists. */
  counter(name: string, help: string): (labels?: Labels, by?: number) => void {
    const metric = this.#add(new Metric(name, 'counter', help));
    return (labels = {}, by = 1) => void (metric.series(labels).value += by);
  }

  /** Goes up and down; `read` sets it just before it is written. */
  gauge(name: string, help: string, read: (set: (value: number, labels?: Labels) => void) => void): void {
    const metric = this.#add(new Metric(name, 'gauge', help));
    this.#reads.push(() => read((value, labels = {}) => void (metric.series(labels).value = value)));
  }

  /** `buckets` are upper bounds, ascending; the one without an end is added. */
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
  ): (value: number, labels?: Labels) => void {
    const metric = this.#add(new Metric(name, 'histogram', help, buckets));
    return (value, labels = {}) => metric.observe(labels, value);
  }

  /** The whole page. */
  text(): string {
    for (const read of this.#reads) read();
    return `${[...this.#metrics.values()].flatMap((metric) => metric.lines()).join('\n')}\n`;
  }

  #add(metric: Metric): Metric {
    if (this.#metrics.has(metric.name)) throw new RangeError(`${metric.name} is there already`);
    this.#metrics.set(metric.name, metric);
    return metric;
  }
}

const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels));

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const numberOf = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
