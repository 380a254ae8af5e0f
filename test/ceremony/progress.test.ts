import assert from 'node:assert/strict';
import { equal, hex } from '../../server/protocol/encoding/bytes.ts';
import type { CommandProgress } from '../../server/protocol/command-progress.ts';
import { encodeReply, parseReply } from '../../server/protocol/stream.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { PACEMAKER } from '../support/settings.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { hashOf, nudge, program, refuses, stateOf, until } from './world.ts';

describe('the progress of a command', () => {
  let ward: TestWard;
  let first: TestClinician;
  let second: TestClinician;
  before(async () => {
    ward = await openWard({
      policy: (quick) => quick.replaceAll('"cancelWindowSeconds": 0', '"cancelWindowSeconds": 1'),
    });
    first = await ward.signIn('dr-a');
    second = await ward.signIn('dr-b');
  });
  after(() => ward.end());

  /** What a tablet is told while something happens. */
  const during = async (who: TestClinician, work: () => Promise<unknown>): Promise<CommandProgress[]> => {
    const told: CommandProgress[] = [];
    const stop = ward.desk.progress.watch(who.session, (progress) => told.push(progress));
    await work();
    stop();
    for (const progress of told) {
      const reply = { kind: 'progress', progress } as const;
      assert.deepEqual(parseReply(encodeReply(3, reply)).message, reply, 'it travels as it is');
    }
    return told;
  };
  const states = (told: readonly CommandProgress[]): string[] => told.map(({ state }) => state);
  /** As soon as a command waits for its signers: before that there is nothing to cancel, and soon it is too late. */
  const whenCooling = (act: () => unknown): (() => void) =>
    ward.desk.progress.watch(first.session, ({ state }) => {
      if (state === 'cooling') act();
    });

  it('is told step by step, with who is waited for and how long at most', async () => {
    const pump = ward.device('pump-1');
    const bytes = await first.prepare(pump, nudge(pump));
    const told = await during(first, () => first.sign(pump, bytes));
    assert.deepEqual(states(told), ['checked', 'cooling', 'logged', 'granted', 'sent', 'answered', 'sealed']);
    assert.deepEqual(
      told.map(({ waitsFor }) => waitsFor),
      ['witnesses', 'signers', 'gateway', 'gateway', 'device', 'witnesses', 'nobody'],
    );
    assert.equal(told[1]?.left, 1_000, 'the policy’s own window');
    assert.equal(told[4]?.left, 10_000);
    assert.ok(told.every(({ command }) => equal(command, hashOf(bytes))));
  });

  it('is told to the first of two at another tablet, from the moment the second signed, and not a byte earlier', async () => {
    const heart = ward.device('pacemaker-1');
    const wish = program(PACEMAKER.lowerRate, 65);
    let draft = '';
    const bytes = await first.prepare(heart, wish);
    const before = await during(second, async () => {
      const asked = await first.sign(heart, bytes);
      draft = 'draft' in asked ? asked.draft : '';
      await ward.desk.enter(second.session, draft, await second.prepare(heart, wish));
    });
    assert.deepEqual(before, [], 'the hash of values that are entered blind is not told');
    const told = await during(first, () => second.second(heart, draft, bytes));
    assert.deepEqual(states(told).slice(-2), ['answered', 'sealed']);
    const evidence = await ward.desk.evidence(first.session, hex(hashOf(bytes)));
    const { verdict } = await verifyEvidence(nodeCrypto, evidence, ward.roots);
    assert.equal(verdict, 'VERIFIED', 'and the first verifies it alone');
  });

  it('ends with the code of a refusal, and with unknown when contact was lost, until the device was asked', async () => {
    const pump = ward.device('pump-1');
    const bytes = await first.prepare(pump, nudge(pump));
    const refused = await during(first, async () => {
      const stop = whenCooling(() => void ward.desk.cancel(first.session, hashOf(bytes)));
      await refuses('E_CANCELLED', first.sign(pump, bytes));
      stop();
    });
    assert.deepEqual([refused.at(-1)?.state, refused.at(-1)?.code], ['refused', 'E_CANCELLED']);
    pump.forward(60);
    const again = await first.prepare(pump, nudge(pump));
    const pass = pump.onFrame;
    pump.onFrame = (frame, towards) => (towards === 'gateway' ? undefined : frame);
    const lost = await during(first, () => first.sign(pump, again));
    pump.onFrame = pass;
    assert.deepEqual([lost.at(-1)?.state, lost.at(-1)?.waitsFor], ['unknown', 'reader']);
    assert.equal(states(lost).includes('answered'), false, 'who is silent has not answered');
    const settled = await during(first, async () => {
      pump.connect(); // Back in contact it is asked without anybody's doing.
      await until('settled', () => ward.desk.device(first.session, pump.id).unknown === undefined);
      await until('witnessed', () => stateOf(ward, again, first.session) !== 'unknown');
      await new Promise((resolve) => setTimeout(resolve, 500));
    });
    assert.deepEqual(states(settled), ['sealed']);
  });

  it('is told to who comes late, with the time that is left, and to nobody who does not care for the patient', async () => {
    const pump = ward.device('pump-1');
    pump.forward(60);
    const bytes = await first.prepare(pump, nudge(pump));
    let late: CommandProgress | undefined;
    const stop = whenCooling(() => {
      const over = performance.now() + 100;
      while (performance.now() < over); // nothing else happens meanwhile, however slow the machine is
      ward.desk.progress.watch(second.session, (progress) => (late ??= progress))();
    });
    const signing = first.sign(pump, bytes);
    await until('it was told', () => late !== undefined);
    stop();
    assert.equal(late?.state, 'cooling');
    assert.ok(late.left > 0 && late.left < 1_000, String(late.left));
    const narrow = { ...second.session, devices: new Set(['00'.repeat(8)]) };
    const nothing: CommandProgress[] = [];
    ward.desk.progress.watch(narrow, (progress) => nothing.push(progress))();
    assert.deepEqual(nothing, []);
    await signing;
    assert.deepEqual(await during(second, () => Promise.resolve()), []);
  });

  it('stands in the history of its device, with names, for those who may see it', () => {
    const pump = ward.device('pump-1');
    const { entries, more } = ward.desk.history.of(first.session, pump.id, { before: undefined, limit: 3 });
    assert.equal(more, true);
    assert.equal(entries.length, 3);
    const intent = ward.desk.history
      .of(first.session, pump.id, { before: undefined, limit: 100 })
      .entries.find(({ type }) => type === 'intent');
    const [by] = intent?.people ?? [];
    assert.deepEqual([by?.subject, by?.name], [first.session.subject, 'Dr Ada Okafor']);
    const [oldest] = entries.slice(-1);
    const next = ward.desk.history.of(first.session, pump.id, { before: oldest?.index, limit: 1 });
    assert.ok((next.entries[0]?.index ?? Infinity) < (oldest?.index ?? 0));
    const narrow = { ...first.session, devices: new Set([ward.device('pacemaker-1').id]) };
    assert.throws(() => ward.desk.history.of(narrow, pump.id, { before: undefined, limit: 1 }), /E_SCOPE/u);
  });
});
