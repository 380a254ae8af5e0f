import type { Like } from '../../common/page/texts.ts';
import type { GLASS_EN } from './texts-en.ts';

/** Break-glass, in German: fetched when somebody chooses it. */
export const GLASS_DE: Like<typeof GLASS_EN> = {
  title: 'Notzugang öffnen',
  lead: 'Öffnen Sie die Akte anderer nur, wenn Sie diesen Menschen jetzt behandeln müssen.',
  why: 'Grund',
  emergency: 'Notfall',
  'team-absent': 'Das zuständige Team ist nicht erreichbar',
  consult: 'Ich wurde um Rat gebeten',
  handover: 'Mir wurde der Mensch übergeben',
  other: 'Ein anderer Grund',
  more: 'Mehr dazu (hat Zeit bis zur Prüfung)',
  opens: 'Was er öffnet',
  opensThis:
    'Nur diesen Menschen, für höchstens 60 Minuten oder bis Sie ihn verlassen: Lesen, und kleine Änderungen, die einer allein freigeben darf.',
  told: 'Wer davon erfährt',
  toldTeam:
    'Das zuständige Team, sofort, wo jemand angemeldet ist, und wer ihn prüfen darf: mit Namen, sobald er offen ist. Er steht mit Ihrem Namen im Protokoll.',
  not: 'Er hebt keine Grenze des Geräts auf und ersetzt keine zweite Person.',
  notLead: 'Was zwei braucht, braucht weiter zwei aus dem zuständigen Team.',
  cancel: 'Nicht öffnen',
  open: 'Mit Passkey öffnen',
  needReason: 'Wählen Sie einen Grund.',
  reviewDue:
    'Ein Notzugang von Ihnen ist seit über einem Tag nicht geprüft. Nichts wurde geöffnet. Bitten Sie zuerst um die Prüfung. Code E_REVIEW.',
  signing: 'Wartet auf Ihren Unterschrifts-Passkey',
  left: (time) => `Notzugang ${time}`,
  pending: (count) => `Ihre Notzugänge, die auf Prüfung warten: ${count}`,
  pendingRow: (time) => `Geöffnet ${time}. Vorbei; jemand anders muss ihn prüfen.`,
  openRow: (time, until) => `Geöffnet ${time}. Noch offen, längstens bis ${until}.`,
};
