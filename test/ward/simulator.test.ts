import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlayer } from '../../clients/device/monitor/player.ts';
import { openSimulator, type Simulator } from '../../clients/ward/simulator.ts';

describe('the page on which a visitor plays the patients', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cs-simulator-'));
  const control = join(folder, 'scenario.sock');
  const played: string[] = [];
  let player: { close(): Promise<void> };
  let simulator: Simulator;

  before(async () => {
    const bed = { play: (word: string) => played.push(word), press: (word: string) => played.push(word) };
    player = await openPlayer(control, new Map([['monitor-1', bed]]));
    simulator = await openSimulator({
      port: 0,
      monitors: ['monitor-1'],
      pages: [{ title: 'Second signature', url: 'http://sign-b.localhost:1/' }],
      wristbands: [{ device: 'monitor-1', mrn: 'SIM-200007', birthYear: 1961 }],
      control,
      card: (word) => void played.push(`card ${word}`),
      phone: (word) => void played.push(`phone ${word}`),
      bag: (word) => void played.push(`bag ${word}`),
      battery: (device, word) => void played.push(`${device} ${word}`),
    });
  });
  after(async () => {
    await simulator.close();
    await player.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => void played.splice(0));

  /** One request as a browser sends it; `host` and `origin` may be those of another page. */
  const ask = (body?: string, headers: Readonly<Record<string, string>> = {}) =>
    new Promise<{ status: number; text: string; policy: string }>((resolve, reject) => {
      const { host, origin, port } = new URL(simulator.url);
      const method = body === undefined ? 'GET' : 'POST';
      const sent = request({
        host: '127.0.0.1',
        port,
        method,
        path: '/',
        headers: { host, origin, ...headers },
      });
      sent.once('error', reject);
      sent.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        const policy = String(response.headers['content-security-policy']);
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text, policy }));
      });
      sent.end(body);
    });

  it('says that it is a simulation, and runs no script', async () => {
    const { status, text, policy } = await ask();
    assert.equal(status, 200);
    assert.match(text, /<title>SIMULATION: the patients/u);
    assert.match(policy, /default-src 'none'/u);
    assert.doesNotMatch(text, /<script/u);
    assert.match(text, /<a href="http:\/\/sign-b\.localhost:1\/">Second signature<\/a>/u);
    assert.match(text, /Wristband <b>SIM-200007<\/b>, born <b>1961<\/b>/u);
  });

  it('makes something happen to a patient, moves the card, takes the phone of the watch away, and lets the pump run empty', async () => {
    assert.match((await ask('bed=monitor-1&do=desaturation')).text, /Done at monitor-1: desaturation\./u);
    assert.equal((await ask('bed=monitor-1&do=acknowledge')).status, 200);
    assert.equal((await ask('bed=pacemaker-1&do=remove')).status, 200);
    assert.equal((await ask('bed=pacemaker-1&do=insert')).status, 200);
    assert.equal((await ask('bed=watch-1&do=away')).status, 200);
    assert.equal((await ask('bed=watch-1&do=back')).status, 200);
    assert.equal((await ask('bed=pump-1&do=run-empty')).status, 200);
    assert.equal((await ask('bed=pump-1&do=new-bag')).status, 200);
    assert.match((await ask('bed=pump-1&do=battery-low')).text, /Done at pump-1: battery low\./u);
    assert.equal((await ask('bed=pacemaker-1&do=battery-good')).status, 200);
    const moved = ['card remove', 'card insert', 'phone away', 'phone back', 'bag run-empty', 'bag new-bag'];
    moved.push('pump-1 battery-low', 'pacemaker-1 battery-good');
    assert.deepEqual(played, ['desaturation', 'acknowledge', ...moved]);
  });

  it('does nothing for another page, another name, or words it does not know', async () => {
    const body = 'bed=monitor-1&do=arrhythmia';
    assert.equal((await ask(body, { origin: 'http://evil.example' })).status, 403);
    assert.equal((await ask(body, { origin: 'null' })).status, 403);
    assert.equal((await ask(body, { host: 'evil.example' })).status, 421);
    assert.equal((await ask('bed=monitor-9&do=arrhythmia')).status, 400);
    assert.equal((await ask('bed=monitor-1&do=explode')).status, 400);
    assert.equal((await ask('bed=watch-1&do=insert')).status, 400);
    assert.equal((await ask('bed=pacemaker-1&do=away')).status, 400);
    assert.equal((await ask('bed=pacemaker-1&do=remove-after-write')).status, 400);
    assert.equal((await ask(`bed=${'x'.repeat(500)}`)).status, 413);
    assert.deepEqual(played, []);
  });
});
