import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinWard } from '../../clients/conformance/maker/join.ts';
import { newDevice } from '../../clients/conformance/maker/new-device.ts';
import { checkProfileText } from '../../clients/conformance/maker/profile-check.ts';
import { refusalOf, refusalText } from '../../clients/conformance/maker/refusals.ts';
import { locate } from '../../clients/conformance/report/locate.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import { encodeAnswer, encodeRequest } from '../../server/protocol/link/wire.ts';
import { makeBundle, makeWorld } from '../support/fixtures.ts';
import { CLI, countersign, ROOT } from './countersign.ts';

const TEMPLATE = readFileSync(join(ROOT, 'clients/device/template/profile.json'), 'utf8');

describe('a profile that is checked', () => {
  it('is sound as the template has it', () => {
    assert.deepEqual(checkProfileText(TEMPLATE).faults, []);
    assert.deepEqual(checkProfileText(TEMPLATE).warnings, []);
  });

  const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;

  for (const [what, from, to, field, says] of [
    ['a unit', '"unit": "%"', '"unit": "per cent"', 'parameters.3.unit', /not a unit of UCUM/u],
    [
      'a unit by another name',
      '"unit": "%"',
      '"unit": "ml/hour"',
      'parameters.3.unit',
      /spelled like mL\/h/u,
    ],
    ['a step', '"step": 0.1', '"step": 0.15', 'parameters.0.step', /more decimals than the scale/u],
    ['a range', '"min": 3,', '"min": 30,', 'parameters.2.min', /is above max/u],
    ['a nominal value', '"nominal": 7', '"nominal": 2', 'parameters.2.nominal', /not allowed/u],
    ['a step of nothing', '"step": 1,', '"step": 0,', 'parameters.2.step', /more than 0/u],
    ['a code twice', '0xF0020004', '0xF0020003', 'parameters.3.code', /of alarmVolume appears twice/u],
    ['a rule over nothing', '{ "rate": 1, "maxRate": -1 }', '{}', 'rules.0.terms', /1 to 8 settings/u],
    [
      'a safe state that breaks a rule',
      '"safeState": { "rate": 1.0',
      '"safeState": { "rate": 9.0',
      'safeState',
      /the safe state breaks the rule: .*hard limit/u,
    ],
    ['a rule', '"maxRate": -1', '"maxRat": -1', 'rules.0.terms.maxRat', /no setting has the key maxRat/u],
    [
      'a rule that its own settings break',
      '"nominal": 20.0',
      '"nominal": 60.0',
      'rules.0',
      /at most the hard limit/u,
    ],
    ['a code', '"code": "0xF0020003"', '"code": "0xF002"', 'parameters.2.code', /expected a number/u],
    ['a misspelt key', '"drift": 4', '"drfit": 4', 'parameters.2.drfit', /no such setting/u],
    ['a limit', '"maxChange": 4,', '', 'parameters.2.maxChange', /is missing/u],
  ] as const) {
    it(`names ${what} that is wrong, with its line`, () => {
      const text = TEMPLATE.replace(from, to);
      const { faults } = checkProfileText(text);
      const found = faults.find((fault) => fault.field === field);
      assert.ok(found, JSON.stringify(faults));
      assert.match(found.says, says);
      // What is missing has no line of its own: that of the setting it is missing from is the nearest.
      const line = to === '' ? lineOf(TEMPLATE, '"key": "alarmVolume"') - 1 : lineOf(TEMPLATE, from);
      if (field !== 'rules.0' && !field.endsWith('min'))
        assert.equal(found.line, line, JSON.stringify(found));
    });
  }

  it('says on which line it is no JSON', () => {
    const [fault] = checkProfileText('{\n "model": "x",\n "maker": }\n').faults;
    assert.deepEqual([fault?.line, fault?.field], [3, '(whole file)']);
  });

  it('warns of limits that are rarely meant', () => {
    const { faults, warnings } = checkProfileText(TEMPLATE.replace('"maxChange": 4,', '"maxChange": 60,'));
    assert.deepEqual(faults, []);
    assert.ok(
      warnings.some(({ field, says }) => field === 'parameters.2.maxChange' && says.includes('whole range')),
    );
  });
});

describe('why a message was refused', () => {
  const deliver = async () => {
    const world = await makeWorld();
    const bundle = await makeBundle(world);
    return { bundle, message: encodeRequest({ kind: 'deliver', bundle: encodeBundle(bundle) }) };
  };

  it('is marked in the bytes, field by field', async () => {
    const { bundle, message } = await deliver();
    const at = (field: string): string => {
      const span = locate(message, field);
      assert.ok(span, field);
      return hex(message.slice(span.start, span.end));
    };
    const [approval] = bundle.approvals;
    assert.equal(at('command.4'), '04182a', 'the counter: key 4, value 42');
    assert.equal(at('command.8'), '08a1011846', 'the changes: 1 to 70');
    assert.equal(at('approval.flags'), '05', 'user present, user verified');
    assert.ok(at('approval.signature').endsWith(hex(approval?.signature ?? new Uint8Array())));
    assert.equal(at('bundle.0'), '01');
    assert.ok(at('grant.kid').startsWith('0450'));
    assert.ok(at('proof.entry').includes(hex(bundle.proof.entry)));
    assert.ok(at('credential.roles').startsWith('03'));
  });

  it('is the very byte where a message is not well formed, also inside of what it carries', async () => {
    assert.deepEqual(locate(encode([1]).with(0, 0x9f), 'message'), { start: 0, end: 1 });
    const { message } = await deliver();
    const inner = message.indexOf(0xa9, 8); // the command: a map of nine
    assert.deepEqual(locate(message.with(inner + 1, 0x18), 'command'), { start: inner + 1, end: inner + 2 });
  });

  it('is told with code, rule, section, field and causes; an answer that refuses nothing is no refusal', async () => {
    const { message } = await deliver();
    const line = (answer: Parameters<typeof encodeAnswer>[0]): string =>
      JSON.stringify({ time: 0, sent: hex(message), got: hex(encodeAnswer(answer)) });
    const refusal = refusalOf(line({ kind: 'refused', code: 'E_COUNTER', field: 'command.4' }));
    assert.ok(refusal);
    const text = refusalText(refusal).join('\n');
    assert.match(text, /E_COUNTER {2}The command has the wrong place/u);
    assert.match(text, /PROTOCOL\.md section 4, check 4/u);
    assert.match(text, /field {3}command\.4/u);
    assert.match(text, /\^\^ \^\^ \^\^/u, 'three bytes are marked');
    assert.equal(refusalOf(line({ kind: 'accepted' })), undefined);
  });

  it('is shown as it happens, within a second', async function () {
    this.timeout(30_000);
    const folder = mkdtempSync(join(tmpdir(), 'refusals-'));
    const file = join(folder, 'trace.jsonl');
    writeFileSync(file, '');
    const viewer = spawn(process.execPath, [CLI, 'refusals', file, '--follow', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      const { message } = await deliver();
      const got = hex(encodeAnswer({ kind: 'refused', code: 'E_NONCE', field: 'command.3' }));
      const said = new Promise<string>((resolve) => {
        viewer.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString('utf8')));
      });
      await new Promise((resolve) => viewer.stderr.once('data', resolve)); // it says that it watches
      appendFileSync(file, `${JSON.stringify({ time: 0, sent: hex(message), got })}\n`);
      const line = JSON.parse((await said).split('\n')[0] ?? '') as { code: string; field: string };
      assert.deepEqual([line.code, line.field], ['E_NONCE', 'command.3']);
    } finally {
      viewer.kill('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a device from the scaffold', function () {
  this.timeout(120_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'maker-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is there with its keys to itself, and never written over', async () => {
    const now = Math.floor(Date.now() / 1000);
    const said = await newDevice('my-pump', folder, now);
    assert.ok(said.length > 0);
    assert.equal(statSync(join(folder, 'my-pump/identity.key.pem')).mode & 0o077, 0);
    await assert.rejects(newDevice('my-pump', folder, now), /already there/u);
    await assert.rejects(newDevice('My Pump', folder, now), /named like my-pump/u);
    const joining = {
      folder: join(folder, 'my-pump'),
      ward: folder,
      now,
      say: () => undefined,
      patienceMs: 0,
    };
    await assert.rejects(joinWard(joining), /is no ward/u);
  });

  it('keeps what is asked of every device, as it comes out of the scaffold', async () => {
    const only = 'open.,accept.two,place.patient,place.settings';
    const { code, out, err } = await countersign(
      ['conformance', 'run', 'my-pump/conformance', '--only', only],
      folder,
    );
    assert.equal(code, 2, out + err); // a run in part decides nothing
    assert.doesNotMatch(out, /✘|\? /u);
    assert.match(out, /✔ accept\.two/u);
    assert.match(out, /✔ place\.patient/u);
    const refusals = await countersign(['refusals', 'my-pump', '--json'], folder);
    assert.match(refusals.out, /"code":"E_APPROVAL_STALE","field":"command\.6"/u);
  });
});
