import assert from 'node:assert/strict';
import { CASES } from '../../clients/attack/cases/all.ts';
import { CATALOGUE, REQUIREMENTS } from '../../clients/attack/catalogue.ts';
import { partyNamed } from '../../clients/attack/parties.ts';
import { NOT_PLAYED } from '../../clients/attack/reasons.ts';
import { codeNamed } from '../../server/protocol/refusal.ts';

const ids = new Set(CATALOGUE.map(({ id }) => id));

describe('the catalogue of published attacks', () => {
  it('has each attack once, and each is either played or left out with a reason', () => {
    assert.equal(ids.size, CATALOGUE.length);
    const played = new Set(CASES.map(({ id }) => id));
    assert.equal(played.size, CASES.length, 'an attack is played twice');
    for (const { id } of CATALOGUE) {
      const reason = NOT_PLAYED[id];
      assert.ok(played.has(id) !== (reason !== undefined), `${id}: played, or a reason, and not both`);
      if (reason !== undefined) assert.ok(reason.length > 20, id);
    }
    for (const id of [...played, ...Object.keys(NOT_PLAYED)])
      assert.ok(ids.has(id), `${id} is in no catalogue`);
  });

  it('names only refusal codes that exist', () => {
    const unknown = CASES.flatMap(({ id, codes }) =>
      codes.filter((code) => code.startsWith('E_') && !codeNamed(code)).map((code) => `${id} ${code}`),
    );
    assert.deepEqual(unknown, []);
  });

  it('has attackers whose hands are described', () => {
    for (const { given } of CASES) for (const id of given) assert.ok(partyNamed(id).name.length > 0);
  });

  it('is asked for by requirements that it knows', () => {
    const asked = new Set(REQUIREMENTS.map(({ id }) => id));
    for (const { id, requirements } of CATALOGUE)
      for (const name of requirements) assert.ok(asked.has(name), `${id} names ${name}`);
    for (const { id, attacks } of REQUIREMENTS)
      for (const name of attacks) assert.ok(ids.has(name), `${id} names ${name}`);
  });
});
