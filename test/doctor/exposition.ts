import assert from 'node:assert/strict';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, 'u');
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/uy;

/** Reads Prometheus text format 0.0.4 as strictly as it is specified, and holds histograms together. */
export function readExposition(text: string): readonly Sample[] {
  assert.ok(text.endsWith('\n'), 'the last line ends with a line feed');
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: Sample[] = [];
  let current = '';
  for (const line of text.split('\n').slice(0, -1)) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/u.exec(line) ?? [];
    if (word === 'HELP') {
      assert.ok(!helps.has(name), `one HELP for ${name}`);
      helps.add(name);
      current = name;
    } else if (word === 'TYPE') {
      assert.equal(name, current, 'TYPE follows its HELP');
      assert.match(rest, /^(counter|gauge|histogram)$/u);
      assert.ok(!types.has(name), `one TYPE for ${name}`);
      types.set(name, rest);
    } else {
      const sample = readSample(line);
      const base =
        types.get(current) === 'histogram' ? sample.name.replace(/_(bucket|sum|count)$/u, '') : sample.name;
      assert.equal(base, current, `samples stand under their own TYPE: ${line}`);
      if (types.get(current) === 'counter') assert.ok(base.endsWith('_total') && sample.value >= 0, line);
      samples.push(sample);
    }
  }
  const keys = samples.map(
    ({ name, labels }) =>
      `${name} ${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => a.localeCompare(b)))}`,
  );
  assert.equal(new Set(keys).size, keys.length, 'no series twice');
  for (const [name, type] of types) if (type === 'histogram') holdHistogram(name, samples);
  return samples;
}

function readSample(line: string): Sample {
  const [, name, inside, number = ''] = SAMPLE.exec(line) ?? [];
  assert.ok(name !== undefined, `not a sample: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (const end = (inside ?? '').length; LABEL.lastIndex < end;) {
    const [, label, value] = LABEL.exec(inside ?? '') ?? [];
    assert.ok(label !== undefined && value !== undefined, `labels of ${line}`);
    assert.ok(!(label in labels), `label twice: ${line}`);
    labels[label] = value;
  }
  const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number);
  assert.ok(number === 'NaN' || !Number.isNaN(value), `number of ${line}`);
  return { name, labels, value };
}

function holdHistogram(name: string, samples: readonly Sample[]): void {
  const without = ({ labels }: Sample): string =>
    JSON.stringify(Object.entries(labels).filter(([label]) => label !== 'le'));
  const groups = Map.groupBy(
    samples.filter((sample) => sample.name === `${name}_bucket`),
    without,
  );
  for (const [key, buckets] of groups) {
    const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le'])));
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
    );
    assert.equal(bounds.at(-1), Infinity);
    const counts = buckets.map(({ value }) => value);
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
      'buckets are cumulative',
    );
    const count = samples.find((sample) => sample.name === `${name}_count` && without(sample) === key);
    assert.equal(count?.value, counts.at(-1));
    assert.ok(samples.some((sample) => sample.name === `${name}_sum` && without(sample) === key));
  }
}
