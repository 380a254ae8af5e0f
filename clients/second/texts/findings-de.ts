/** What this page found wrong with what it was given, in German: the checks themselves name it in English. */
const FINDINGS: ReadonlyMap<string, string> = new Map([
  ['a checkpoint is not well formed', 'ein Stand des Protokolls ist nicht richtig aufgebaut'],
  [
    'a checkpoint is not well formed, or of another log',
    'ein Stand des Protokolls ist nicht richtig aufgebaut oder von einem anderen Protokoll',
  ],
  ['a key of the log is not well formed', 'ein Schlüssel des Protokolls ist nicht richtig aufgebaut'],
  ['a signature of the log does not verify', 'eine Unterschrift des Protokolls stimmt nicht'],
  ['another device answered', 'ein anderes Gerät hat geantwortet'],
  [
    'authority and recovery key signed different anchors',
    'die beiden Schlüssel des Hauses haben Verschiedenes unterschrieben',
  ],
  ['log and receipt differ about the outcome', 'Protokoll und Quittung nennen verschiedene Ausgänge'],
  ['the anchors are of another version', 'die Vertrauensanker sind von einer anderen Fassung'],
  ['the anchors are older than those known here', 'die Vertrauensanker sind älter als die hier bekannten'],
  ['the anchors need two signatures', 'die Vertrauensanker brauchen zwei Unterschriften'],
  [
    'the anchors say nothing of checks without an entry',
    'die Vertrauensanker sagen nichts von Prüfungen ohne eigene Eingabe',
  ],
  ['the answer is about another command', 'die Antwort ist zu einem anderen Befehl'],
  ['the authority lists another profile', 'die Liste des Hauses nennt ein anderes Profil'],
  [
    'the device is not on the list that the authority signed',
    'das Gerät steht nicht auf der unterschriebenen Liste des Hauses',
  ],
  [
    'the device says it did what its settings do not show',
    'das Gerät sagt, es habe getan, was seine Einstellungen nicht zeigen',
  ],
  [
    'the entry is not in the log that the witnesses saw',
    'der Eintrag steht nicht im Protokoll, das die Zeugen sahen',
  ],
  ['the entry is no outcome', 'der Eintrag ist kein Ausgang'],
  ['the entry lies beyond the end of the tree', 'der Eintrag liegt hinter dem Ende des Baums'],
  ['the gateway answered something else', 'das Gateway hat etwas anderes geantwortet'],
  ['the list of devices is of another version', 'die Liste der Geräte ist von einer anderen Fassung'],
  [
    'the list of devices is older than one seen here before',
    'die Liste der Geräte ist älter als eine, die hier schon zu sehen war',
  ],
  ['the listing of another device', 'die Liste nennt ein anderes Gerät'],
  ['the log did not sign its checkpoint', 'das Protokoll hat seinen Stand nicht unterschrieben'],
  ['the log names another receipt', 'das Protokoll nennt eine andere Quittung'],
  ['the path is too long', 'der Weg im Baum ist zu lang'],
  ['the path is too short', 'der Weg im Baum ist zu kurz'],
  ['the profile is of another version', 'das Profil ist von einer anderen Fassung'],
  ['the receipt contradicts itself', 'die Quittung widerspricht sich'],
  [
    'the receipt does not read back what was changed',
    'die Quittung sagt nicht, worauf das Geänderte jetzt steht',
  ],
  ['the receipt is of another command', 'die Quittung ist von einem anderen Befehl'],
  ['the receipt is of no emergency', 'die Quittung ist von keinem Notfall'],
  ['the receipt is of something else', 'die Quittung ist von etwas anderem'],
  [
    'there is no receipt, and the log does not say that it was refused',
    'es gibt keine Quittung, und das Protokoll nennt keine Ablehnung',
  ],
  ['too few witnesses saw the checkpoint', 'zu wenige Zeugen haben den Stand des Protokolls gesehen'],
  [
    'what is shown changes other settings than were announced',
    'das Gezeigte ändert andere Einstellungen als angekündigt',
  ],
  ['what is shown has no values to compare', 'das Gezeigte hat keine Werte zum Vergleichen'],
  [
    'what is shown is for another device, session or patient',
    'das Gezeigte ist für ein anderes Gerät, eine andere Sitzung oder eine andere Person',
  ],
]);

/** What has its name in the middle. */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/^the (.+) has an open header$/u, 'eine Unterschrift trägt Ungeschütztes'],
  [
    /^the (.+) is signed by a key that is not known here$/u,
    'mit einem Schlüssel unterschrieben, den hier niemand kennt',
  ],
  [/^the signature of the (.+) does not verify$/u, 'eine Unterschrift stimmt nicht'],
  [/^the device did not say its (.+)$/u, 'das Gerät hat eine Einstellung nicht gesagt'],
  [/^the bytes set an unknown setting (.+)$/u, 'die Bytes setzen eine unbekannte Einstellung'],
  [/^(?:a (?:message|number|text|key)|expected) .+$/u, 'eine Nachricht ist nicht richtig aufgebaut'],
  [/^The answer is not what this page expects/u, 'eine Antwort, die diese Seite nicht versteht'],
];

/** A finding in German; undefined for one that nobody has put into words yet. */
export const findingInGerman = (finding: string): string | undefined =>
  FINDINGS.get(finding) ?? NAMED.find(([english]) => english.test(finding))?.[1];
