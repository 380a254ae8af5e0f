import type { Like } from '../../common/page/texts.ts';
import type { CHANGE_EN } from './texts-en.ts';

/** The time to sign, and who signs what, in German: fetched when somebody chooses it. */
export const CHANGE_DE: Like<typeof CHANGE_EN> = {
  renewed: (life, time) =>
    `Das Gerät wurde um ${time} neu gelesen: Seitdem laufen neue ${life} min zum Unterschreiben.`,
  late: (life, time) =>
    `Die Zeit war um. Das Gerät wurde um ${time} neu gelesen: Seitdem laufen neue ${life} min zum Unterschreiben. Noch einmal vergleichen.`,
  short: (left) => `Nur noch ${left} min für Sie beide`,
  shortSays: (time) => `Reicht das nicht? Neue Zeit gibt das Gerät, wenn sie um ist: Um ${time} neu lesen.`,
  one: (count) => `Eine Person (${count})`,
  two: (count) => `Zwei Personen (${count})`,
  all: (count) => `Alle (${count})`,
  lower: 'zum Senken genügt eine',
  raise: 'zum Erhöhen genügt eine',
};
