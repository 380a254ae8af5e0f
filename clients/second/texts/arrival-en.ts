/** Coming to the second signer's page: the first day, signing in, and signing in again. In English. */
export const ARRIVAL_EN = {
  start: {
    title: 'Second signature',
    lead: (site: string) =>
      `${site}. Here a second clinician enters a change again, without seeing the first one’s values.`,
    alone:
      'This page shares no code with the first clinician’s tablet. It checks device, profile and log by itself.',
    signIn: 'Sign in',
    signedIn: 'You are signed in. Close this window: the page behind it goes on by itself.',
    notSignedIn: 'Nobody signed in. Close this window, and begin again on the page behind it.',
    setUp: 'Simulation: set this page up again',
    again: 'Sign in again',
  },
  window: {
    title: 'Go on in the other window',
    lead: 'The page of the sign-in server is open in a window of its own. This page goes on by itself when you are done there.',
    closed: 'No such window, or it was closed? Stop here and begin again.',
    stop: 'Stop',
  },
  approve: {
    title: 'Approve this tablet',
    lead: (who: string) =>
      `You are ${who}. Use your signing passkey once: it says that you work at this tablet now. It signs nothing about a patient.`,
    go: 'Approve with signing passkey',
    waiting: 'Waiting for your signing passkey',
  },
  again: {
    title: 'Sign in again to sign this',
    waits: 'The change still waits for you',
    fresh: 'You signed in a while ago. Touch your key once more; nothing is lost.',
    kept: 'After it you go on right here. Nothing is entered twice.',
    not: 'You are not signed in anew',
  },
  timeOver: {
    over: 'The time to sign is over.',
    gone: 'This change is not open any more: its time is over, or it was taken back.',
    unchanged: 'Nothing was sent, the device is unchanged.',
    nothing: 'Nothing was sent.',
  },
  first: {
    title: 'Set this page up',
    lead: 'Nobody has been set up here yet. In this simulation you can be Dr Ben Lindqvist, who signs second. It takes two passkeys and one minute.',
    titleAgain: 'Set this page up again',
    leadAgain:
      'Somebody was set up here before: if their passkeys are still there, just sign in. If not, make two new ones, and be Dr Ben Lindqvist again.',
    steps: {
      key: {
        title: 'Make your signing passkey',
        says: 'It signs what you agree to, on this page only.',
      },
      hospital: {
        title: 'The hospital certifies it',
        says: 'An operator enrols this tablet, and the authority certifies your passkey. Here both are simulated people.',
      },
      signIn: {
        title: 'Make your sign-in passkey, and sign in with it',
        says: 'In a window of the sign-in server. It signs you in, and can sign nothing.',
      },
    },
    isDone: (step: string) => `${step}: done`,
    make: 'Make my signing passkey',
    already: 'I have my passkeys already',
    certifying: 'The authority certifies your passkey. This takes a few seconds.',
    open: 'Make my sign-in passkey',
    have: 'I have one already',
    failed: 'You are not set up yet',
    notMade:
      'No passkey was made: it was cancelled, it took too long, or this browser found none. Try again, with this computer’s PIN, fingerprint or face, or with a security key. One that a phone copies to a cloud cannot sign here.',
    notCertified:
      'Your passkey was made, but the simulated hospital did not certify it. Look whether the ward still runs, and begin again.',
  },
};
