import { unbase64url } from '../../../server/protocol/encoding/bytes.ts';
import { type Entry, type EntryType, parseEntry } from '../../../server/protocol/log/entry.ts';
import { SHOWN } from '../../../server/protocol/primed.ts';
import { codeNamed } from '../../../server/protocol/refusal.ts';
import { REFUSALS_DE } from '../../common/page/refusals-de.ts';

/**
 * What an entry of the log says, in German; in English the gateway tells it. Read from the entry's own bytes. Undefined where
 * they cannot be read: then the gateway's sentence is all there is.
 *
 * @param bytes base64url
 */
export function entryInGerman(bytes: string): string | undefined {
  try {
    return tell(parseEntry(unbase64url(bytes)));
  } catch {
    return undefined;
  }
}

const RESULTS = ['nichts', 'angewandt', 'angewandt, mit einem geänderten Wert', 'abgelehnt'];
/** By the result of a second check (PROTOCOL.md, section 5.1). */
const SECOND = [
  'Die zweite Person hat andere Werte eingegeben.',
  'Die zweite Person hat zugestimmt: Sie hat dieselben Werte eingegeben, ohne sie zu sehen, oder es gab keine einzugeben.',
  'Die zweite Person hat abgelehnt.',
  'Der zweiten Person wurden die Werte gezeigt: Von hier an ist es nur noch eine Durchsicht.',
];

function tell(entry: Entry): string {
  const why = entry.code === undefined ? '' : `: ${meaning(entry.code)}`;
  const detail = entry.detail === undefined || entry.detail === '' ? '' : ` (${entry.detail})`;
  const number = entry.number ?? 0;
  const result = RESULTS[entry.result ?? 0] ?? '?';
  const say: Record<EntryType, () => string> = {
    start: () => 'Das Protokoll beginnt.',
    intent: () =>
      `Der Befehl wurde angekündigt${detail}${entry.result === SHOWN ? ', nach einer Zweitprüfung nur durch Durchsehen (primed)' : ''}.`,
    outcome: () =>
      entry.digest
        ? `Das Gerät hat geantwortet: ${result}${why}, in Quittung ${number}.`
        : `Der Befehl endete ohne das Gerät${why}.`,
    refused: () => `Abgelehnt${why}${detail}.`,
    receipt: () => `Quittung ${number} wurde beim Gerät gefunden: ${result}${why}.`,
    signed: () => `Die erste Person hat unterschrieben${detail}; eine zweite ist nötig.`,
    secondEntry: () => SECOND[entry.result ?? 0] ?? `Eine zweite Prüfung der Art ${entry.result}.`,
    credential: () => `Ein Passkey wurde bescheinigt (Nummer ${number}).`,
    status: () => `Sperrliste ${number} trat in Kraft.`,
    anchors: () =>
      entry.detail
        ? `Von hier an, unter Vertrauensanker ${number}: ${entry.detail}.`
        : `Vertrauensanker ${number} traten in Kraft.`,
    lock: () => `${entry.result === 1 ? 'Gesperrt' : 'Entsperrt'}${detail}.`,
    policy: () => `Richtlinie ${number} trat in Kraft.`,
    enrolment: () => (entry.result === 1 ? 'Aufgenommen.' : 'Aufnahme beendet.'),
    statement: () => `Eine Erklärung wurde unterschrieben (Zweck ${number}).`,
    alarm: () => `Alarm${why}${detail}.`,
    cancelled: () => 'Der Befehl wurde abgebrochen, bevor er freigegeben war.',
    unknown: () => 'Was das Gerät getan hat, ist noch nicht bekannt.',
    lost: () => 'Zwei Personen haben das Gerät als verloren aufgegeben.',
    breakGlass: () => 'Notfallzugriff: Für einen Notfall wurde mehr geöffnet.',
    export: () => `Etwas wurde exportiert${detail}.`,
    logRead: () => `Das Protokoll wurde gelesen${detail}.`,
    clientBuild: () => 'Ein Programm eines Tablets wurde zum ersten Mal gesehen.',
    signedOut: () => `Eine Person hat alle ihre Sitzungen beendet (${number})${detail}.`,
    emergency: () => `Die Tür für Notfälle wurde benutzt: sicherer Zustand, Quittung ${number}.`,
  };
  return say[entry.type]();
}

/** A refusal's own sentence; an alarm's code stays a code. */
function meaning(code: string): string {
  const known = codeNamed(code);
  return known ? REFUSALS_DE[known].replace(/\.$/u, '') : code;
}
