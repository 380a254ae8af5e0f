import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { type Bytes, unbase64, utf8 } from '../../server/protocol/encoding/bytes.ts';
import * as merkle from '../../server/protocol/log/merkle.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';

const { sha256 } = nodeCrypto;
const folder = process.env['COUNTERSIGN_VECTORS'] ?? '../shared/vectors';

interface Case {
  name: string;
  desc: string;
  wantErr: boolean;
  proof: string[] | null;
  leafIdx: number;
  treeSize: number;
  root: string;
  leafHash: string;
  size1: number;
  size2: number;
  root1: string;
  root2: string;
}

function vectors(name: string): Case[] | null {
  const file = `${folder}/merkle/${name}.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Case[]) : null;
}

const bytes = (text: string | null | undefined): Bytes => unbase64(text ?? '');

/** Stored subtrees of a list of leaf hashes, by the definition. */
const nodes =
  (leaves: readonly Bytes[]): merkle.NodeReader =>
  (level, index) => {
    const width = 2 ** level;
    assert.ok((index + 1) * width <= leaves.length, 'only complete subtrees are stored');
    return merkle.root(sha256, leaves.slice(index * width, (index + 1) * width));
  };

const leavesOf = (count: number): Bytes[] =>
  Array.from({ length: count }, (_, i) => merkle.leafHash(sha256, utf8(`entry ${i}`)));

describe('Merkle proofs', () => {
  it('agrees with 98 inclusion proofs that others wrote', function () {
    const cases = vectors('inclusion');
    if (cases === null) {
      console.log('skipped: no vectors');
      this.skip();
    }
    assert.equal(cases.length, 98);
    for (const each of cases) {
      const ok = merkle.verifyInclusion(sha256, {
        index: each.leafIdx,
        size: each.treeSize,
        leaf: bytes(each.leafHash),
        path: (each.proof ?? []).map(bytes),
        root: bytes(each.root),
      });
      assert.equal(ok, !each.wantErr, `${each.name}: ${each.desc}`);
    }
  });

  it('agrees with 98 consistency proofs that others wrote, but for one that compares roots of 11 bytes', function () {
    const cases = vectors('consistency');
    if (cases === null) {
      console.log('skipped: no vectors');
      this.skip();
    }
    assert.equal(cases.length, 98);
    // The one valid case whose "root" is the text "dont care 2": here only 32-byte hashes are roots.
    const stricter = 'additional/sizes-are-equal-one-and-proof-is-empty.json';
    for (const each of cases) {
      const ok = merkle.verifyConsistency(sha256, {
        size1: each.size1,
        size2: each.size2,
        root1: bytes(each.root1),
        root2: bytes(each.root2),
        path: (each.proof ?? []).map(bytes),
      });
      const expected = each.name === stricter ? false : !each.wantErr;
      assert.equal(ok, expected, `${each.name}: ${each.desc}`);
    }
  });

  it('proves every leaf of every small tree, and at no other index, size or root', () => {
    for (let size = 1; size <= 33; size++) {
      const leaves = leavesOf(size);
      const root = merkle.root(sha256, leaves);
      assert.deepEqual(merkle.treeRoot(sha256, nodes(leaves), size), root);
      for (const [index, leaf] of leaves.entries()) {
        const path = merkle.inclusionPath(sha256, nodes(leaves), index, size);
        const good = { index, size, leaf, path, root };
        assert.ok(merkle.verifyInclusion(sha256, good), `${index} of ${size}`);
        for (let other = 0; other < size; other++) {
          if (other === index) continue;
          assert.ok(!merkle.verifyInclusion(sha256, { ...good, index: other }), `${index} as ${other}`);
        }
        assert.ok(!merkle.verifyInclusion(sha256, { ...good, path: [...path, leaf] }));
        assert.ok(!merkle.verifyInclusion(sha256, { ...good, path: path.slice(0, -1), size: size + 40 }));
      }
    }
  });

  it('proves that each tree begins with each smaller one, and nothing for forks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 0, max: 80 }), (size1, more) => {
        const leaves = leavesOf(size1 + more);
        const size2 = leaves.length;
        const path = merkle.consistencyPath(sha256, nodes(leaves), size1, size2);
        const good = {
          size1,
          size2,
          root1: merkle.root(sha256, leaves.slice(0, size1)),
          root2: merkle.root(sha256, leaves),
          path,
        };
        assert.ok(merkle.verifyConsistency(sha256, good));
        const forked = merkle.root(sha256, leavesOf(size1 - 1).concat([sha256(utf8('fork'))]));
        assert.ok(!merkle.verifyConsistency(sha256, { ...good, root1: forked }));
        assert.ok(!merkle.verifyConsistency(sha256, { ...good, path: [...path, good.root1] }));
        if (more > 0) assert.ok(!merkle.verifyConsistency(sha256, { ...good, path: path.slice(0, -1) }));
      }),
      { numRuns: 150 },
    );
  });

  it('refuses any single changed bit of an inclusion proof', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 70 }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (size, pick, where, bit) => {
          const leaves = leavesOf(size);
          const index = pick % size;
          const path = merkle.inclusionPath(sha256, nodes(leaves), index, size);
          const at = where % path.length;
          const changed = Uint8Array.from(path[at] ?? []);
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          const proof = {
            index,
            size,
            leaf: leaves[index] ?? changed,
            path: path.with(at, changed),
            root: merkle.root(sha256, leaves),
          };
          assert.ok(!merkle.verifyInclusion(sha256, proof));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses sizes that are no whole numbers or beyond the greatest tree', () => {
    const leaf = sha256(utf8('x'));
    for (const size of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 41]) {
      assert.ok(!merkle.verifyInclusion(sha256, { index: 0, size, leaf, path: [], root: leaf }));
      assert.ok(
        !merkle.verifyConsistency(sha256, { size1: size, size2: size, root1: leaf, root2: leaf, path: [] }),
      );
    }
  });
});
