/** What the sign-in server says by itself, in English: what happened, and what to do. */
const EN = {
  simulation: 'Simulation',
  signIn: 'Sign in',
  signInLead: 'Use your sign-in passkey: on this device, a phone, or a security key.',
  signInGo: 'Sign in with a passkey',
  signInOnly: 'This signs you in. It does not sign anything about a patient.',
  register: 'Make your sign-in passkey',
  registerLead:
    'The link that you opened makes one passkey for signing in. It is yours alone, and good once.',
  registerGo: 'Make a passkey',
  registerOnly:
    'Make it on the device, the phone or the security key that you will sign in with. It can sign nothing about a patient.',
  script: 'This page needs JavaScript to reach your passkey.',
  nothing: 'Nothing to do here',
  nothingSays: 'Sign-in begins on the tablet or in a program.',
  cannot: 'This sign-in cannot go on',
  asked: 'The request was not one that this server takes. Go back and try again.',
  elsewhere: 'Asked from another page.',
  tooMany: 'Too many tries. Wait a minute, then try again.',
  notOurs: 'That is not what this page sends. Load it again.',
  ended: 'This sign-in has ended. Go back to the tablet and start again.',
  another: 'This is another sign-in. Start again.',
  unknown: 'This passkey is not known here. Use another one, or ask an operator for a link.',
  copied:
    'There may be a copy of this passkey, so it does not count any more. Tell an operator, and ask for a new link.',
  link: 'This link was used, or is older than 15 minutes. Ask an operator for a new one.',
  unchecked: 'The passkey could not be checked. Try again.',
  unread: 'That could not be read. Load the page again.',
};
export type Texts = typeof EN;

const DE: Texts = {
  simulation: 'Simulation',
  signIn: 'Anmelden',
  signInLead:
    'Nehmen Sie Ihren Anmelde-Passkey: auf diesem Gerät, einem Telefon oder einem Sicherheitsschlüssel.',
  signInGo: 'Mit Passkey anmelden',
  signInOnly: 'Das meldet Sie an. Es unterschreibt nichts über einen Patienten.',
  register: 'Anmelde-Passkey anlegen',
  registerLead:
    'Der Link, den Sie geöffnet haben, legt einen Passkey zum Anmelden an. Er ist nur für Sie und gilt einmal.',
  registerGo: 'Passkey anlegen',
  registerOnly:
    'Legen Sie ihn auf dem Gerät, dem Telefon oder dem Sicherheitsschlüssel an, womit Sie sich anmelden werden. Er kann nichts über einen Patienten unterschreiben.',
  script: 'Diese Seite braucht JavaScript, um Ihren Passkey zu erreichen.',
  nothing: 'Hier gibt es nichts zu tun',
  nothingSays: 'Das Anmelden beginnt am Tablet oder in einem Programm.',
  cannot: 'Diese Anmeldung geht nicht weiter',
  asked:
    'Die Anfrage ist keine, die dieser Server nimmt. Gehen Sie zurück, und versuchen Sie es noch einmal.',
  elsewhere: 'Von einer anderen Seite gefragt.',
  tooMany: 'Zu viele Versuche. Warten Sie eine Minute, und versuchen Sie es dann noch einmal.',
  notOurs: 'Das ist nicht, was diese Seite sendet. Laden Sie sie neu.',
  ended: 'Diese Anmeldung ist zu Ende. Gehen Sie zurück zum Tablet, und beginnen Sie neu.',
  another: 'Das ist eine andere Anmeldung. Beginnen Sie neu.',
  unknown:
    'Dieser Passkey ist hier nicht bekannt. Nehmen Sie einen anderen, oder bitten Sie den Betrieb um einen Link.',
  copied:
    'Von diesem Passkey gibt es vielleicht eine Kopie, darum zählt er nicht mehr. Sagen Sie es dem Betrieb, und bitten Sie um einen neuen Link.',
  link: 'Dieser Link wurde benutzt oder ist älter als 15 Minuten. Bitten Sie den Betrieb um einen neuen.',
  unchecked: 'Der Passkey ließ sich nicht prüfen. Versuchen Sie es noch einmal.',
  unread: 'Das war nicht zu lesen. Laden Sie die Seite neu.',
};

export const TEXTS = { en: EN, de: DE } as const;
export type Language = keyof typeof TEXTS;
/** The first stands for everybody who asks for none of them. */
export const LANGUAGES = ['en', 'de'] as const;

/** The first of some languages (BCP 47, the dearest first) that there are pages in; undefined when there is none. */
export const firstSpoken = (wanted: readonly string[]): Language | undefined =>
  wanted.flatMap((one) => LANGUAGES.filter((known) => one.toLowerCase().split('-')[0] === known))[0];

/**
 * The language for somebody: what the page that sent them asks for (`ui_locales` of OpenID Connect Core, section 3.1.2.1),
 * then what their browser does (RFC 9110, section 12.5.4), then English.
 *
 * @param asked value of `ui_locales` @param browser languages of Accept-Language, the dearest first
 */
export const languageFor = (asked: unknown, browser: readonly string[]): Language =>
  (typeof asked === 'string' ? firstSpoken(asked.split(' ')) : undefined) ?? firstSpoken(browser) ?? 'en';
