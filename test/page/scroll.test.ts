import assert from 'node:assert/strict';
import { type Held, pagesOf, rowAt, withPage } from '../../clients/auditor/list/pages.ts';
import {
  heightOf,
  MAX_HEIGHT,
  moved,
  offsetOf,
  ROW,
  scrollOf,
  windowOf,
} from '../../clients/auditor/frame/scroll.ts';

const SHORT = { rows: 300, view: 600 };
const LONG = { rows: 1_000_000, view: 600 };
const way = LONG.rows * ROW - LONG.view;
const bar = MAX_HEIGHT - LONG.view;

describe('a list that is longer than a browser draws', () => {
  it('keeps a pixel a pixel while it fits', () => {
    assert.equal(heightOf(SHORT.rows), SHORT.rows * ROW);
    for (const at of [0, 1, 5_000, SHORT.rows * ROW - SHORT.view]) {
      assert.equal(offsetOf(at, SHORT), at);
      assert.equal(scrollOf(at, SHORT), at);
    }
  });

  it('reaches both ends exactly, and the middle in the middle', () => {
    assert.equal(heightOf(LONG.rows), MAX_HEIGHT);
    assert.equal(offsetOf(0, LONG), 0);
    assert.equal(offsetOf(bar, LONG), way);
    assert.ok(Math.abs(offsetOf(bar / 2, LONG) - way / 2) < ROW);
    let before = -1;
    for (let scroll = 0; scroll <= bar; scroll += 9_973) {
      const offset = offsetOf(scroll, LONG);
      assert.ok(offset > before, 'never back');
      assert.ok(Math.abs(scrollOf(offset, LONG) - scroll) < 1, 'and the same way back');
      before = offset;
    }
  });

  it('steps by pixels and leaps by the bar', () => {
    const middle = { scroll: bar / 2, offset: way / 2 };
    assert.equal(moved(middle, middle.scroll + 100, LONG).offset, middle.offset + 100);
    const far = moved(middle, middle.scroll + 100_000, LONG);
    assert.equal(far.offset, offsetOf(far.scroll, LONG));
    assert.equal(moved(middle, 0, LONG).offset, 0);
    assert.equal(moved(middle, bar, LONG).offset, way);
  });

  it('draws what is in view and a margin, wherever that is', () => {
    for (const offset of [0, 45, way / 2, way]) {
      const { from, to, first, last } = windowOf(offset, LONG);
      assert.ok(from * ROW <= offset && to * ROW >= offset + LONG.view);
      assert.ok(first <= from && last >= to && last - first <= 40);
    }
    assert.equal(windowOf(way, LONG).to, LONG.rows);
    assert.deepEqual(windowOf(0, { rows: 1, view: 600 }), { from: 0, to: 1, first: 0, last: 1 });
  });

  it('holds some pages, those that are near', () => {
    assert.deepEqual(pagesOf({ from: 0, to: 100 }), [0]);
    assert.deepEqual(pagesOf({ from: 95, to: 104 }), [0, 1]);
    let held: Held = new Map();
    for (let page = 0; page < 100; page++) held = withPage(held, page, []);
    assert.ok(held.size < 50 && held.has(99) && held.has(98) && !held.has(0));
    assert.equal(rowAt(held, 9_900), undefined);
  });
});
