import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { CareRelations } from '../../server/authorize/care-relation.ts';
import { FileError } from '../../server/authorize/json-file.ts';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { alice, bob, DEVICE_ID, refusal } from './ward.ts';

const file = (value: unknown) => utf8(JSON.stringify(value));

describe('care relations', () => {
  it('say who cares for which device, and nobody else does', () => {
    const care = new CareRelations(file({ [alice.subject]: [DEVICE_ID] }));
    assert.ok(care.has(alice.subject, DEVICE_ID));
    assert.ok(!care.has(bob.subject, DEVICE_ID));
    assert.ok(!care.has(alice.subject, '00'.repeat(8)));
    assert.deepEqual([...care.devicesOf(alice.subject)], [DEVICE_ID]);
    assert.deepEqual([...care.devicesOf('constructor')], []);
  });

  it('answer for a stranger’s device exactly as for one that does not exist', () => {
    const care = new CareRelations(file({ [alice.subject]: [DEVICE_ID], [bob.subject]: [] }));
    const said = (device: string): string => {
      try {
        care.check(bob.subject, device);
      } catch (error) {
        assert.ok(refusal('E_SCOPE')(error));
        return String(error);
      }
      return 'allowed';
    };
    assert.equal(said(DEVICE_ID), said('00'.repeat(8)));
    care.check(alice.subject, DEVICE_ID);
  });

  it('take a new file while running, and keep the old one when the new does not read', () => {
    const care = new CareRelations(file({ [alice.subject]: [DEVICE_ID] }));
    assert.throws(() => care.reload(file({ [alice.subject]: 'all' })), FileError);
    assert.ok(care.has(alice.subject, DEVICE_ID));
    care.reload(file({ [bob.subject]: [DEVICE_ID] }));
    assert.ok(!care.has(alice.subject, DEVICE_ID));
  });

  it('refuse a file with names, wild cards, capitals, doubles or anything else', () => {
    const wrong = [
      { alice: [DEVICE_ID] },
      { [alice.subject]: ['*'] },
      { [alice.subject.toUpperCase()]: [DEVICE_ID] },
      { [alice.subject]: [DEVICE_ID, DEVICE_ID] },
      { [alice.subject]: DEVICE_ID },
      [],
      null,
    ];
    for (const value of wrong) assert.throws(() => new CareRelations(file(value)), FileError);
    const twice = `{"${alice.subject}":["${DEVICE_ID}"],"${alice.subject}":[]}`;
    assert.throws(() => new CareRelations(utf8(twice)), FileError);
  });

  it('survive any bytes', () => {
    const read = (bytes: Uint8Array): void => {
      try {
        new CareRelations(bytes).has('a', 'b');
      } catch (error) {
        assert.ok(error instanceof FileError, String(error));
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), read), { numRuns: 300 });
    fc.assert(
      fc.property(fc.json(), (json) => read(utf8(json))),
      { numRuns: 300 },
    );
  });
});
