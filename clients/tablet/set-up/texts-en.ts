/** The first day of somebody who tries the simulation, and what lies beside the tablet there. In English. */
export const SET_UP_EN = {
  title: 'Set this tablet up',
  lead: 'Nobody has been set up at this tablet yet. In this simulation you can be Dr Ada Okafor, who asks for changes. It takes two passkeys and one minute.',
  again: 'Set this tablet up again',
  againLead:
    'Somebody was set up at this tablet before: if their passkeys are still there, just sign in. If not, make two new ones, and be Dr Ada Okafor again.',
  step1: 'Make your signing passkey',
  step1Says: 'It signs what you ask of a device, on this page only.',
  step2: 'The hospital certifies it',
  step2Says:
    'An operator enrols this tablet, and the authority certifies your passkey. Here both are simulated people.',
  step3: 'Make your sign-in passkey, and sign in with it',
  step3Says: 'In a window of the sign-in server. It signs you in, and can sign nothing.',
  begin: 'Make the signing passkey',
  waiting: 'Waiting for your passkey',
  certifying: 'The authority certifies your passkey. A few seconds.',
  openLink: 'Make the sign-in passkey',
  have: 'I have one already: sign in',
  already: 'I have my passkeys already: sign in',
  notMade:
    'No passkey was made: it was cancelled, it took too long, or this browser found none. Nothing else was done. What you can use stands beside this. Try again.',
  address: 'No passkey was made: this address does not fit one. Open the page by its usual name.',
  notCertified:
    'Your passkey was made, but the simulated hospital did not certify it. Look whether the ward still runs, and begin again.',
  which: 'What can I use?',
  own: 'This computer: confirm with its PIN, fingerprint or face, as when you unlock it (Windows Hello, Touch ID).',
  none: 'This computer has no passkeys of its own that this browser could use.',
  phone:
    'A phone: choose it in the browser’s question, and scan the picture with its camera. Both need Bluetooth switched on.',
  key: 'A security key: choose it in the browser’s question, plug it in, enter its PIN, and touch it.',
  copied:
    'A passkey that is copied to a cloud, as phones do, signs small changes only: no emergency, and nothing that two people sign.',
  developer: 'None of these?',
  developerSays:
    'The developer’s way, in Chrome and Edge: open the developer tools, then More tools, WebAuthn. Switch the virtual authenticator on, and add one with ctap2, resident keys and user verification. Do the same in the sign-in window: each window has its own, and forgets it when it closes.',
  simulation: 'Simulation',
  noBands: 'No real patient lies here. Their wristbands stand on the page of the beds.',
  wristbands: 'No real patient lies here. Press a wristband to scan it.',
  born: (year: string) => `born ${year}`,
  has: (device: string) => `wears ${device}`,
  label: 'No real reader stands here. This would be the label on it: press it to scan it.',
};
