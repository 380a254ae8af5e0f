import assert from 'node:assert/strict';
import { catalogue, language, pseudo } from '../../clients/common/page/texts.ts';

describe('the texts of a page', () => {
  const texts = catalogue(
    { greet: 'Good morning', bed: { of: (name: string) => `Bed of ${name}` } },
    { greet: 'Guten Morgen', bed: { of: (name) => `Bett von ${name}` } },
  );
  afterEach(() => {
    language.value = 'en';
  });

  it('change with the language of the page', () => {
    assert.equal(texts.value.greet, 'Good morning');
    language.value = 'de';
    assert.equal(texts.value.bed.of('Vargas'), 'Bett von Vargas');
  });

  it('are all longer and accented in the pseudo-language, so that a plain one shows', () => {
    language.value = 'en-XA';
    assert.equal(texts.value.greet, pseudo('Good morning'));
    assert.match(texts.value.bed.of('x'), /^\[Béd öf x~+\]$/u);
    assert.ok(texts.value.greet.length >= 'Good morning'.length * 1.4);
  });
});
