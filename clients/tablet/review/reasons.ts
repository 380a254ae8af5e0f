import { reviewTexts } from './texts.ts';

/** Why somebody used the emergency door, in a word, as the log has it; in the order of how often it should be. */
export const RESCUE_REASONS = ['danger', 'device', 'no-other-way', 'mistake', 'drill', 'other'] as const;
export type RescueReason = (typeof RESCUE_REASONS)[number];

/** A rescuer's reason in the language of the page, and their own words as they wrote them. */
export function reasonSaid({ reason, text }: { readonly reason: string; readonly text: string }): string {
  const known: Readonly<Record<string, string>> = reviewTexts.value.whys.words;
  return [known[reason] ?? reason, text].filter((part) => part !== '').join(': ');
}
