import type { Like } from '../../common/page/texts.ts';
import type { ELSEWHERE_EN } from './texts-en.ts';

/** Wo sonst jemand angemeldet ist, auf Deutsch. */
export const ELSEWHERE_DE: Like<typeof ELSEWHERE_EN> = {
  also: (where) => `Sie sind auch angemeldet an ${where}`,
  place: (tablet, time) => `${tablet}, seit ${time}`,
  lead: 'Wenn Sie das nicht sind oder dort niemand mehr ist, melden Sie sich überall ab.',
  show: 'Zeigen, wie',
  title: 'Wo Sie überall angemeldet sind',
  here: (tablet, time) => `Dieses Tablet: ${tablet}, seit ${time}`,
  nowhere: 'Sonst nirgends',
  unread: 'Wo sonst, war nicht zu lesen. Überall abmelden geht trotzdem.',
  logOut: 'Überall abmelden',
  says: 'Beendet alle Ihre Sitzungen sofort, auch diese. Jedes dieser Tablets sagt es und zeigt nichts mehr von einem Patienten.',
  ending: 'Wird abgemeldet',
};
