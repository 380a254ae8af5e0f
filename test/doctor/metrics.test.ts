import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { request } from 'node:http';
import { Metrics } from '../../server/edge/metrics.ts';
import { openMetricsServer } from '../../server/edge/metrics-server.ts';
import { gatewayMetrics, openMetrics } from '../../server/gateway/watch/metrics.ts';
import { readExposition } from './exposition.ts';

const ask = (port: number, path: string, host: string, method = 'GET') =>
  new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
    const call = request({ port, host: '127.0.0.1', path, method, headers: { host } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text }),
      );
    });
    call.on('error', reject).end();
  });

function example(): Metrics {
  const page = new Metrics();
  const counter = page.counter('a_total', 'Line one\nand a \\ back.');
  counter({ code: 'E_"X"\\\n' }, 2);
  counter();
  const histogram = page.histogram('b_seconds', 'Times.', [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) histogram(value, { stage: 'x' });
  page.gauge('c_bytes', 'Size.', (set) => set(Infinity, { kind: 'y' }));
  return page;
}

describe('the page of metrics', () => {
  it('follows the text format: escapes, types, and histograms whose buckets add up', () => {
    const samples = readExposition(example().text());
    assert.equal(samples.find(({ name, labels }) => name === 'a_total' && labels['code'])?.value, 2);
    const buckets = samples.filter(({ name }) => name === 'b_seconds_bucket').map(({ value }) => value);
    assert.deepEqual(buckets, [2, 3, 4]);
  });

  it('is accepted by promtool', function () {
    const run = spawnSync('promtool', ['check', 'metrics'], { input: example().text(), encoding: 'utf8' });
    if (run.error !== undefined) {
      process.stdout.write('skipped: no promtool\n');
      this.skip();
    }
    assert.equal(run.status, 0, run.stderr);
  });

  it('has a bound for the series of one name, whatever labels come', () => {
    const page = new Metrics();
    const counter = page.counter('many_total', 'Many.');
    for (let i = 0; i < 1_000; i++) counter({ code: `c${i}` });
    const samples = readExposition(page.text());
    assert.equal(samples.length, 257);
    assert.equal(samples.find(({ labels }) => labels['code'] === 'other')?.value, 744);
  });

  it('is served on loopback to a collector, and to no web page', async () => {
    const door = await openMetricsServer(example(), 0);
    try {
      const good = await ask(door.port, '/metrics', `127.0.0.1:${door.port}`);
      assert.equal(good.status, 200);
      assert.match(good.type, /^text\/plain; version=0\.0\.4/u);
      readExposition(good.text);
      assert.equal((await ask(door.port, '/metrics', 'evil.example')).status, 421);
      assert.equal((await ask(door.port, '/', 'localhost')).status, 404);
      assert.equal((await ask(door.port, '/metrics', 'localhost', 'POST')).status, 405);
    } finally {
      await door.close();
    }
  });

  it('is left out when its port is taken or 0, and the gateway opens all the same', async () => {
    const door = await openMetricsServer(example(), 0);
    const said: string[] = [];
    const say = (event: string): void => void said.push(event);
    const metrics = gatewayMetrics(() => 0);
    try {
      assert.equal(await openMetrics(metrics, door.port, { info: say, warn: say, error: say }), undefined);
      assert.match(said.join(), /another program uses their port/u);
      assert.equal(await openMetrics(metrics, 0, { info: say, warn: say, error: say }), undefined);
    } finally {
      await door.close();
    }
  });
});
