import type { Like } from '../../common/page/texts.ts';
import type { STAFF_EN } from './staff-en.ts';

/** First day, sign in, the frame and what went wrong, in German. */
export const STAFF_DE: Like<typeof STAFF_EN> = {
  frame: {
    product: 'Countersign',
    simulation: 'Simulation',
    simulator: 'Simulation: Betten, Seiten der anderen',
    production: 'Echt',
    online: (ms) => `Gateway erreichbar, ${ms} ms`,
    offline: (time) => `Kein Gateway seit ${time}`,
    locksIn: (who, minutes) => `${who} · sperrt in ${minutes} min`,
    locksSoon: (who, seconds) => `${who} · sperrt in ${seconds} s`,
    lock: 'Sperren',
    stay: 'Angemeldet bleiben',
    emergency: 'Notfall: sicherer Modus',
    build: (hash) => `Stand ${hash}`,
    light: 'Hell',
    dark: 'Dunkel',
    theme: 'Anzeige',
    language: 'Sprache',
    alarmsWait: 'Wartet auf Alarmdaten. Sehen Sie nach dem Patienten.',
    offlineBar: (time) =>
      `Kein Gateway seit ${time}. Sie können nichts senden. Alarme kommen weiter vom Monitor am Bett. Der Notfall geht an einem Lesegerät.`,
    fast: (minutes: string) =>
      `Die Uhr dieses Tablets geht ${minutes} min vor. Niemand kann sich anmelden, und nichts wird gesendet, bis sie stimmt. Notfall geht am Lesegerät.`,
    slow: (minutes: string) =>
      `Die Uhr dieses Tablets geht ${minutes} min nach. Niemand kann sich anmelden, und nichts wird gesendet, bis sie stimmt. Notfall geht am Lesegerät.`,
    narrow: 'Drehen Sie das Tablet, oder machen Sie das Fenster breiter: Diese Anzeige braucht 1000 px.',
    skip: 'Zum Hauptteil',
  },
  rail: {
    label: 'Bereiche',
    patient: 'Patient',
    live: 'Live',
    device: 'Gerät',
    change: 'Ändern',
    history: 'Verlauf',
  },
  broken: {
    title: 'Dieses Tablet ist jetzt nicht benutzbar',
    host: 'Der Server dieser Seite antwortet nicht. Es wurde nichts gesendet. Prüfen Sie das Netz und laden Sie die Seite neu.',
    storage:
      'Dieser Browser bewahrt nichts auf und kann den Schlüssel des Tablets nicht halten. Erlauben Sie der Seite, Daten zu speichern, und laden Sie sie neu.',
    anchors:
      'Der Server dieser Seite nannte andere Vertrauensanker als die, mit denen dieses Tablet eingerichtet wurde. Es wurde nichts gesendet. Benutzen Sie es nicht, und rufen Sie den Betreiber.',
    second:
      'Countersign ist in einem anderen Tab dieses Tablets offen. Arbeiten Sie dort weiter, oder schließen Sie ihn: diese Seite macht dann von selbst weiter.',
    address:
      'Unter dieser Adresse unterschreibt in diesem Haus niemand. Öffnen Sie die Seite unter ihrer üblichen Adresse.',
    simulation:
      'Echtes und simuliertes Vertrauen mischen sich nicht: Diese Seite und ihre Anker sind nicht von derselben Art. Rufen Sie den Betreiber.',
  },
  signIn: {
    title: 'Anmelden',
    lead: 'Melden Sie sich auf der Seite des Anmeldeservers an, und bestätigen Sie dann dieses Tablet mit Ihrem Unterschrifts-Passkey.',
    begin: 'Anmelden',
    window: 'Machen Sie im anderen Fenster weiter',
    windowLead:
      'Die Anmeldeseite ist in einem Fenster neben diesem offen. Diese Seite geht von selbst weiter. Ist jenes Fenster zu, brechen Sie hier ab, und beginnen Sie noch einmal.',
    giveUp: 'Abbrechen',
    approve: 'Dieses Tablet für Ihre Schicht bestätigen',
    approveLead:
      'Sie sind angemeldet. Benutzen Sie einmal Ihren Unterschrifts-Passkey: Das sagt, dass Sie an diesem Tablet arbeiten. Es unterschreibt nichts über einen Patienten.',
    approveDo: 'Mit Unterschrifts-Passkey bestätigen',
    approving: 'Wartet auf Ihren Unterschrifts-Passkey',
    setUp: 'Tablet einrichten',
    setUpAgain: 'Simulation: Tablet neu einrichten',
    site: 'Ort',
    tablet: 'Tablet',
    help: 'Der Notfall geht ohne Anmeldung.',
    update: 'Eine neuere Fassung dieser Seite liegt bereit.',
    updateDo: 'Jetzt übernehmen',
    otherPerson: 'Jemand anders meldet sich an',
  },
  locked: {
    title: 'Gesperrt',
    lead: (who) =>
      `${who} ist angemeldet. Entsperren Sie mit Ihrem Unterschrifts-Passkey, und es geht weiter, wo Sie waren.`,
    unlock: 'Mit Unterschrifts-Passkey entsperren',
    draft:
      'Ein Entwurf ist für Sie aufgehoben. Er wird nach dem Entsperren wieder gezeigt, und das Gerät wird neu gelesen.',
    ended: 'Ihre Anmeldung ist abgelaufen. Melden Sie sich neu an; es wurde nichts gesendet.',
  },
  signedIn: {
    title: 'Angemeldet',
    done: 'Sie können dieses Fenster schließen. Das Tablet geht von selbst weiter.',
    failed:
      'Die Anmeldung kam nicht zu Ende. Schließen Sie das Fenster, und versuchen Sie es am Tablet noch einmal.',
  },
  emergency: {
    title: 'Notfall: sicherer Modus',
    switches: (model, end) =>
      `${model} …${end} geht auf die sicheren Einstellungen, die sein Hersteller darin festgelegt hat`,
    anyDevice:
      'Das Implantat am Lesegerät geht auf die sicheren Einstellungen, die sein Hersteller darin festgelegt hat',
    goesOn: 'Die Therapie geht damit weiter: Sie wird nicht angehalten.',
    mayEnd: 'Eine dieser Einstellungen ist null oder aus: Sehen Sie nach, ob die Therapie damit weitergeht.',
    stays: 'Keine andere Einstellung ändert sich.',
    network:
      'Von diesem Menschen ist hier kein Implantat bekannt. Anderes wird so nicht erreicht. An einer Pumpe: Drücken Sie STOP an der Pumpe selbst.',
    order: {
      look: 'Das Tablet sucht das Implantat: Halten Sie das Lesegerät darüber. Es geht auch ohne Gateway.',
      compare: 'Es zeigt das Gerät und dessen sichere Einstellungen: Vergleichen Sie.',
      sign: 'Sie unterschreiben mit Ihrem Passkey. Erst dann wird gesendet; eine zweite Person braucht es nicht.',
      review: 'Das Gerät unterschreibt eine Quittung. Jemand anders sieht es binnen 24 Stunden nach.',
    },
    patient: (name) => `Patient auf diesem Tablet: ${name}`,
    nobody: 'Patient nicht bekannt: Sie können weitermachen.',
    way: 'Es geht über die Lesestation am Patienten, auch ohne Gateway.',
    confirmSays: 'Es wurde noch nichts gesendet. Was jetzt kommt:',
    confirm: 'Implantat suchen',
    hold: 'Halten Sie das Lesegerät über das Implantat',
    two: 'Auf den Lesegeräten liegt mehr als ein Gerät. Nehmen Sie alle bis auf eines weg.',
    device: 'Gerät',
    found: (model, end) => `${model} …${end}`,
    unexpected: (patient) =>
      `Das Gerät am Lesegerät ist keines von ${patient}. Es träfe jemand anderen: sehen Sie nach, wessen es ist, bevor Sie weitergehen.`,
    anothers: (whose, patient) =>
      `Das ist das Gerät von ${whose}, nicht von ${patient}. Sehen Sie nach, wer am Lesegerät liegt, bevor Sie weitergehen.`,
    goOn: (whose) => `Weiter für ${whose}`,
    goOnUnknown: (patient) => `Weiter, nicht für ${patient}`,
    doesUnknown:
      'Das Gerät geht in den sicheren Zustand seines Herstellers. Dieses Tablet hat es noch nie gelesen.',
    words: 'Befehlswörter',
    sign: 'Mit Passkey unterschreiben und senden',
    signing: 'Wartet auf Ihren Unterschrifts-Passkey',
    sending: 'Sendet. Halten Sie das Lesegerät still.',
    done: (end) => `Gerät …${end} ist im sicheren Modus`,
    says: (end) => `Gerät …${end} sagt, dass es im sicheren Modus ist`,
    receipt: (number) => `Das Gerät hat Quittung ${number} unterschrieben.`,
    checked: 'Die Unterschrift wurde auf diesem Tablet geprüft.',
    unchecked:
      'Die Unterschrift konnte hier nicht geprüft werden: Dieses Tablet hat das Gerät noch nie gelesen.',
    after: (when, who) =>
      `Rufen Sie das Team. Nachschau bis ${when}, durch jemanden vom Betrieb oder eine zweite behandelnde Person, nicht durch ${who}. Bis dahin und bis zum Ende des sicheren Modus kann nichts geändert werden.`,
    signer: 'wer unterschrieben hat',
    again: 'Das Gerät hat es abgelehnt. Halten Sie das Lesegerät auf das Implantat, und beginnen Sie neu.',
    cancel: 'Abbrechen',
    notYet: 'Noch nicht gesendet. Gesendet wird, sobald Sie unterschrieben haben.',
    close: 'Schließen',
  },
  trouble: {
    'no-station':
      'Keine Lesestation antwortet. Prüfen Sie ihr Kabel. Ist keine erreichbar, nehmen Sie, was das Gerät selbst hat: seine Taste oder seinen Magneten.',
    notSigned:
      'Nicht unterschrieben. Es wurde nichts gesendet. Versuchen Sie es noch einmal, oder nehmen Sie einen anderen Passkey.',
    address:
      'Nicht unterschrieben. Diese Adresse passt nicht zum Passkey: Öffnen Sie die Seite unter ihrem üblichen Namen.',
    stranger:
      'Nicht unterschrieben. Angemeldet ist jemand anders, als zu diesem Passkey gehört. Melden Sie sich selbst an, oder nehmen Sie Ihren eigenen Passkey.',
    unreachable:
      'Das Gateway ist nicht erreichbar. Es wurde nichts gesendet. Der Notfall geht weiter an einem Lesegerät.',
    signedOut: (who, where) =>
      `${who} wurde überall abgemeldet, am Tablet ${where}. Dieses Tablet zeigt nichts mehr von einem Patienten.`,
    ended: 'Ihre Anmeldung ist abgelaufen. Es wurde nichts gesendet. Melden Sie sich neu an.',
    window: 'Die Anmeldung kam nicht zu Ende. Es wurde nichts gesendet. Versuchen Sie es noch einmal.',
    'sign-in-away':
      'Der Anmeldeserver antwortet nicht. Es wurde nichts gesendet. Prüfen Sie das Netz, und versuchen Sie es dann noch einmal. Der Notfall geht ohne Anmeldung.',
    'sign-in-blocked':
      'Der Browser hat das Fenster zum Anmelden nicht zugelassen. Erlauben Sie dieser Seite, Fenster zu öffnen, und versuchen Sie es dann noch einmal.',
    unexpected:
      'Das ging nicht, und es wurde nichts gesendet. Versuchen Sie es noch einmal; bleibt es so, rufen Sie den Betreiber.',
    'read-failed': 'Das Gerät konnte nicht gelesen werden.',
    code: (code) => `Code ${code}`,
    year: 'Das Geburtsjahr passt nicht zum Gerät. Fragen Sie den Patienten noch einmal, und prüfen Sie das Armband.',
  },
  units: {
    perMinute: 'pro Minute',
    minutes: (count) => `${count} min`,
    seconds: (count) => `${count} s`,
  },
};
