import assert from 'node:assert/strict';
import { openZip } from '../../clients/common/evidence/unzip.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { LIMITS } from '../../server/limits.ts';
import { hex, text } from '../../server/protocol/encoding/bytes.ts';
import { verifyBundle } from '../../server/protocol/verify/bundle.ts';
import { FILE } from '../../server/protocol/verify/bundle-files.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { PACEMAKER } from '../support/settings.ts';
import { openWard, type TestClinician, type TestOutcome, type TestWard } from '../support/ward.ts';
import { countDeliveries, hashOf, program, refuses, storyOf, typesOf, until } from './world.ts';

const draftOf = (outcome: TestOutcome): string => {
  assert.equal(outcome.kind, 'awaiting-second');
  return 'draft' in outcome ? outcome.draft : '';
};

describe('a change of high risk, by two people', () => {
  let ward: TestWard;
  let first: TestClinician;
  let second: TestClinician;
  let rate = 60;
  before(async () => {
    ward = await openWard();
    first = await ward.signIn('dr-a');
    second = await ward.signIn('dr-b');
  });
  after(() => ward.end());

  const wish = (by = 5) => program(PACEMAKER.lowerRate, rate + by);
  const started = async (who = first) => {
    const pacemaker = ward.device('pacemaker-1');
    const bytes = await who.prepare(pacemaker, wish());
    return { pacemaker, bytes, draft: draftOf(await who.sign(pacemaker, bytes)) };
  };

  it('is applied after the second person entered it blind and signed', async () => {
    const { pacemaker, bytes, draft } = await started();
    const own = await second.prepare(pacemaker, wish());
    assert.deepEqual(own, bytes, 'equal wishes give equal bytes');
    assert.deepEqual(await ward.desk.enter(second.session, draft, own), { kind: 'matched' });
    const deliveries = countDeliveries(pacemaker);
    const outcome = await second.second(pacemaker, draft, own);
    assert.equal(outcome.kind, 'done');
    assert.equal(deliveries(), 1);
    rate += 5;
    assert.equal(pacemaker.therapy.acting.get(PACEMAKER.lowerRate), rate);
    assert.deepEqual(typesOf(storyOf(ward, bytes)), ['signed', 'secondEntry', 'intent', 'outcome']);
    assert.equal(storyOf(ward, bytes)[2]?.kids?.length, 2);
    const evidence = await ward.desk.evidence(first.session, hex(hashOf(bytes)));
    const report = await verifyEvidence(nodeCrypto, evidence, ward.roots);
    assert.equal(report.verdict, 'VERIFIED', JSON.stringify(report.checks, null, 1));
  });

  it('shows the second person who asks and why, and nothing of the values, the hash or the words', async () => {
    const { pacemaker, bytes, draft } = await started();
    assert.equal(ward.desk.inbox.waiting(first.session).length, 0, 'nobody is offered their own');
    const [offered] = ward.desk.inbox.waiting(second.session);
    assert.equal(offered?.id, draft);
    // Member by member: a value of two digits also stands in many an identifier.
    const { since, expires, ...said } = offered ?? assert.fail('nothing is offered');
    const { patient, ...rest } = said;
    assert.deepEqual(rest, {
      id: draft,
      device: pacemaker.id,
      deviceName: 'pacemaker-1',
      by: first.session.subject,
      byName: 'Dr Ada Okafor',
      operation: 1,
      tier: 2,
      reason: 'titration',
      order: 'ORD-1',
      note: undefined,
      matched: false,
      primed: false,
      shown: false,
      settings: [PACEMAKER.lowerRate],
      attemptsLeft: 2,
    });
    assert.deepEqual(Object.keys(patient ?? {}).toSorted(), ['bed', 'family', 'given', 'id', 'ward']);
    assert.ok(since < expires);
    await refuses('E_POLICY', ward.desk.inbox.show(second.session, draft));
    assert.deepEqual(typesOf(storyOf(ward, bytes)), ['signed'], 'nobody was shown anything');
    await ward.desk.cancel(first.session, hashOf(bytes));
    await refuses('E_DRAFT', ward.desk.enter(second.session, draft, bytes));
  });

  it('tells the second person the note once they entered the same, and keeps the draft for them to sign', async () => {
    const { bytes, draft } = await started();
    await ward.desk.enter(second.session, draft, bytes);
    const [offered] = ward.desk.inbox.waiting(second.session);
    assert.deepEqual([offered?.matched, offered?.note], [true, 'after the morning round']);
    const elsewhere = await ward.signIn('dr-b', 'another-tablet');
    assert.deepEqual(ward.desk.inbox.waiting(elsewhere.session), []);
    assert.equal(ward.desk.inbox.own(first.session).at(-1)?.state, 'matched');
    await ward.desk.cancel(first.session, hashOf(bytes));
  });

  it('is declined by the second person with a reason, which the first is told; nobody completes it then', async () => {
    const { pacemaker, bytes, draft } = await started();
    const news: string[] = [];
    const stop = ward.desk.watch(first.session, (event) => news.push(event));
    await refuses('E_ROLE', ward.desk.inbox.decline(first.session, draft, 'no'));
    await ward.desk.inbox.decline(second.session, draft, 'the lead was revised this morning');
    stop();
    assert.deepEqual(news, ['draft']);
    assert.deepEqual(ward.desk.inbox.waiting(second.session), []);
    const own = ward.desk.inbox.own(first.session).find(({ id }) => id === draft);
    assert.deepEqual(
      [own?.state, own?.secondName, own?.why, own?.command],
      ['declined', 'Dr Ben Lindqvist', 'the lead was revised this morning', hex(hashOf(bytes))],
    );
    assert.deepEqual(ward.desk.inbox.own(second.session), []);
    await refuses('E_DRAFT', ward.desk.enter(second.session, draft, bytes));
    await refuses('E_DRAFT', second.second(pacemaker, draft, bytes));
    assert.deepEqual(
      storyOf(ward, bytes)
        .slice(-1)
        .map(({ type, result }) => [type, result]),
      [['secondEntry', 2]],
    );
    await ward.restartGateway();
    [first, second] = [await ward.signIn('dr-a'), await ward.signIn('dr-b')];
    await refuses('E_DRAFT', ward.desk.enter(second.session, draft, bytes));
    assert.equal(ward.desk.inbox.own(first.session).find(({ id }) => id === draft)?.state, 'declined');
  });

  it('names the settings that differ, never a value; a second mismatch voids the draft', async () => {
    const { pacemaker, bytes, draft } = await started();
    const other = await second.prepare(pacemaker, wish(10));
    assert.deepEqual(await ward.desk.enter(second.session, draft, other), {
      kind: 'differs',
      settings: [PACEMAKER.lowerRate],
      left: 1,
    });
    const again = await ward.desk.enter(second.session, draft, other);
    assert.deepEqual(again, { kind: 'differs', settings: [PACEMAKER.lowerRate], left: 0 });
    await refuses('E_DRAFT', ward.desk.enter(second.session, draft, bytes));
    await refuses('E_DRAFT', second.second(pacemaker, draft, bytes));
    const tries = storyOf(ward, bytes).filter(({ type }) => type === 'secondEntry');
    assert.deepEqual(
      tries.slice(-2).map(({ result }) => result),
      [0, 0],
      'each attempt is in the log',
    );
  });

  it('is not signed second by the first person, also not at another tablet', async () => {
    const { pacemaker, bytes, draft } = await started(second);
    const elsewhere = await ward.signIn('dr-b', 'another-tablet');
    await refuses('E_DUAL_SAME_PERSON', ward.desk.enter(second.session, draft, bytes));
    await refuses('E_DUAL_SAME_PERSON', ward.desk.enter(elsewhere.session, draft, bytes));
    await refuses('E_DRAFT', elsewhere.second(pacemaker, draft, bytes));
  });

  it('is not signed second at the tablet of the first', async () => {
    const { pacemaker, bytes, draft } = await started();
    const here = await ward.signIn('dr-b', first.session.tablet);
    await refuses('E_DUAL_SAME_PERSON', ward.desk.enter(here.session, draft, bytes));
    await refuses('E_DRAFT', here.second(pacemaker, draft, bytes));
  });

  it('is not signed second by somebody without that role', async () => {
    const { bytes, draft } = await started(second);
    await refuses('E_ROLE', ward.desk.enter(first.session, draft, bytes));
  });

  it('is not signed before it was entered, nor from another tablet than the one it was entered at', async () => {
    const { pacemaker, bytes, draft } = await started();
    await refuses('E_DRAFT', second.second(pacemaker, draft, bytes));
    await ward.desk.enter(second.session, draft, bytes);
    const elsewhere = await ward.signIn('dr-b', 'another-tablet');
    await refuses('E_DRAFT', elsewhere.second(pacemaker, draft, bytes));
  });

  it("keeps the draft when the second signature is not the second person's own, and logs the refusal", async () => {
    const { pacemaker, bytes, draft } = await started();
    await ward.desk.enter(second.session, draft, bytes);
    await refuses(
      'E_ASSERTION',
      first.second(pacemaker, draft, bytes).catch(async () => {
        const approval = await first.passkey.approve(new Uint8Array(32));
        return ward.desk.approve(second.session, draft, approval, () => undefined);
      }),
    );
    await until('logged', () =>
      storyOf(ward, bytes).some(({ type, code }) => type === 'refused' && code === 'E_ASSERTION'),
    );
    assert.equal((await second.second(pacemaker, draft, bytes)).kind, 'done');
    rate += 5;
  });

  it('is taken once when the second person signs twice at once', async () => {
    const { pacemaker, bytes, draft } = await started();
    await ward.desk.enter(second.session, draft, bytes);
    const deliveries = countDeliveries(pacemaker);
    const both = await Promise.allSettled([
      second.second(pacemaker, draft, bytes),
      second.second(pacemaker, draft, bytes),
    ]);
    assert.equal(both.filter((each) => each.status === 'fulfilled').length, 1);
    assert.equal(deliveries(), 1);
    rate += 5;
  });

  it('waits over a restart of the gateway, and is completed after it', async () => {
    const { bytes, draft } = await started();
    await ward.restartGateway();
    first = await ward.signIn('dr-a');
    second = await ward.signIn('dr-b');
    const pacemaker = ward.device('pacemaker-1');
    assert.deepEqual(await ward.desk.enter(second.session, draft, bytes), { kind: 'matched' });
    assert.equal((await second.second(pacemaker, draft, bytes)).kind, 'done');
    rate += 5;
  });

  it('is offered for as long as the device waits for it, and no minute longer', async () => {
    const { pacemaker, bytes: early } = await started();
    await ward.desk.cancel(first.session, hashOf(early));
    pacemaker.forward(300); // seconds since the device made the nonce
    const { bytes, draft } = await started();
    const offered = ward.desk.inbox.waiting(second.session).find(({ id }) => id === draft);
    const offer = (offered?.expires ?? 0) - (offered?.since ?? 0);
    assert.ok(offer > 0 && offer <= LIMITS.draftLife.max - 300_000, `${offer} ms`);
    const own = ward.desk.inbox.own(first.session).find(({ id }) => id === draft);
    assert.equal(own?.expires, offered?.expires, 'one clock for both');
    await ward.desk.cancel(first.session, hashOf(bytes));
  });

  it('needs no second person where the device tiers it as small', async () => {
    const pacemaker = ward.device('pacemaker-1');
    const bytes = await first.prepare(pacemaker, program(PACEMAKER.impedanceLow, 250));
    assert.equal((await first.sign(pacemaker, bytes)).kind, 'done');
  });

  it('leaves a log that holds', async () => {
    assert.equal((await ward.walk()).fault, null);
  });
});

describe('a hospital that wants two people for small changes too', () => {
  const WHY = 'complaint 12';
  let ward: TestWard;
  let primed = '';
  before(async () => {
    const shows = '"primedChecks": ["program"], "highestTier": 2';
    ward = await openWard({
      policy: (quick) => quick.replace('"approvals": 1', '"approvals": 2').replace('"highestTier": 2', shows),
    });
  });
  after(() => ward.end());

  it('has the first signature wait for a second', async () => {
    const pacemaker = ward.device('pacemaker-1');
    const [first, second] = [await ward.signIn('dr-a'), await ward.signIn('dr-b')];
    const bytes = await first.prepare(pacemaker, program(PACEMAKER.impedanceLow, 250));
    const draft = draftOf(await first.sign(pacemaker, bytes));
    await ward.desk.enter(second.session, draft, bytes);
    assert.equal((await second.second(pacemaker, draft, bytes)).kind, 'done');
  });

  it('has the log say so before the values are told, the signature too, and a stranger who reads the evidence', async () => {
    const pacemaker = ward.device('pacemaker-1');
    const [first, second] = [await ward.signIn('dr-a'), await ward.signIn('dr-b')];
    const rate = pacemaker.therapy.acting.get(PACEMAKER.lowerRate) ?? 0;
    const bytes = await first.prepare(pacemaker, program(PACEMAKER.lowerRate, rate + 5));
    const draft = draftOf(await first.sign(pacemaker, bytes));
    assert.deepEqual(
      ward.desk.inbox.waiting(second.session).map(({ primed, shown, note }) => [primed, shown, note]),
      [[true, false, undefined]],
    );
    await refuses('E_ROLE', ward.desk.inbox.show(first.session, draft));
    assert.deepEqual(await ward.desk.inbox.show(second.session, draft), bytes);
    assert.deepEqual(storyOf(ward, bytes).map(({ type, result }) => [type, result]), [['signed', undefined], ['secondEntry', 3]]); // prettier-ignore
    await refuses('E_DRAFT', ward.desk.enter(second.session, draft, bytes));
    assert.equal(ward.desk.inbox.own(first.session).at(-1)?.check, 'primed');
    await refuses('E_ASSERTION', second.second(pacemaker, draft, bytes));
    assert.equal((await second.second(pacemaker, draft, bytes, 'primed')).kind, 'done');
    const intent = storyOf(ward, bytes).find(({ type }) => type === 'intent');
    assert.equal(intent?.result, 3);
    const report = await verifyEvidence(
      nodeCrypto,
      await ward.desk.evidence(first.session, hex(hashOf(bytes))),
      ward.roots,
    );
    assert.equal(report.verdict, 'VERIFIED', JSON.stringify(report.checks, null, 1));
    assert.match(report.checks.find(({ id }) => id === 'people')?.says ?? '', /review only, primed/u);
    assert.equal((await ward.walk()).fault, null);
    primed = hex(hashOf(bytes));
  });

  it('tells auditors of it: counted, found, in each export, in words, and beside the policy of that time', async () => {
    const { session } = await ward.signIn('auditor');
    const { audit } = ward.desk;
    const found = async (second: 'primed' | 'blind') => (await audit.search(session, { second }, WHY)).rows;
    const [row, ...more] = await found('primed');
    assert.deepEqual([row?.command, more.length, (await found('blind')).length], [primed, 0, 1]);
    assert.equal((await audit.overview(session, 0, WHY)).primed, 1);
    assert.deepEqual(
      (await audit.gaps(session, WHY)).filter(({ kind }) => kind === 'primed'),
      [],
    );
    const { entries } = await audit.story(session, row?.id ?? -1, WHY);
    assert.match(
      entries.map(({ says }) => says).join(' '),
      /was shown the values.*announced.*, after a second check by review only/u,
    );
    for (const format of ['csv', 'jsonl', 'fhir'] as const) {
      const wish = { format, offset: 0, names: false, purpose: WHY, second: 'primed' } as const;
      let file = '';
      for await (const chunk of (await audit.export(session, wish)).chunks) file += chunk;
      assert.match(file, /primed/u, format);
    }
    const asked = { covers: 'command', commands: [primed], names: false, since: [], purpose: WHY } as const;
    for (const wish of [asked, { ...asked, covers: 'period', commands: [], from: row?.time } as const]) {
      const files = await openZip((await audit.bundle(session, wish)).bytes);
      const report = await verifyBundle(nodeCrypto, files, {
        roots: ward.roots,
        remembered: () => undefined,
      });
      assert.equal(report.verdict, 'VERIFIED', JSON.stringify(report.checks, null, 1));
      const says = report.commands
        .find(({ hash }) => hash === primed)
        ?.checks.find(({ id }) => id === 'people')?.says;
      assert.match(says ?? '', /policy 1 of that time \(entry \d+\) allows that at every other site/u);
      assert.match(
        report.proves.join(' '),
        /every entry of the log in this period is here|These \d entries about this command/u,
      );
      assert.match(text(files.get(FILE.story) ?? new Uint8Array()), /second, review only \(primed\)/u);
    }
  });
});
