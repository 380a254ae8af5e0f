/** What the scripts of the sign-in pages say, in both languages of these pages. */
export const WORDS = {
  en: {
    waiting: 'Waiting for your passkey ...',
    signedIn: 'Signed in. Going back ...',
    ready: 'Your sign-in passkey is ready. Close this window, and sign in where you work.',
    readySignIn: 'Your sign-in passkey is ready. Use it once more, to sign in ...',
    signIn: 'Sign in',
    signInLead: 'Use the sign-in passkey that you made.',
    signInGo: 'Sign in with a passkey',
    both: 'Make your sign-in passkey',
    bothLead: 'Your browser asks twice: first to make the passkey, then to sign in with it.',
    bothGo: 'Make the passkey and sign in',
    notWhole: 'This link is not whole. Open it exactly as you were given it.',
    haveOne: 'There is a sign-in passkey of yours on this device already. Sign in with it.',
    noneMade:
      'No passkey was made: it was cancelled, it took too long, or this browser found none to use. Try again, and confirm with this device’s PIN, fingerprint or face, with a phone, or with a security key.',
    notSignedIn:
      'Not signed in: it was cancelled, it took too long, or there is no sign-in passkey of yours here. Try again with the device that you made it on, or with your security key. None yet? Close this window, and set the tablet up again.',
    noneChosen: 'No passkey was chosen. Try again.',
    away: 'The sign-in server does not answer. Check the network and try again.',
    notUnderstood:
      'This page does not understand the answer of the sign-in server. You are not signed in. Load the page again.',
    address: 'This address does not fit the passkey. Open the page by its usual name.',
    notReached: 'The passkey could not be reached. Try again, or use another device.',
  },
  de: {
    waiting: 'Wartet auf Ihren Passkey ...',
    signedIn: 'Angemeldet. Es geht zurück ...',
    ready:
      'Ihr Anmelde-Passkey ist fertig. Schließen Sie dieses Fenster, und melden Sie sich an, wo Sie arbeiten.',
    readySignIn: 'Ihr Anmelde-Passkey ist fertig. Benutzen Sie ihn noch einmal, um sich anzumelden ...',
    signIn: 'Anmelden',
    signInLead: 'Nehmen Sie den Anmelde-Passkey, den Sie angelegt haben.',
    signInGo: 'Mit Passkey anmelden',
    both: 'Anmelde-Passkey anlegen',
    bothLead: 'Ihr Browser fragt zweimal: zuerst, um den Passkey anzulegen, dann, um sich damit anzumelden.',
    bothGo: 'Passkey anlegen und anmelden',
    notWhole: 'Dieser Link ist nicht ganz. Öffnen Sie ihn genau so, wie Sie ihn bekommen haben.',
    haveOne: 'Auf diesem Gerät liegt schon ein Anmelde-Passkey von Ihnen. Melden Sie sich damit an.',
    noneMade:
      'Es wurde kein Passkey angelegt: abgebrochen, zu lange gewartet, oder dieser Browser fand keinen. Versuchen Sie es noch einmal, mit PIN, Fingerabdruck oder Gesicht dieses Geräts, mit einem Telefon oder mit einem Sicherheitsschlüssel.',
    notSignedIn:
      'Nicht angemeldet: abgebrochen, zu lange gewartet, oder hier ist kein Anmelde-Passkey von Ihnen. Versuchen Sie es mit dem Gerät, auf dem Sie ihn angelegt haben, oder mit Ihrem Sicherheitsschlüssel. Noch keinen? Schließen Sie dieses Fenster, und richten Sie das Tablet neu ein.',
    noneChosen: 'Es wurde kein Passkey gewählt. Versuchen Sie es noch einmal.',
    away: 'Der Anmeldeserver antwortet nicht. Prüfen Sie das Netz, und versuchen Sie es noch einmal.',
    notUnderstood:
      'Diese Seite versteht die Antwort des Anmeldeservers nicht. Sie sind nicht angemeldet. Laden Sie die Seite neu.',
    address: 'Diese Adresse passt nicht zum Passkey. Öffnen Sie die Seite unter ihrem üblichen Namen.',
    notReached:
      'Der Passkey war nicht zu erreichen. Versuchen Sie es noch einmal, oder nehmen Sie ein anderes Gerät.',
  },
};

/** In the language that the page came in. */
export const words = () => (document.documentElement.lang === 'de' ? WORDS.de : WORDS.en);
