import type { Like } from '../../common/page/texts.ts';
import type { MARKS_EN } from './texts-en.ts';

/** What stands beside a patient's name, in German: fetched when somebody chooses it. */
export const MARKS_DE: Like<typeof MARKS_EN> = {
  alike: (family, bed) => `Ähnlich: ${[family, bed].filter(Boolean).join(', ')}`,
  alikeSomebody: 'Ähnlicher Name auf Station',
  andMore: (who, more) => `${who}, + ${more}`,
  more: (count) => `${count} weitere`,
  all: 'Bei diesem Patienten zu beachten',
};
