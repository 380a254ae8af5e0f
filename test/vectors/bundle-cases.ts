import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { concat, equal } from '../../server/protocol/encoding/bytes.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import { encodeEntry } from '../../server/protocol/log/entry.ts';
import { proveMany, rootOfMany } from '../../server/protocol/log/many-proof.ts';
import { leafHash, nodeHash, treeRoot } from '../../server/protocol/log/merkle.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import {
  encodeContinuations,
  encodeEntries,
  encodeOpenings,
  opensAll,
  parseEntries,
  parseOpenings,
} from '../../server/protocol/verify/bundle-files.ts';
import { NOW } from '../support/fixtures.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';
import { damaged } from './plain-cases.ts';
import { flipped, good, type Vector, vector } from './vector-file.ts';

const { sha256 } = nodeCrypto;
const MALFORMED = 'E_CMD_MALFORMED';
const UNPROVEN = 'E_LOG_PROOF';

/** A small log of seven entries. */
const LOG: readonly Bytes[] = Array.from({ length: 7 }, (_, i) =>
  encodeEntry({ type: 'start', time: NOW * 1000 + i, digest: testBytes(`entry ${i}`) }),
);
const node = (level: number, index: number): Bytes =>
  level === 0
    ? leafHash(sha256, LOG[index] ?? new Uint8Array())
    : nodeHash(sha256, node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
export const bundleRoot = (): Bytes => treeRoot(sha256, node, LOG.length);

const VALUES = [0, 1, 2].map((i) => ({ salt: testBytes(`salt ${i}`, 16), value: encode(`value ${i}`) }));
export const bundleCommitments = (): readonly Bytes[] =>
  VALUES.map(({ salt, value }) => sha256(concat(salt, value)));

/** Entries lead to a root. Throws Refusal. */
export function judgeEntries(given: Bytes, root: Bytes): void {
  const { proof, entries } = parseEntries(given);
  const found = rootOfMany(sha256, proof, entries);
  if (!found || !equal(found, root)) throw new Refusal(UNPROVEN, 'another root', 'entries');
}

/** Openings are those of commitments. Throws Refusal. */
export function judgeOpenings(given: Bytes, commitments: readonly Bytes[]): void {
  if (!opensAll(sha256, commitments, parseOpenings(given)))
    throw new Refusal(UNPROVEN, 'not what was committed to', 'openings');
}

/** The files of an evidence bundle that say something to a program. */
export function bundleCases(): Record<string, Vector[]> {
  const proving = (indexes: readonly number[]) => ({
    proof: proveMany(sha256, node, indexes, LOG.length),
    entries: indexes.map((index) => LOG[index] ?? new Uint8Array()),
  });
  const two = proving([1, 4]);
  const [first, ...rest] = two.proof.hashes;
  const hashes = (...all: readonly Bytes[]): Bytes =>
    encodeEntries({ ...two, proof: { ...two.proof, hashes: all } });
  const whole = encodeEntries(two);
  const openings = encodeOpenings(VALUES);
  const hidden = { hidden: bundleCommitments()[1] ?? new Uint8Array() };
  const [a, b, c] = VALUES;
  if (!first || !a || !b || !c) throw new Error('made above');
  const paths = new Map([[3, [testBytes('path')]]]);
  return {
    entries: [
      good(whole, 'entries 1 and 4 of seven', 'two'),
      good(encodeEntries(proving([0, 1, 2, 3, 4, 5, 6])), 'all of them: no hash is needed', 'all'),
      good(encodeEntries(proving([6])), 'the last one alone', 'last'),
      vector('flipped hash', hashes(flipped(first, 0), ...rest), UNPROVEN, 'another root'),
      vector('hash missing', hashes(...rest), UNPROVEN, 'a subtree without its hash'),
      vector('hash too many', hashes(first, ...rest, first), UNPROVEN, 'a hash that stands for nothing'),
      vector('other entry', encodeEntries({ ...two, entries: [...two.entries].toReversed() }), UNPROVEN, 'the entries changed places'), // prettier-ignore
      vector('order', encodeEntries({ ...two, proof: { ...two.proof, indexes: [4, 1] } }), UNPROVEN, 'indexes that descend'), // prettier-ignore
      vector('beyond', encodeEntries({ ...two, proof: { ...two.proof, indexes: [1, 7] } }), UNPROVEN, 'beyond the tree'), // prettier-ignore
      vector('other size', encodeEntries({ ...two, proof: { ...two.proof, size: 16 } }), UNPROVEN, 'a tree of another size'), // prettier-ignore
      vector('none', encode([7, [], []]), MALFORMED, 'no entries'),
      vector('short hash', hashes(first.slice(1), ...rest), MALFORMED, 'a hash of 31 bytes'),
      ...damaged(whole, MALFORMED),
    ],
    openings: [
      good(openings, 'everything is shown', 'open'),
      good(encodeOpenings([a, hidden, c]), 'the second is hidden', 'masked'),
      vector('other value', encodeOpenings([a, { ...b, value: c.value }, c]), UNPROVEN, 'another value'),
      vector('order', encodeOpenings([b, a, c]), UNPROVEN, 'in another order'),
      vector('missing', encodeOpenings([a, b]), UNPROVEN, 'one is missing'),
      vector(
        'other hidden',
        encodeOpenings([a, { hidden: testBytes('hidden') }, c]),
        UNPROVEN,
        'another commitment',
      ),
      vector('short salt', encode([[a.salt.slice(1), a.value]]), MALFORMED, 'a salt of 15 bytes'),
      vector('short hidden', encode([hidden.hidden.slice(1)]), MALFORMED, 'a hash of 31 bytes'),
      ...damaged(openings, MALFORMED),
    ],
    consistency: [
      good(encodeContinuations(paths), 'from size 3', 'one'),
      good(encodeContinuations(new Map()), 'nobody kept an earlier checkpoint', 'none'),
      vector('17', encode(Array.from({ length: 17 }, (_, i) => [i, []])), MALFORMED, 'at most 16'),
      vector(
        '42 hashes',
        encode([[3, Array.from({ length: 42 }, () => testBytes('path'))]]),
        MALFORMED,
        'at most 41',
      ),
      vector('short hash', encode([[3, [new Uint8Array(31)]]]), MALFORMED, 'a hash of 31 bytes'),
      ...damaged(encodeContinuations(paths), MALFORMED),
    ],
  };
}
