/** What stands beside a patient's name, in English: few words, for the name has the room first. */
export const MARKS_EN = {
  alike: (family: string, bed: string) => `Similar: ${[family, bed].filter(Boolean).join(', ')}`,
  alikeSomebody: 'Similar name on ward',
  andMore: (who: string, more: string) => `${who}, + ${more}`,
  more: (count: string) => `${count} more`,
  all: 'Mind with this patient',
};
