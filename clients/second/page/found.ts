import { t } from '../texts/texts.ts';
import { field, make, notice } from './dom.ts';

/** The statement holds 500 characters at most, the word before it among them. */
const MOST = '480';

/** What a reviewer found: one word of a list, and more words; signed as "word: words". @param need said where no word was chosen */
export function foundForm<Word extends string>(
  title: string,
  words: readonly Word[],
  names: Readonly<Record<Word, string>>,
  need: string,
  close: (found: string) => Promise<string | undefined>,
): { readonly body: readonly HTMLElement[]; readonly sign: () => Promise<void> } {
  const { review: says } = t();
  const word = make('select', {}, make('option', { value: '' }, says.choose));
  for (const name of words) word.append(make('option', { value: name }, names[name]));
  const text = make('input', { autocomplete: 'off', maxlength: MOST });
  const told = make('div', { 'aria-live': 'assertive' });
  const sign = async (): Promise<void> => {
    const said = text.value.trim();
    const missing =
      word.value === '' ? need : word.value === 'other' && said === '' ? says.needText : undefined;
    if (missing !== undefined) return told.replaceChildren(notice('plain', missing));
    const failed = await close(said === '' ? word.value : `${word.value}: ${said}`);
    if (failed !== undefined) told.replaceChildren(notice('stop', says.not, failed));
  };
  return { body: [field(title, word), field(says.found, text, says.foundHint), told], sign };
}
