import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import {
  decodeBundle,
  encodeBundle,
  parseTilePath,
  tilePath,
  tileWidth,
} from '../../server/protocol/log/tiles.ts';

describe('Tiles', () => {
  it('print the paths of the specification', () => {
    assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067');
    assert.equal(tilePath({ level: 0, index: 273, width: 112 }), 'tile/0/273.p/112');
    assert.equal(tilePath({ level: 'entries', index: 0, width: 256 }), 'tile/entries/000');
    assert.equal(tilePath({ level: 2, index: 1000, width: 1 }), 'tile/2/x001/000.p/1');
  });

  it('read back what they print, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant<'entries'>('entries')),
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          const tile = { level, index, width };
          assert.deepEqual(parseTilePath(tilePath(tile)), tile);
        },
      ),
    );
    for (const path of [
      'tile/0/067.p/256', 'tile/0/067.p/0', 'tile/0/067.p/01', 'tile/0/x000/067', 'tile/0/67', 'tile/00/067',
      'tile/6/067', 'tile/0/001/067', 'tile/0/x001', 'tile/entries', 'tile/0/../067', 'tile/0/067/', '/tile/0/067',
    ]) assert.equal(parseTilePath(path), null, path); // prettier-ignore
  });

  it('have the widths of a tree of 70,000 entries as the specification counts them', () => {
    assert.equal(tileWidth(70_000, 0, 272), 256);
    assert.equal(tileWidth(70_000, 0, 273), 112);
    assert.equal(tileWidth(70_000, 0, 274), 0);
    assert.equal(tileWidth(70_000, 1, 0), 256);
    assert.equal(tileWidth(70_000, 1, 1), 17);
    assert.equal(tileWidth(70_000, 2, 0), 1);
  });

  it('carry entries in bundles that refuse to be cut', () => {
    const entries = [utf8('one'), new Uint8Array(0), new Uint8Array(65_535).fill(7)];
    const bundle = encodeBundle(entries);
    assert.deepEqual(decodeBundle(bundle), entries);
    assert.throws(() => decodeBundle(bundle.subarray(0, -1)), RangeError);
    assert.throws(() => decodeBundle(bundle.subarray(0, 1)), RangeError);
    assert.throws(() => encodeBundle([new Uint8Array(65_536)]), RangeError);
  });
});
