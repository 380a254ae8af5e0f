import { type Anchors, issueAnchors } from '../../../server/protocol/anchors.ts';
import { encodeBundle } from '../../../server/protocol/bundle.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { MARK } from '../../../server/protocol/credential.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import { unexpected } from '../answers.ts';
import type { Bench } from '../bench.ts';
import { same } from '../faults.ts';
import { ephemeralSigner } from '../world/hospital.ts';
import { type Case, reject, small } from './case.ts';

const SECTION = '3.1';

interface Change {
  readonly anchors?: Partial<Anchors>;
  readonly step?: number;
  readonly authority?: Signer;
  readonly recovery?: Signer;
}

function next(bench: Bench, change: Change = {}): Promise<Bytes> {
  const { hospital } = bench.parts;
  const version = bench.attestation.anchorsVersion + (change.step ?? 1);
  return issueAnchors(
    { ...hospital.anchors, version, ...change.anchors },
    change.authority ?? hospital.signer('authority'),
    change.recovery ?? hospital.signer('recovery'),
  );
}

const refused = (
  id: string,
  says: string,
  change: (bench: Bench) => Change,
  code: RefusalCode | readonly RefusalCode[] = 'E_ANCHORS',
): Case =>
  reject(`anchors.${id}`, says, SECTION, code, async (bench) => ({
    kind: 'anchors',
    anchors: await next(bench, change(bench)),
  }));

/** What a device believes in changes by two keys together, one version at a time. */
export const anchorsCases: readonly Case[] = [
  refused('one-key', 'anchors that the authority signed twice are refused', ({ parts }) => ({
    recovery: parts.hospital.signer('authority'),
  })),
  refused('stranger', 'anchors whose authority is a stranger are refused', () => ({
    authority: ephemeralSigner(),
  })),
  refused('swapped', 'anchors with the two signatures in the wrong order are refused', ({ parts }) => ({
    authority: parts.hospital.signer('recovery'),
    recovery: parts.hospital.signer('authority'),
  })),
  refused('own-keys', 'anchors signed by the keys that they bring themselves are refused', () => {
    const [authority, recovery] = [ephemeralSigner(), ephemeralSigner()];
    return { authority, recovery, anchors: { authorities: [authority.key], recovery: recovery.key } };
  }),
  refused('same', 'anchors of the version it has are refused', () => ({ step: 0 })),
  refused('skipped', 'anchors that leave a version out are refused', () => ({ step: 2 })),
  refused(
    'protocol',
    'anchors that ask for a protocol it does not speak are refused',
    () => ({
      anchors: { minimumProtocol: 2 },
    }),
    ['E_VERSION', 'E_ANCHORS'],
  ),
  refused(
    'maker',
    'anchors whose maker did not sign the profile it holds are refused',
    () => ({
      anchors: { profileMaker: ephemeralSigner().key },
    }),
    ['E_PROFILE', 'E_ANCHORS'],
  ),
  {
    id: 'anchors.next',
    says: 'the next anchors are taken from anybody who carries them, and a command by them is too',
    section: SECTION,
    async run(bench) {
      const { anchorsVersion } = await bench.open();
      await adopt(bench);
      same(
        'it attests the anchors that it took',
        'attestation.14',
        anchorsVersion + 1,
        bench.attestation.anchorsVersion,
      );
      await bench.accept(1);
    },
  },
  {
    id: 'anchors.marks',
    says: 'under anchors that are not for development, a credential marked as weak is refused',
    section: '3.4; 4, check 12',
    async run(bench) {
      await bench.open();
      await adopt(bench, { development: false });
      try {
        const marked = await bench.parts.people.enrol({ changes: { marks: MARK.software } });
        const bundle = await small(bench, { people: [marked] });
        await bench.refuse(
          { kind: 'deliver', bundle: encodeBundle(bundle) },
          { codes: ['E_ASSERTION_CRED'] },
        );
      } finally {
        await bench.open();
        await adopt(bench); // the device under test ends with development anchors, whatever was found
      }
    },
  },
];

async function adopt(bench: Bench, anchors: Partial<Anchors> = {}): Promise<void> {
  const answer = await bench.patiently({ kind: 'anchors', anchors: await next(bench, { anchors }) });
  if (answer.kind !== 'accepted') throw unexpected('an acceptance of the next anchors', answer);
  await bench.open();
}
