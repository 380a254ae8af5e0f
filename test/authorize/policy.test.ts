import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { FileError } from '../../server/authorize/json-file.ts';
import { loadPolicy, PolicyError, type PolicyOffer } from '../../server/authorize/load-policy.ts';
import { parsePolicy } from '../../server/authorize/policy-file.ts';
import { type Bytes, text, utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../server/protocol/encoding/cbor.ts';
import { alice, olga, oscar, policyBytes, refusal, sha256, sign, type Staff, verify } from './ward.ts';

const faults = (part: RegExp) => (error: unknown) => error instanceof FileError && part.test(error.message);
const problem = (part: RegExp) => (error: unknown) =>
  error instanceof PolicyError && part.test(error.message);
const edited = (from: string | RegExp, to: string, name: 'default' | 'demo' = 'default') =>
  policyBytes(name, (file) => {
    const changed = file.replace(from, to);
    assert.notEqual(changed, file, 'the edit did nothing');
    return changed;
  });

const PRIMED = '"highestTier": 2, "primedChecks": ["program"]';

describe('a policy file', () => {
  it('comes with the program twice, for a hospital and for the demonstration', async () => {
    assert.equal(parsePolicy(await policyBytes('default')).simulation, false);
    const demo = parsePolicy(await policyBytes('demo'));
    assert.equal(demo.simulation, true);
    assert.equal(demo.tiers[2].coolDownSeconds, 1);
  });

  it('is refused with no approvals, a part of one, or none named, and says where', async () => {
    for (const count of ['0', '-1', '1.5', '"1"', 'null']) {
      const file = await edited('"approvals": 1', `"approvals": ${count}`);
      assert.throws(
        () => parsePolicy(file),
        faults(/tiers\.1\.approvals: expected 1 or 2|tiers\.1\.approvals: /u),
      );
    }
    const none = await edited('"approvals": 1, ', '');
    assert.throws(() => parsePolicy(none), faults(/tiers\.1\.approvals/u));
  });

  it('is refused when one person would be enough for high risk', async () => {
    const file = await edited('"approvals": 2', '"approvals": 1');
    assert.throws(() => parsePolicy(file), faults(/tiers\.2\.approvals: expected 2/u));
  });

  it('is refused with a field it does not know, or one that is missing', async () => {
    const foreign = await edited('"format": 1,', '"format": 1, "allowAll": true,');
    assert.throws(() => parsePolicy(foreign), faults(/allowAll/u));
    const missing = await edited(/"sites": \[[\s\S]*?\n {2}\],\n/u, '');
    assert.throws(() => parsePolicy(missing), faults(/sites/u));
  });

  it('is refused when it says one thing twice, which readers and programs would take differently', async () => {
    const twice = await edited('"approvals": 2,', '"approvals": 2, "coolDownSeconds": 10,');
    assert.throws(() => parsePolicy(twice), faults(/written twice/u));
  });

  it('is refused with a role that cannot sign, or a command that no policy may touch', async () => {
    const role = await edited('"first": ["clinician"]', '"first": ["auditor"]');
    assert.throws(() => parsePolicy(role), faults(/classes\.program\.tiers\.1\.first/u));
    const noRole = await edited('"first": ["clinician"]', '"first": []');
    assert.throws(() => parsePolicy(noRole), faults(/classes\.program\.tiers\.1\.first/u));
    const safeMode = await edited('"associate": {', '"safeMode": {');
    assert.throws(() => parsePolicy(safeMode), faults(/safeMode/u));
  });

  it('is refused when nobody could sign second at a tier that needs two', async () => {
    const file = await edited(
      '"2": { "first": ["clinician"], "second": ["second"] }',
      '"2": { "first": ["clinician"] }',
    );
    assert.throws(() => parsePolicy(file), faults(/tiers\.2\.second: missing/u));
  });

  it('has waits under ten seconds in a simulation only', async () => {
    for (const field of ['coolDownSeconds', 'cancelWindowSeconds']) {
      const short = await edited(new RegExp(`"${field}": \\d+`, 'u'), `"${field}": 9`);
      assert.throws(() => parsePolicy(short), faults(new RegExp(`tiers\\.1\\.${field}: .*simulation`, 'u')));
    }
    const shortClass = await edited(/"coolDownSeconds": 60,\n/u, '"coolDownSeconds": 0,\n');
    assert.throws(() => parsePolicy(shortClass), faults(/classes\.associate\.coolDownSeconds/u));
    const pretends = await edited('"simulation": true', '"simulation": false', 'demo');
    assert.throws(() => parsePolicy(pretends), faults(/simulation/u));
  });

  it('lets a second person be shown values nowhere by itself, and never what is checked by finding out anew', async () => {
    assert.deepEqual(
      [...parsePolicy(await policyBytes()).sites.values()].map(({ primedChecks }) => primedChecks),
      [[]],
    );
    const primed = (what: string) =>
      policyBytes('default', (file) =>
        file.replace('"highestTier": 2', `"highestTier": 2, "primedChecks": [${what}]`),
      );
    for (const what of ['firmware', 'profile', 'associate', 'stop', 'resume']) {
      const json = await primed(`"${what}"`);
      assert.throws(() => parsePolicy(json), faults(/primedChecks.*expected "program" alone/u), what);
    }
    const elsewhere = await policyBytes('default', (file) =>
      file.replace('"classes": ["program", ', '"classes": [').replace('"highestTier": 2', PRIMED),
    );
    assert.throws(() => parsePolicy(elsewhere), faults(/a class that is not given at this site/u));
  });

  it('is refused with a cancel window nobody stays at the bedside for', async () => {
    const file = await edited('"cancelWindowSeconds": 10', '"cancelWindowSeconds": 11');
    assert.throws(() => parsePolicy(file), faults(/longer than 10 seconds/u));
  });

  it('survives any bytes and any small change: it reads, or says why not', async () => {
    const good = text(await policyBytes());
    const read = (file: Bytes): void => {
      try {
        parsePolicy(file);
      } catch (error) {
        assert.ok(error instanceof FileError, String(error));
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), read), { numRuns: 300 });
    fc.assert(
      fc.property(fc.json(), (json) => read(utf8(json))),
      { numRuns: 300 },
    );
    const change = fc.tuple(fc.nat(good.length), fc.nat(20), fc.string({ maxLength: 10 }));
    fc.assert(
      fc.property(change, ([at, cut, put]) => read(utf8(good.slice(0, at) + put + good.slice(at + cut)))),
      { numRuns: 500 },
    );
    read(new Uint8Array(70_000).fill(0x20));
  });
});

describe('loading a policy', () => {
  const statement = (by: Staff, json: Bytes, version = 1, purpose: 'policy' | 'lock' = 'policy') =>
    sign(by, purpose, [[1, sha256(json)], [2, version]] satisfies [number, Cbor][]); // prettier-ignore

  const offer = async (
    json: Bytes,
    changes: Partial<PolicyOffer> = {},
    version = 1,
  ): Promise<PolicyOffer> => ({
    json,
    signed: await statement(olga, json, version),
    verify,
    sha256,
    simulation: false,
    ...changes,
  });

  it('asks of the one in force for its signature alone, and of a new one whether its signer may still sign', async () => {
    const json = await policyBytes();
    const asked: boolean[] = [];
    const noting: PolicyOffer['verify'] = (signed, inForce) => {
      asked.push(inForce);
      return verify(signed);
    };
    await loadPolicy(await offer(json, { verify: noting }));
    await loadPolicy(await offer(json, { verify: noting, previous: { version: 1, json } }));
    assert.deepEqual(asked, [false, true]);
  });

  it('takes one that an operator signed, and says its hash and who signed', async () => {
    const json = await policyBytes();
    const { policy, hash, kids } = await loadPolicy(await offer(json));
    assert.equal(policy.version, 1);
    assert.deepEqual(hash, sha256(json));
    assert.deepEqual(kids, [olga.credential.key.kid]);
  });

  it('refuses one signed by somebody who is no operator', async () => {
    const json = await policyBytes();
    const signed = await statement(alice, json);
    await assert.rejects(loadPolicy(await offer(json, { signed })), refusal('E_ROLE'));
  });

  it('refuses one whose signature does not verify', async () => {
    const json = await policyBytes();
    const good = await statement(olga, json);
    const signature = Uint8Array.from(good.approval.signature, (byte, i) => (i === 5 ? byte ^ 1 : byte));
    const signed = { ...good, approval: { ...good.approval, signature } };
    await assert.rejects(loadPolicy(await offer(json, { signed })), refusal('E_ASSERTION'));
  });

  it('refuses one that was altered by a space after it was signed', async () => {
    const signed = await statement(olga, await policyBytes());
    const json = utf8(`${text(await policyBytes())} `);
    await assert.rejects(loadPolicy(await offer(json, { signed })), problem(/altered/u));
  });

  it('refuses a statement for something else, or about another version', async () => {
    const json = await policyBytes();
    const lock = await statement(olga, json, 1, 'lock');
    await assert.rejects(loadPolicy(await offer(json, { signed: lock })), refusal('E_POLICY'));
    const other = await statement(olga, json, 2);
    await assert.rejects(loadPolicy(await offer(json, { signed: other })), problem(/another version/u));
  });

  it('refuses a simulation’s policy outside a simulation', async () => {
    const json = await policyBytes('demo');
    await assert.rejects(loadPolicy(await offer(json)), problem(/simulation/u));
    assert.equal((await loadPolicy(await offer(json, { simulation: true }))).policy.simulation, true);
  });

  it('takes the same again, and refuses an older one or another of the same version', async () => {
    const json = await policyBytes();
    await loadPolicy(await offer(json, { previous: { version: 1, json } }));
    const longer = await edited('"coolDownSeconds": 900', '"coolDownSeconds": 901');
    await assert.rejects(
      loadPolicy(await offer(longer, { previous: { version: 1, json } })),
      problem(/higher version/u),
    );
    await assert.rejects(
      loadPolicy(await offer(json, { previous: { version: 2, json: longer } })),
      problem(/higher version/u),
    );
  });

  describe('that is weaker than the last', () => {
    const next = (from: string | RegExp, to: string) =>
      policyBytes('default', (file) => file.replace('"version": 1', '"version": 2').replace(from, to));
    const weaker: Record<string, Promise<Bytes>> = {
      'a shorter cool-down of a tier': next('"coolDownSeconds": 900', '"coolDownSeconds": 899'),
      'a shorter cool-down of a class': next('"coolDownSeconds": 60,\n', '"coolDownSeconds": 59,\n'),
      'a second person who need not enter the values': next('"highestTier": 2', PRIMED),
      'the same at one site of many': next(
        '"sites": [',
        `"sites": [{ "site": "3 East", "classes": ["program"], ${PRIMED} },`,
      ),
    };
    for (const [name, made] of Object.entries(weaker)) {
      it(`needs two different operators: ${name}`, async () => {
        const json = await made;
        const previous = { version: 1, json: await policyBytes() };
        await assert.rejects(
          loadPolicy(await offer(json, { previous }, 2)),
          problem(/two different operators/u),
        );
        const twice = await statement(olga, json, 2);
        await assert.rejects(
          loadPolicy(await offer(json, { previous, second: twice }, 2)),
          problem(/two different operators/u),
        );
        const second = await statement(oscar, json, 2);
        assert.equal((await loadPolicy(await offer(json, { previous, second }, 2))).kids.length, 2);
      });
    }

    it('needs two also when the last cannot be read any more', async () => {
      const previous = { version: 1, json: utf8('{}') };
      const json = await next('"coolDownSeconds": 900', '"coolDownSeconds": 901');
      await assert.rejects(loadPolicy(await offer(json, { previous }, 2)), problem(/two different/u));
    });

    it('needs one where the waits only grow', async () => {
      const json = await next('"coolDownSeconds": 900', '"coolDownSeconds": 901');
      const previous = { version: 1, json: await policyBytes() };
      assert.equal((await loadPolicy(await offer(json, { previous }, 2))).policy.version, 2);
    });

    it('does not take a second signature by somebody who is no operator', async () => {
      const json = await next('"coolDownSeconds": 900', '"coolDownSeconds": 899');
      const previous = { version: 1, json: await policyBytes() };
      const second = await statement(alice, json, 2);
      await assert.rejects(loadPolicy(await offer(json, { previous, second }, 2)), refusal('E_ROLE'));
    });
  });
});
