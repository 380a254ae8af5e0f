import type { Like } from '../../common/page/texts.ts';
import type { SAFETY_EN } from './texts-en.ts';

/** What stays visible after an emergency, in German: fetched when somebody chooses it. */
export const SAFETY_DE: Like<typeof SAFETY_EN> = {
  stopped: 'Therapie gestoppt',
  safe: 'Im sicheren Modus',
  safeSince: (time) => `Sicherer Modus seit ${time}`,
  review: 'Nachschau fällig',
  reviewBy: (time) => `Nachschau fällig bis ${time}`,
  reviewOver: (time) => `Nachschau war fällig bis ${time}`,
  of: (review, who) => `${review} (${who})`,
};
