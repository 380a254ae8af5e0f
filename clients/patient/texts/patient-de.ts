import type { Like } from '../../common/page/texts.ts';
import type { PATIENT_EN } from './patient-en.ts';

/** The same in German. */
export const PATIENT_DE: Like<typeof PATIENT_EN> = {
  title: 'Wer mein Gerät verändert hat',
  simulation: 'Simulation',
  simulated: 'Niemand trägt dieses Gerät wirklich: Alles auf dieser Seite ist erfunden.',
  lead: (device) => `Alles, was an Ihrem Gerät (${device}) getan wurde, das Neueste zuerst.`,
  until: (day) =>
    `Dieser Link gilt bis ${day}. Wer ihn hat, kann diese Seite lesen: Bewahren Sie ihn auf wie einen Brief Ihrer Klinik.`,
  loading: 'Die Liste wird gelesen',
  noLink:
    'Dieser Link ist nicht vollständig. Geben Sie ihn noch einmal ein, wie er gedruckt ist, oder bitten Sie Ihre Klinik um einen neuen.',
  ended: 'Dieser Link gilt nicht oder nicht mehr. Bitten Sie Ihre Klinik um einen neuen.',
  away: 'Das Krankenhaus ist gerade nicht erreichbar. Versuchen Sie es später noch einmal.',
  none: 'An Ihrem Gerät wurde nichts verändert, seit es Ihres ist.',
  more: (shown, total) =>
    `Die neuesten ${shown} von ${total} sind zu sehen. Nach den älteren fragen Sie Ihre Klinik.`,
  by: {
    0: 'Niemand hat unterschrieben',
    1: 'Eine Person hat unterschrieben',
    2: 'Zwei Personen haben unterschrieben',
  },
  outcome: {
    applied: 'Ihr Gerät hat die Änderung angenommen.',
    'applied-modified': 'Ihr Gerät hat die Änderung angenommen und einen Wert selbst angepasst.',
    refused: 'Es wurde abgelehnt. An Ihrem Gerät hat sich nichts geändert.',
    cancelled: 'Es wurde abgebrochen. An Ihrem Gerät hat sich nichts geändert.',
    unknown: 'Noch ist nicht bekannt, was Ihr Gerät getan hat. Ihre Klinik findet es heraus.',
    lost: 'Es war nicht herauszufinden, was Ihr Gerät getan hat. Sprechen Sie mit Ihrer Klinik.',
    other: 'Es ist noch nicht abgeschlossen.',
  },
  change: (name, before, after) => (after === '' ? name : `${name}: von ${before} auf ${after}`),
  reason: {
    titration: 'Warum: um die Behandlung Schritt für Schritt an Sie anzupassen.',
    symptoms: 'Warum: wegen Ihrer Beschwerden.',
    procedure: 'Warum: für eine Untersuchung oder Operation.',
    alarms: 'Warum: damit das Gerät Alarm gibt, wenn es soll.',
    battery: 'Warum: um die Batterie zu schonen.',
    undo: 'Warum: um die Änderung davor zurückzunehmen.',
    over: 'Warum: weil der Notfall vorbei war.',
    mistake: 'Warum: weil das davor ein Versehen war.',
    drill: 'Warum: weil das davor eine Probe war.',
    procedureOver: 'Warum: weil die Untersuchung oder Operation vorbei war.',
    before: 'Warum: um zurück zu gehen, wie es vor dem Notfall war.',
    other: 'Warum: aus einem anderen Grund. Ihre Klinik kann ihn nennen.',
  },
  because: (code) => `Warum: ${code}.`,
  why: 'Mehr dazu, warum es geschah, steht in Ihrer Akte in der Klinik; auf dieser Seite steht kein Name.',
  check: 'Selbst prüfen',
  checking: 'Wird geprüft',
  verified:
    'Das stimmt: Ihr Gerät selbst hat es unterschrieben, und was hier steht, wurde seither nicht verändert.',
  failed:
    'Etwas passt nicht zusammen. Verlassen Sie sich nicht auf diesen Eintrag, und rufen Sie Ihre Klinik an.',
  incomplete: 'So weit es reicht, ist nichts falsch, aber nicht jede Prüfung war möglich.',
  noEvidence:
    'Es gibt nichts zu prüfen: Ihr Gerät hat es nie bekommen, oder seine Antwort steht noch nicht im Protokoll.',
  details: 'Die neun Prüfungen',
  how: 'Ihr Browser hat das selbst geprüft, mit dem Fingerabdruck, der mit Ihrem Link gedruckt wurde.',
};
