import assert from 'node:assert/strict';
import { type SigningOrigin } from '../../server/protocol/approval.ts';
import { type Bundle, encodeBundle } from '../../server/protocol/bundle.ts';
import { base64url } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor, type Command, OPERATION, type SignedByPeople } from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { type IssuableCredential, issueCredential, MARK, ROLE } from '../../server/protocol/credential.ts';
import type { Entry } from '../../server/protocol/log/entry.ts';
import { SHOWN } from '../../server/protocol/primed.ts';
import { approvalSaying, bundleWith } from '../support/bundles.ts';
import { highS } from '../support/der.ts';
import {
  apply,
  type BenchOptions,
  deliver,
  type Expected,
  makeDeviceWorld,
  opened,
  receiptIn,
  refuse,
  refuseThenApply,
  reopened,
} from '../support/device.ts';
import { approve, enrol, ISSUED, NOW, type Person, type World } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { assertion, BE, BS, type Gesture, UP, UV } from '../support/passkey.ts';
import { AMPLITUDE, LOWER } from '../support/profile.ts';

const AT = 0x40;
const ED = 0x80;
const DAY = 86_400;
const TWO = { changes: new Map([[AMPLITUDE, 20]]) };

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

const person = (changes: Partial<IssuableCredential>, name = 'carol', site: 0 | 1 = 0): Promise<Person> =>
  enrol(world.log, world.authority, name, site, changes);

/** One command by one person, refused; the nonce is still good for Alice. */
async function refuseOne(who: Person, expected: Expected, options?: BenchOptions): Promise<void> {
  await refuseThenApply(world, await bundleWith(world, { people: [who] }), expected, options);
}

/** One command by two people, refused before anybody's approval was looked at. */
async function refuseTwo(people: readonly Person[], expected: Expected): Promise<void> {
  await refuseThenApply(world, await bundleWith(world, { people, command: TWO }), expected);
}

describe('the credential of a person', () => {
  beforeEach(setUp);
  it('by an authority that is not in the anchors is refused', async () => {
    const carol = await enrol(world.log, testSigner('other authority'), 'carol', 0, {});
    await refuseOne(carol, { code: 'E_ASSERTION_CRED', field: 'credential.kid' });
  });

  it('by somebody who only claims to be the authority is refused', async () => {
    const forger = { ...testSigner('other authority'), key: world.authority.key };
    const carol = await enrol(world.log, forger, 'carol', 0, {});
    await refuseOne(carol, { code: 'E_ASSERTION_CRED', field: 'credential.signature' });
  });

  it('without the role of a clinician signs nothing', async () => {
    const carol = await person({ roles: ROLE.second | ROLE.emergency });
    await refuseOne(carol, { code: 'E_ROLE', field: 'credential.roles' });
  });

  it('without the role of a second person signs no second place', async () => {
    const carol = await person({ roles: ROLE.clinician }, 'carol', 1);
    await refuseTwo([world.alice, carol], { code: 'E_ROLE', field: 'credential.roles' });
  });

  it('that has expired is refused', async () => {
    const carol = await person({ notAfter: NOW - 1 });
    await refuseOne(carol, { code: 'E_ASSERTION_CRED', field: 'credential.notAfter' });
  });

  it('that has expired by the device’s own time is refused, though the witness is slow', async () => {
    const bench = await opened(world, { state: { time: NOW + 366 * DAY } });
    const bundle = encodeBundle(await bundleWith(world));
    await refuse(
      bench,
      { kind: 'deliver', bundle },
      { code: 'E_ASSERTION_CRED', field: 'credential.notAfter' },
    );
  });

  it('that is not yet in force is refused', async () => {
    const carol = await person({ notBefore: NOW + DAY });
    await refuseOne(carol, { code: 'E_ASSERTION_CRED', field: 'credential.notAfter' });
  });

  it('whose issuance is not in the log is refused', async () => {
    const { signer, site, proven } = await person({});
    const hidden = await issueCredential({ ...(await contentOf('carol')), serial: 77 }, world.authority);
    const carol = { signer, site, proven: { credential: hidden, proof: proven.proof } };
    await refuseOne(carol, { code: 'E_ASSERTION_CRED', field: 'credential.proof' });
  });

  it('announced in the log as something else is refused', async () => {
    const { signer, site, proven } = await person({});
    const digest = nodeCrypto.sha256(proven.credential);
    const index = world.log.append({ type: 'status', time: ISSUED * 1000, digest, number: 9 });
    const carol = { signer, site, proven: { ...proven, proof: await world.log.proof(index, ISSUED) } };
    await refuseOne(carol, { code: 'E_ASSERTION_CRED', field: 'credential.proof' });
  });

  it('whose issuance no witness saw is refused', async () => {
    const { signer, site, proven } = await person({});
    const checkpoint = proven.proof.checkpoint.replace(/— witness[^\n]*\n/u, '');
    const carol = { signer, site, proven: { ...proven, proof: { ...proven.proof, checkpoint } } };
    await refuseOne(carol, { code: 'E_LOG_PROOF', field: 'proof.checkpoint' });
  });

  it('younger than a day takes no part in a change by two, and may sign alone', async () => {
    const carol = await person({}, 'carol', 1);
    const index = world.log.entries.length - 1;
    const young = async (time: number): Promise<Person> => ({
      ...carol,
      proven: { ...carol.proven, proof: await world.log.proof(index, time) },
    });
    const expected = { code: 'E_ASSERTION_CRED', field: 'credential' } as const;
    await refuseTwo([world.alice, await young(NOW - DAY + 1)], expected);
    const alone = await opened(world);
    await apply(alone, await bundleWith(world, { people: [await young(NOW)] }));
    const old = await opened(world);
    const people = [world.alice, await young(NOW - DAY)];
    await apply(old, await bundleWith(world, { people, command: TWO }));
  });

  for (const [name, mark] of Object.entries(MARK)) {
    it(`marked "${name}" is for devices with development anchors only`, async () => {
      await refuseOne(await person({ marks: mark }), { code: 'E_ASSERTION_CRED', field: 'credential.marks' });
      world = await makeDeviceWorld({ anchors: { development: true } });
      await apply(await opened(world), await bundleWith(world, { people: [await person({ marks: mark })] }));
    });
  }

  it('marked "demo" may take part in a change by two at once', async () => {
    world = await makeDeviceWorld({ anchors: { development: true } });
    const carol = await person({ marks: MARK.demo }, 'carol', 1);
    const proof = await world.log.proof(world.log.entries.length - 1, NOW);
    const people = [world.alice, { ...carol, proven: { ...carol.proven, proof } }];
    await apply(await opened(world), await bundleWith(world, { people, command: TWO }));
  });

  it('is verified once and remembered, and costs nothing the second time', async () => {
    const bench = await opened(world);
    await apply(bench, await bundleWith(world));
    const first = bench.device.work.verifications;
    await apply(bench, await bundleWith(await reopened(bench), { command: { changes: new Map([[1, 75]]) } }));
    const grantLogWitnessApproval = 4;
    assert.equal(bench.device.work.verifications - first, grantLogWitnessApproval);
  });

  const contentOf = async (name: string): Promise<IssuableCredential> => {
    const { key } = testSigner(name);
    return {
      subject: testBytes(`subject ${name}`, 16),
      roles: ROLE.clinician,
      coseKey: coseKey(key.alg, key.raw),
      rpIdHash: nodeCrypto.sha256(new TextEncoder().encode(world.alice.site.rpId)),
      backupEligible: false,
      notBefore: ISSUED,
      notAfter: ISSUED + 365 * DAY,
      serial: 1,
      marks: 0,
    };
  };
});

describe('an approval', () => {
  beforeEach(setUp);
  const gestures: readonly [what: string, gesture: Gesture, field: string][] = [
    ['that nobody touched', { flags: UV }, 'approval.flags'],
    ['that did not verify its user', { flags: UP }, 'approval.flags'],
    ['with attested data', { flags: UP | UV | AT }, 'approval.flags'],
    ['with extensions', { flags: UP | UV | ED }, 'approval.flags'],
    ['backed up though it could not be', { flags: UP | UV | BS }, 'approval.flags'],
    ['from a page whose words run on', { suffix: 'x}' }, 'approval.clientDataJSON'],
  ];

  for (const [what, gesture, field] of gestures) {
    it(`${what} is refused`, async () => {
      const bundle = await bundleWith(world);
      const approvals = [await approve(world.alice, bundle.command, gesture)];
      await refuseThenApply(world, { ...bundle, approvals }, { code: 'E_ASSERTION', field });
    });
  }

  it('may carry what a browser appends, and a passkey that is synchronised, for one person', async () => {
    const gestures: Gesture[] = [{ suffix: ',"more":1}' }, { flags: UP | UV | BE | BS }, { signCount: 7 }];
    for (const gesture of gestures) {
      const bundle = await bundleWith(world);
      const approvals = [await approve(world.alice, bundle.command, gesture)];
      await apply(await opened(world), { ...bundle, approvals });
    }
  });

  it('from a synchronised passkey is refused where two people are needed', async () => {
    const bundle = await bundleWith(world, { people: [world.alice, world.bob], command: TWO });
    const [, second] = bundle.approvals;
    if (!second) throw new Error('two approvals');
    const first = await approve(world.alice, bundle.command, { flags: UP | UV | BE });
    const expected = { code: 'E_ASSERTION', field: 'approval.flags' } as const;
    await refuseThenApply(world, { ...bundle, approvals: [first, second] }, expected);
  });

  it('of other bytes, or of the same bytes as something else than a command, is refused', async () => {
    const bundle = await bundleWith(world);
    const { sha256 } = nodeCrypto;
    const { signer, site } = world.alice;
    const challenges = [
      challengeFor(sha256, 'command', testBytes('x')),
      challengeFor(sha256, 'session', bundle.command),
      sha256(bundle.command),
    ];
    for (const challenge of challenges) {
      const approvals = [await assertion(nodeCrypto, signer, site, challenge)];
      const expected = { code: 'E_ASSERTION', field: 'approval.clientDataJSON' } as const;
      await refuseThenApply(world, { ...bundle, approvals }, expected);
    }
  });

  it('made on another page, or for another scope, is refused', async () => {
    const bundle = await bundleWith(world);
    const challenge = challengeFor(nodeCrypto.sha256, 'command', bundle.command);
    const { origin, rpId } = world.alice.site;
    const sites: [SigningOrigin, string][] = [
      [{ origin: 'https://evil.test', rpId }, 'approval.clientDataJSON'],
      [{ origin, rpId: 'evil.test' }, 'approval.rpIdHash'],
      [world.bob.site, 'approval.clientDataJSON'],
    ];
    for (const [site, field] of sites) {
      const approvals = [await assertion(nodeCrypto, world.alice.signer, site, challenge)];
      await refuseThenApply(world, { ...bundle, approvals }, { code: 'E_ASSERTION', field });
    }
  });

  it('made inside another page’s frame, or for something else than signing, is refused', async () => {
    const bundle = await bundleWith(world);
    const [genuine] = bundle.approvals;
    if (!genuine) throw new Error('one approval');
    const challenge = base64url(challengeFor(nodeCrypto.sha256, 'command', bundle.command));
    const { origin } = world.alice.site;
    const said = [
      `{"type":"webauthn.get","challenge":"${challenge}","origin":"${origin}","crossOrigin":true}`,
      `{"type":"webauthn.create","challenge":"${challenge}","origin":"${origin}","crossOrigin":false}`,
      `{"challenge":"${challenge}","type":"webauthn.get","origin":"${origin}","crossOrigin":false}`,
    ];
    for (const words of said) {
      const approvals = [await approvalSaying(world.alice, genuine, words)];
      const expected = { code: 'E_ASSERTION', field: 'approval.clientDataJSON' } as const;
      await refuseThenApply(world, { ...bundle, approvals }, expected);
    }
  });

  it('with a signature that is wrong, or spelled the other way, is refused', async () => {
    const bundle = await bundleWith(world);
    const [genuine] = bundle.approvals;
    if (!genuine) throw new Error('one approval');
    const other = (await approve(world.bob, bundle.command)).signature;
    for (const signature of [other, highS(genuine.signature), new Uint8Array(64)]) {
      const approvals = [{ ...genuine, signature }];
      await refuseThenApply(
        world,
        { ...bundle, approvals },
        { code: 'E_ASSERTION', field: 'approval.signature' },
      );
    }
  });

  it('that names another passkey than the credential is refused', async () => {
    const { signer } = world.alice;
    const alias = { ...signer, key: { ...signer.key, kid: testBytes('x', 16) } };
    await refuseOne({ ...world.alice, signer: alias }, { code: 'E_ASSERTION', field: 'approval.kid' });
  });

  it('by a passkey of a page that is not in the anchors is refused', async () => {
    const carol = await person({ rpIdHash: testBytes('x') });
    await refuseOne(carol, { code: 'E_ASSERTION', field: 'credential.rpIdHash' });
  });
});

describe('two people', () => {
  beforeEach(setUp);
  const onRecord = async (
    people: readonly Person[],
    code: string,
    kids: number,
    command: Partial<Command> = TWO,
  ) => {
    const bench = await opened(world);
    const bundle = await bundleWith(world, { people, command });
    const receipt = await receiptIn(bench, await deliver(bench, bundle));
    assert.equal(receipt.result, 'refused');
    assert.equal(receipt.code, code);
    assert.equal(receipt.kids.length, kids);
    assert.deepEqual(bench.device.state.settings, world.attestation.settings);
    assert.equal(bench.device.state.counter, world.attestation.counter);
    return bench;
  };

  it('are two subjects', async () => {
    const carol = await person({ subject: testBytes('subject alice', 16) }, 'carol', 1);
    await onRecord([world.alice, carol], 'E_DUAL_SAME_PERSON', 2);
  });

  it('are two passkeys', async () => {
    const again = await person({ subject: testBytes('x', 16) }, 'alice', 1);
    await onRecord([world.alice, again], 'E_DUAL_SAME_PERSON', 2);
  });

  it('sign on two pages', async () => {
    const carol = await person({}, 'carol', 0);
    await onRecord([world.alice, carol], 'E_DUAL_SAME_PERSON', 2);
  });

  it('may share a page in a demonstration, and only there', async () => {
    world = await makeDeviceWorld({ anchors: { development: true } });
    const demo = [await person({ marks: MARK.demo }, 'carol'), await person({ marks: MARK.demo }, 'dora')];
    await apply(await opened(world), await bundleWith(world, { people: demo, command: TWO }));
    await onRecord([demo[0] ?? world.alice, await person({}, 'erna')], 'E_DUAL_SAME_PERSON', 2);
  });

  it('hold passkeys that cannot be copied', async () => {
    const carol = await person({ backupEligible: true }, 'carol', 1);
    await onRecord([world.alice, carol], 'E_ASSERTION_CRED', 2);
  });

  it('sign what the device takes from one: it holds them to what two people are', async () => {
    const carol = await person({ backupEligible: true }, 'carol', 1);
    const small = { changes: new Map([[LOWER, 65]]) };
    await onRecord([world.alice, carol], 'E_ASSERTION_CRED', 2, small);
    await apply(
      await opened(world),
      await bundleWith(world, { people: [world.alice, world.bob], command: small }),
    );
  });

  /** Alice chooses; Bob was shown what she chose, signs that, and the log tells it, unless the case says otherwise. */
  const shown = async (
    entry: Partial<Entry> = { result: SHOWN },
    labels: readonly SignedByPeople[] = ['command', 'primed'],
    command: Partial<Command> = TWO,
  ): Promise<Bundle> => {
    const people = [world.alice, world.bob];
    const bundle = await bundleWith(world, { people, command, entry });
    const approvals = people.map((who, i) => approve(who, bundle.command, undefined, labels[i]));
    return { ...bundle, approvals: await Promise.all(approvals) };
  };

  it('may be one who chose and one who was shown, where anchors and log say so', async () => {
    world = await makeDeviceWorld({ anchors: { primedChecks: true } });
    await apply(await opened(world), await shown());
  });

  it('are not one who chose and one who was shown, where the anchors say nothing of it', async () => {
    await refuseThenApply(world, await shown(), { code: 'E_DUAL_REQUIRED', field: 'proof.entry' });
  });

  it('keep no primed check from the log, and let nobody who was shown the values stand in for who chose them', async () => {
    world = await makeDeviceWorld({ anchors: { primedChecks: true } });
    const cases: readonly [Bundle, number][] = [
      [await shown({}), 1],
      [await shown({ result: SHOWN }, ['command', 'command']), 1],
      [await shown({ result: SHOWN }, ['primed', 'primed']), 0],
    ];
    for (const [bundle, kids] of cases) {
      const bench = await opened(world);
      const answer = await deliver(bench, bundle);
      if (answer.kind === 'refused') assert.equal(`${answer.code} ${kids}`, 'E_ASSERTION 0');
      else
        assert.deepEqual(await receiptIn(bench, answer).then((r) => [r.code, r.kids.length]), [
          'E_ASSERTION',
          kids,
        ]);
      assert.deepEqual(bench.device.state.settings, world.attestation.settings);
    }
  });

  it('are not primed for whose device it is, for one signer, or by a word that the log does not have', async () => {
    world = await makeDeviceWorld({ anchors: { primedChecks: true } });
    const alone = await bundleWith(world, { entry: { result: SHOWN } });
    await refuseThenApply(world, alone, { code: 'E_DUAL_REQUIRED', field: 'proof.entry' });
    await refuseThenApply(world, await shown({ result: 1 }), { code: 'E_LOG_PROOF', field: 'proof.entry' });
    const stop = { operation: OPERATION.stop, changes: new Map<number, number>() };
    await refuseThenApply(world, await shown({ result: SHOWN }, undefined, stop), {
      code: 'E_DUAL_REQUIRED',
      field: 'proof.entry',
    });
  });

  it('cannot be one approval, twice', async () => {
    const bench = await opened(world);
    const bundle = await bundleWith(world, { people: [world.alice, world.alice], command: TWO });
    const receipt = await receiptIn(bench, await deliver(bench, bundle));
    assert.equal(receipt.code, 'E_DUAL_SAME_PERSON');
  });

  it('a second approval that is wrong puts the refusal on the record and leaves the nonce', async () => {
    const bench = await opened(world);
    const bundle = await bundleWith(world, { people: [world.alice, world.bob], command: TWO });
    const [first, second] = bundle.approvals;
    if (!first || !second) throw new Error('two approvals');
    const approvals = [first, { ...second, signature: new Uint8Array(64) }];
    const receipt = await receiptIn(bench, await deliver(bench, { ...bundle, approvals }));
    assert.equal(receipt.code, 'E_ASSERTION');
    assert.deepEqual(receipt.kids, [first.kid]);
    assert.equal(receipt.counter, world.attestation.counter);
    const again = await reopened(bench);
    assert.deepEqual(again.attestation.nonce, world.attestation.nonce);
    await apply(bench, await bundleWith(again));
  });
});
