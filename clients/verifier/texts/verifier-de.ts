import type { Like } from '../../common/page/texts.ts';
import type { VERIFIER_EN } from './verifier-en.ts';

/** The same in German. */
export const VERIFIER_DE: Like<typeof VERIFIER_EN> = {
  title: 'Nachweis eines Gerätebefehls prüfen',
  lead: 'Die Datei wählen, die Sie bekommen haben. Sie bleibt auf diesem Rechner: Diese Seite hat keinen Weg in ein Netz.',
  file: 'Beweispaket (.zip) oder Nachweisdatei',
  fingerprint: 'Fingerabdruck der Schlüssel des Krankenhauses',
  fingerprintSays:
    'Acht Gruppen zu vier Zeichen, vom Papier, von der veröffentlichten Seite des Krankenhauses oder von jemandem, den Sie kennen. Nie aus dieser Datei. Ohne ihn bürgt niemand für die Schlüssel.',
  badFingerprint: 'Ein Fingerabdruck hat acht Gruppen zu vier Zeichen, 0 bis 9 und a bis f.',
  checking: 'Wird geprüft',
  verdict: {
    VERIFIED: 'Geprüft und bestanden',
    FAILED: 'Fehler: nicht darauf verlassen',
    INCOMPLETE: 'Nicht vollständig: eine Prüfung war nicht möglich',
  },
  evidence: {
    VERIFIED: 'Jede Prüfung ist für 1 Befehl bestanden.',
    FAILED: 'Eine Prüfung schlug fehl: nicht auf das verlassen, was diese Datei sagt.',
    INCOMPLETE: 'So weit es reicht, ist nichts falsch, aber nicht jede Prüfung war möglich.',
  },
  exit: (code) => `Derselbe Code wie \`countersign verify\`, das mit Exit-Code ${code} enden würde.`,
  tooLarge: 'Diese Datei ist größer als jedes Beweispaket.',
  unreadable: 'Der Browser konnte diese Datei nicht lesen. Noch einmal wählen.',
  checks: 'Prüfungen',
  commands: 'Was getan wurde',
  command: (hash) => `Befehl ${hash}`,
  proves: 'Was das Paket beweist und was nicht',
  entries: (count) => `Einträge des Protokolls (${count})`,
  entry: 'Eintrag',
  time: 'Zeit (UTC)',
  says: 'Was er sagt',
  showBytes: 'Bytes zeigen',
  hideBytes: 'Bytes verbergen',
  more: (count) => `und ${count} weitere Einträge; countersign verify --json hat sie alle`,
  remembers: (size) =>
    `Dieser Browser merkt sich das Protokoll mit ${size} Einträgen und bemerkt eines, das eine andere Geschichte erzählt.`,
  forgets:
    'Dieser Browser behält für diese Seite nichts und kann beim nächsten Mal kein Protokoll bemerken, das eine andere Geschichte erzählt.',
};
