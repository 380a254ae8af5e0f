import assert from 'node:assert/strict';
import { authorize } from '../../server/authorize/authorize.ts';
import { CareRelations } from '../../server/authorize/care-relation.ts';
import { stillUnlocked } from '../../server/authorize/locked.ts';
import { Locks } from '../../server/authorize/locks.ts';
import { Authorized } from '../../server/authorize/request.ts';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { MARK, ROLE } from '../../server/protocol/credential.ts';
import { alice, asker, audra, bob, DEVICE_ID, NOW, olga, policy, random, refusal, request, rules, saying, sha256, sign, staff, TestStore, verify, type Wish } from './ward.ts'; // prettier-ignore

describe('the decision', () => {
  let store: TestStore;
  before(async () => void (store = await TestStore.make()));
  after(() => store.remove());

  const decide = async (wish: Wish = {}, changes = {}): Promise<Authorized> =>
    authorize(request(wish), await rules(store.now, changes));
  const refuses = (wish: Wish, check: (error: unknown) => boolean, changes = {}): Promise<void> =>
    assert.rejects(decide(wish, changes), check);

  /** Each test has limits of its own: only the last one means to use them up. */
  beforeEach(() => store.now.write([{ sql: 'DELETE FROM rate', params: [] }]));

  it('allows a small change by one clinician, naming the policy and the cancel window', async () => {
    const may = await decide();
    Authorized.guard(may);
    assert.deepEqual(may.policy, (await policy()).hash);
    assert.equal(may.cancelWindow, 10_000);
  });

  it('allows a change of high risk by two people at two tablets', async () => {
    assert.equal((await decide({ tier: 2 })).request.tier, 2);
  });

  it('gives what lowers risk no cancel window to wait for', async () => {
    assert.equal((await decide({ commandClass: 'stop', lowers: true })).cancelWindow, 0);
  });

  describe('care relation', () => {
    it('hides the device from whoever does not care for it', async () => {
      const care = new CareRelations(utf8(JSON.stringify({ [bob.subject]: [DEVICE_ID] })));
      await refuses({}, refusal('E_SCOPE'), { care });
    });

    it('does not let a second person lend theirs to the first', async () => {
      const care = new CareRelations(utf8(JSON.stringify({ [alice.subject]: [DEVICE_ID] })));
      await refuses({ tier: 2 }, refusal('E_SCOPE'), { care });
    });

    it('comes before anything that would tell a stranger about the device', async () => {
      const care = new CareRelations(utf8('{}'));
      const locks = { check: () => assert.fail('the locks were asked') };
      await refuses({ device: { posture: 'monitor-only', unknown: true } }, refusal('E_SCOPE'), {
        care,
        locks,
      });
    });
  });

  describe('policy', () => {
    const edited = async (from: string | RegExp, to: string) => ({
      policy: await policy((text) => text.replace(from, to)),
    });

    it('refuses a command class without a row, also one named like a property of every object', async () => {
      for (const commandClass of ['safeMode', 'unknown', 'constructor', '__proto__', '']) {
        await refuses({ commandClass }, refusal('E_POLICY'));
      }
    });

    it('refuses a tier without a row', async () => {
      await refuses({ commandClass: 'firmware' }, refusal('E_POLICY'));
    });

    it('refuses at a site where the class is not given', async () => {
      await refuses({}, saying('E_POLICY', /site/u), await edited(/"site": "\*"/u, '"site": "ward-9"'));
      await decide({ device: { site: 'ward-9' } }, await edited(/"site": "\*"/u, '"site": "ward-9"'));
    });

    it('refuses above the highest tier of a site', async () => {
      const low = await edited(/"highestTier": 2/u, '"highestTier": 1');
      await refuses({ tier: 2 }, saying('E_POLICY', /site/u), low);
      await decide({}, low);
    });

    it('refuses a first signer without a role in the row, and a second one', async () => {
      await refuses({ people: [audra] }, refusal('E_ROLE'));
      await refuses({ people: [staff('sam', { subject: alice.credential.subject, roles: ROLE.second })] }, refusal('E_ROLE')); // prettier-ignore
      const secondless = staff('carl', { subject: bob.credential.subject, roles: ROLE.clinician });
      await refuses({ tier: 2, people: [alice, secondless] }, refusal('E_ROLE'));
    });

    it('refuses a passkey certified for longer than a year', async () => {
      const { subject, notBefore } = alice.credential;
      const long = staff('alice', { subject, notAfter: notBefore + 367 * 86_400 });
      await refuses({ people: [long] }, saying('E_POLICY', /366 days/u));
    });

    it('refuses a passkey of today for high risk, and only there', async () => {
      const fresh = staff('bob', { notBefore: NOW / 1000 - 3_600 });
      await refuses({ tier: 2, people: [alice, fresh] }, saying('E_POLICY', /too new/u));
      await decide({ people: [fresh] });
      const demo = staff('bob', { notBefore: NOW / 1000 - 3_600, marks: MARK.demo });
      await decide({ tier: 2, people: [alice, demo] });
    });
  });

  describe('second clinician', () => {
    it('refuses high risk with one signature', async () => {
      await refuses({ tier: 2, people: [alice] }, refusal('E_DUAL_REQUIRED'));
    });

    it('asks two for small changes too where the policy says so', async () => {
      const two = { policy: await policy((text) => text.replace('"approvals": 1', '"approvals": 2')) };
      await refuses({}, refusal('E_DUAL_REQUIRED'), two);
      await decide({ people: [alice, bob] }, two);
    });

    it('refuses one who was shown the values, unless the site may do with less', async () => {
      await refuses({ tier: 2, primed: true }, saying('E_POLICY', /has to enter the values/u));
      const row = (site: string, primed: string): string =>
        `"sites": [{ "site": "${site}", "classes": ["program"], "highestTier": 2, "primedChecks": [${primed}] },`;
      const at = async (site: string, primed: string) => ({
        policy: await policy((file) => file.replace('"sites": [', row(site, primed))),
      });
      await decide({ tier: 2, primed: true }, await at('ward-3', '"program"'));
      await refuses({ tier: 2, primed: true }, refusal('E_POLICY'), await at('ward-4', '"program"'));
      const outside = { tier: 2, primed: true, outside: true } as const;
      await refuses(outside, saying('E_POLICY', /outside of this site/u), await at('ward-3', '"program"'));
    });

    const { subject, key, rpIdHash } = alice.credential;
    const twins: Record<string, ReturnType<typeof staff>> = {
      'one person with two passkeys': staff('second', { subject }),
      'two people with one passkey': staff('second', { subject: bob.credential.subject, key }),
      'two people on one signing host': staff('second', { subject: bob.credential.subject, rpIdHash }),
    };
    for (const [name, twin] of Object.entries(twins)) {
      it(`refuses ${name}`, () => refuses({ tier: 2, people: [alice, twin] }, refusal('E_DUAL_SAME_PERSON')));
    }

    it('refuses two people at one tablet, and at a tablet nobody named', async () => {
      await refuses({ tier: 2, tablets: ['tablet-1', 'tablet-1'] }, refusal('E_DUAL_SAME_PERSON'));
      await refuses({ tier: 2, tablets: ['tablet-1'] }, refusal('E_CMD_MALFORMED'));
    });

    it('lets two demonstration passkeys share a host, never a tablet', async () => {
      const demo = { marks: MARK.demo, rpIdHash };
      const people = [staff('alice', demo), staff('bob', demo)];
      await decide({ tier: 2, people });
      await refuses({ tier: 2, people, tablets: ['t', 't'] }, refusal('E_DUAL_SAME_PERSON'));
    });
  });

  describe('reason', () => {
    const context = (reason: string, note: string) => ({ reason, note, order: '' });

    it('refuses high risk without a code, or with a note that is only punctuation', async () => {
      await refuses({ tier: 2, context: context('', 'after the round') }, saying('E_POLICY', /code/u));
      await refuses(
        { tier: 2, context: context('Dose, up', 'after the round') },
        saying('E_POLICY', /code/u),
      );
      for (const note of ['', '.', '--- !!', 'ok', '   ']) {
        await refuses({ tier: 2, context: context('titration', note) }, saying('E_POLICY', /words/u));
      }
    });

    it('takes words in any script, and nothing for small changes', async () => {
      await decide({ tier: 2, context: context('titration', '調整') });
      await decide({ tier: 2, context: context('titration', 'после обхода') });
      await decide({ context: context('', '') });
    });
  });

  describe('locks', () => {
    const locking = async (kind: string, subject: string) => {
      await store.now.write([{ sql: 'DELETE FROM lock', params: [] }]);
      const locks = new Locks({ store: store.now, sha256, random, verify });
      const signed = await sign(olga, 'lock', [[1, kind], [2, subject], [3, 'Recall of this model']]); // prettier-ignore
      await locks.lock(signed, asker(olga), NOW);
      return locks;
    };

    const held: readonly [string, string][] = [
      ['person', bob.subject],
      ['device', DEVICE_ID],
      ['tablet', 'tablet-2'],
      ['role', 'second'],
      ['site', 'ward-3'],
      ['all', ''],
    ];
    for (const [kind, subject] of held) {
      it(`refuses what a lock on ${kind} ${subject} holds, with its reason`, async () => {
        await refuses({ tier: 2 }, saying('E_LOCKED', /Recall/u), { locks: await locking(kind, subject) });
      });
    }

    it('lets pass what a lock does not hold', async () => {
      await decide({}, { locks: await locking('person', bob.subject) });
      await decide({}, { locks: await locking('device', '00'.repeat(8)) });
    });

    it('finds a lock that was set after the decision, when asked again before the grant', async () => {
      const locks = new Locks({ store: store.now, sha256, random, verify });
      const may = await decide({}, { locks });
      await locks.lock(await sign(bob, 'lock', [[1, 'all'], [2, ''], [3, 'Stop']]), asker(bob), NOW + 1); // prettier-ignore
      assert.throws(() => stillUnlocked(may.request, locks, NOW + 2), saying('E_LOCKED', /Stop/u));
    });
  });

  describe('posture', () => {
    it('refuses a device that is only read', () =>
      refuses({ device: { posture: 'monitor-only' } }, refusal('E_NOT_ENROLLED')));
    it('refuses a device whose last outcome is unknown, also to lower risk', async () => {
      await refuses({ device: { unknown: true } }, refusal('E_UNKNOWN_OUTCOME'));
      await refuses(
        { device: { unknown: true }, commandClass: 'stop', lowers: true },
        refusal('E_UNKNOWN_OUTCOME'),
      );
    });
  });

  describe('cool-down', () => {
    const after = (ms: number, commandClass = 'program') => ({
      lastApplied: new Map([[commandClass, NOW - ms]]),
    });

    it('refuses a change right after the last of its class, telling the seconds left', async () => {
      await refuses({ device: after(20_500) }, saying('E_COOL_DOWN', /^40 seconds/u));
      await refuses({ device: after(60_000), tier: 2 }, saying('E_COOL_DOWN', /^840 seconds/u));
      await decide({ device: after(60_000) });
      await decide({ device: after(0, 'associate') });
    });

    it('never makes what lowers risk wait', async () => {
      await decide({ device: after(0, 'stop'), commandClass: 'stop', lowers: true });
      await refuses({ device: after(0, 'stop'), commandClass: 'stop' }, refusal('E_COOL_DOWN'));
    });

    it('waits once, and no longer, when the clock went back', () =>
      refuses({ device: after(-3_600_000) }, saying('E_COOL_DOWN', /^60 seconds/u)));
  });

  describe('rate limit', () => {
    it('stops a person who changes one device too often, and nobody else', async () => {
      const all = await rules(store.now);
      for (let i = 0; i < 12; i++) await authorize(request(), all);
      await assert.rejects(
        authorize(request(), all),
        saying('E_RATE', /^12 in 3600 s for person x device x class/u),
      );
      await authorize(request({ people: [bob] }), all);
      await authorize(request({ commandClass: 'associate', tier: 2 }), all);
    });

    it('keeps raising and lowering risk apart', async () => {
      const all = await rules(store.now);
      for (let i = 0; i < 20; i++) await authorize(request({ commandClass: 'stop' }), all);
      await assert.rejects(authorize(request({ commandClass: 'stop' }), all), refusal('E_RATE'));
      for (let i = 0; i < 20; i++) await authorize(request({ commandClass: 'stop', lowers: true }), all);
      await assert.rejects(
        authorize(request({ commandClass: 'stop', lowers: true }), all),
        refusal('E_RATE'),
      );
    });

    it('counts the second person too', async () => {
      const all = await rules(store.now);
      for (let i = 0; i < 12; i++) await authorize(request({ people: [bob] }), all);
      await assert.rejects(authorize(request({ tier: 2 }), all), refusal('E_RATE'));
    });

    it('spends nothing on a request that another rule refuses', async () => {
      const all = await rules(store.now);
      for (let i = 0; i < 30; i++) {
        await assert.rejects(
          authorize(request({ device: { unknown: true } }), all),
          refusal('E_UNKNOWN_OUTCOME'),
        );
      }
      await authorize(request(), all);
    });
  });

  it('mints evidence that nothing else can be', () => {
    const copy = Object.create(Authorized.prototype) as Authorized;
    assert.throws(() => Authorized.guard(copy), TypeError);
  });
});
