import { Refusal } from '../protocol/refusal.ts';
import type { Rule } from './rule.ts';

const CODE = /^[a-z][a-z0-9-]{1,39}$/u;
const WORD_LETTERS = /[\p{L}\p{N}]/gu;
/** Enough for a word in any script; "." and "--" have none. */
const MIN_LETTERS = 3;
/** In scripts that write a syllable or a word per sign, two signs can be a word. */
const IDEOGRAPHIC = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]{2}/u;

/** A change of high risk says why: a code that can be counted, and a note that is more than punctuation. */
export const reason: Rule = ({ tier, context }) => {
  if (tier !== 2) return;
  if (!CODE.test(context.reason)) {
    throw new Refusal('E_POLICY', 'a change of high risk needs a reason code', 'context.reason');
  }
  const letters = context.note.match(WORD_LETTERS)?.length ?? 0;
  if (letters < MIN_LETTERS && !IDEOGRAPHIC.test(context.note)) {
    throw new Refusal('E_POLICY', 'a change of high risk needs a note in words', 'context.note');
  }
};
