import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { openLog } from '../../clients/common/process/log.ts';
import { base64, base64url, hex } from '../../server/protocol/encoding/bytes.ts';
import { programLog } from '../../server/gateway/watch/program-log.ts';
import { readExposition } from '../doctor/exposition.ts';
import { type ProcessWard, startProcesses } from '../support/processes.ts';

const PORTS = z.looseObject({ 'gateway-clinicians': z.int(), 'gateway-devices': z.int(), metrics: z.int() });
const POLICY = new URL('../support/quick-policy.json', import.meta.url);
/** Turns up nowhere by chance. */
const canary = (what: string): string => `CANARY-${what}-7f3a91c2e5`;

/** Ceremonies, refusals, nonsense and a crash, with a mark in everything that is secret or about a patient. */
describe('what the processes print', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-canary-'));
  const abort = new AbortController();
  const printed: string[] = [];
  const secrets = new Map<string, string>();
  const bodies: string[] = [];
  let ward: ProcessWard;
  let ports: z.infer<typeof PORTS>;
  const keep = (name: string, bytes: Uint8Array): void => {
    secrets.set(`${name}, hex`, hex(bytes));
    secrets.set(`${name}, base64`, base64(bytes));
    secrets.set(`${name}, base64url`, base64url(bytes));
  };

  before(async () => {
    ward = await startProcesses({
      folder,
      pumps: 1,
      policy: POLICY,
      say: (line) => printed.push(line),
      signal: abort.signal,
    });
    ports = PORTS.parse(JSON.parse(readFileSync(join(folder, 'ports.json'), 'utf8')));
    const { mrn } = ward.patientOf('pump-1');
    secrets.set('MRN', mrn).set('how every token begins', 'eyJ');
    for (const file of readdirSync(join(folder, 'keys'), { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.key.pem')) {
        const line = readFileSync(join(folder, 'keys', file), 'utf8').split('\n')[1] ?? '';
        secrets.set(`key ${file}`, line.slice(8, 56));
      }
    await ceremony('first');
    await nonsense();
    process.kill(ward.running.pids.get('gateway') ?? 0, 'SIGKILL');
    ward.killed('gateway');
    for (let i = 0; i < 200 && !ward.isUp('gateway'); i++) await pause(100);
    await ceremony('after a crash');
  });
  after(async () => {
    abort.abort();
    await ward.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ceremony(when: string): Promise<void> {
    const person = await ward.signIn('dr-a');
    try {
      let device = await openPatiently(person);
      const patient = ward.patientOf('pump-1');
      const context = { reason: 'titration', note: canary(`note ${when}`), order: canary(`order`) };
      secrets.set(`note ${when}`, canary(`note ${when}`)).set('order', canary('order'));
      for (const used of [1, 2]) {
        const parameter = device.profile.parameters.find(({ name }) => name === 'Alarm volume');
        assert.ok(parameter);
        const now = device.attestation.settings.get(parameter.code) ?? 0;
        const step = now + parameter.step <= parameter.max ? parameter.step : -parameter.step;
        const wish = { operation: 1, changes: new Map([[parameter.code, now + step]]) };
        const bytes = person.prepare(device, patient, wish);
        keep('patient tag', device.attestation.patient);
        keep('patient salt', device.attestation.patientSalt);
        keep(`command ${when} ${used}`, bytes);
        keep(`nonce ${when} ${used}`, device.attestation.nonce);
        await person.sign(device, bytes, context).catch(() => undefined);
        await person.sign(device, bytes, context).catch(() => undefined); // Used up: refused.
        if (used === 1) device = await openPatiently(person);
      }
    } finally {
      person.close();
    }
  }

  async function openPatiently(person: Awaited<ReturnType<ProcessWard['signIn']>>) {
    for (let i = 0; ; i++) {
      try {
        return await person.open(ward.idOf('pump-1'));
      } catch (error) {
        if (i > 200) throw error;
        await pause(100);
      }
    }
  }

  async function nonsense(): Promise<void> {
    const at = `http://127.0.0.1:${ports['gateway-clinicians']}`;
    const bad = (what: string): string => secrets.set(what, canary(what)) && canary(what);
    const json = { 'content-type': 'application/json' };
    const requests: [string, RequestInit][] = [
      ['/v1/devices', { headers: { authorization: `Bearer ${bad('bearer')}` } }],
      ['/v1/devices', { headers: { authorization: `DPoP ${bad('token')}`, dpop: bad('proof') } }],
      ['/v1/sessions', { method: 'POST', headers: { ...json, authorization: `DPoP ${bad('token')}`, dpop: bad('proof') }, body: `{"${bad('key')}": ${bad('broken')}` }],
      ['/v1/sessions', { method: 'POST', headers: json, body: JSON.stringify({ statement: bad('statement'), approval: bad('approval') }) }],
      ['/v1/sessions', { method: 'POST', headers: { ...json, authorization: [`DPoP ${bad('token')}`, bad('token')].join(', ') }, body: '{}' }],
      [`/v1/${bad('path')}`, {}],
      [`/v1/devices?mrn=${bad('query')}`, {}],
      ['/v1/devices', { headers: { cookie: bad('cookie'), 'idempotency-key': bad('replay') } }],
    ]; // prettier-ignore
    for (const [path, init] of requests)
      bodies.push(await (await fetch(`${at}${path}`, init)).text().catch(() => ''));
    for (const port of [ports['gateway-clinicians'], ports['gateway-devices']])
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.end(`${bad(`raw ${port}`)}\r\n\r\n`));
        socket.on('data', (part: Buffer) => bodies.push(part.toString('latin1')));
        socket.on('error', () => resolve()).on('close', () => resolve());
      });
  }

  const expectNone = (where: string, text: string): void => {
    for (const [name, secret] of secrets) assert.ok(!text.includes(secret), `${name} stands in ${where}`);
  };

  it('has no secret and nothing about a patient in any log', () => {
    const logs = readdirSync(join(folder, 'logs')).filter((name) => name.includes('.log'));
    assert.ok(logs.includes('gateway.log') && logs.length >= 3, logs.join());
    for (const name of logs) expectNone(name, readFileSync(join(folder, 'logs', name), 'utf8'));
    expectNone('what the ward prints', printed.join('\n'));
  });

  it('has none in the body of any refusal', () => {
    assert.ok(bodies.filter((body) => body.includes('E_')).length >= 6, bodies.join('\n'));
    expectNone('a body', bodies.join('\n'));
  });

  it('has none in the metrics, and no label that names anybody or anything', async () => {
    const page = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
    const samples = readExposition(page);
    const ended = samples.filter(({ name }) => name === 'countersign_ceremonies_total');
    assert.ok(ended.length >= 2, page);
    expectNone('metrics', page);
    const labels = new Set(samples.flatMap(({ labels }) => Object.keys(labels)));
    const known = new Set(['code', 'result', 'stage', 'route', 'witness', 'kind', 'quantile', 'part', 'le']);
    assert.deepEqual(
      [...labels].filter((label) => !known.has(label)),
      [],
    );
    assert.ok(!page.includes(ward.idOf('pump-1')) && !page.includes('dr-a'));
  });

  it('drops every field that a log line does not name, whoever passes it', () => {
    const lines: string[] = [];
    const sneaked: object = { reason: 'ok', token: canary('sneaked'), rate: canary('sneaked') };
    programLog((line) => lines.push(line)).warn('event', sneaked);
    openLog({ name: 'x', write: (line) => lines.push(line) }).warn('event', sneaked);
    assert.equal(lines.length, 2);
    assert.ok(lines.every((line) => line.includes('"ok"') && !line.includes('CANARY')));
  });
});
