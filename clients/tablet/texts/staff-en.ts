/** First day, sign in, the frame around every screen, and what went wrong. In English: short, verbs first. */
export const STAFF_EN = {
  frame: {
    product: 'Countersign',
    simulation: 'Simulation',
    simulator: 'Simulation: beds, and other people’s pages',
    production: 'Live',
    online: (ms: string) => `Gateway online, ${ms} ms`,
    offline: (time: string) => `No gateway for ${time}`,
    locksIn: (who: string, minutes: string) => `${who} · locks in ${minutes} min`,
    locksSoon: (who: string, seconds: string) => `${who} · locks in ${seconds} s`,
    lock: 'Lock',
    stay: 'Stay signed in',
    emergency: 'Emergency safe mode',
    build: (hash: string) => `Build ${hash}`,
    light: 'Light',
    dark: 'Dark',
    theme: 'Screen',
    language: 'Language',
    alarmsWait: 'Waiting for alarm data. Look at the patient.',
    offlineBar: (time: string) =>
      `No gateway for ${time}. You cannot send changes. The bedside monitor is still the source of alarms. Emergency works at a reader.`,
    fast: (minutes: string) =>
      `The clock of this tablet is ${minutes} min fast. Nobody can sign in, and nothing can be sent, until it is set right. Emergency works at a reader.`,
    slow: (minutes: string) =>
      `The clock of this tablet is ${minutes} min slow. Nobody can sign in, and nothing can be sent, until it is set right. Emergency works at a reader.`,
    narrow: 'Turn the tablet on its side, or make the window wider: this screen needs 1000 px.',
    skip: 'Go to the main part',
  },
  rail: {
    label: 'Sections',
    patient: 'Patient',
    live: 'Live',
    device: 'Device',
    change: 'Change',
    history: 'History',
  },
  broken: {
    title: 'This tablet cannot be used now',
    host: 'The page’s own server does not answer. Nothing was sent. Check the network, then load the page again.',
    storage:
      'This browser keeps nothing, so it cannot hold the key of the tablet. Allow this page to store data, then load it again.',
    anchors:
      'The server of this page gave other trust anchors than this tablet was set up with. Nothing was sent. Do not use it, and call the operator.',
    second:
      'Countersign is open in another tab of this tablet. Go on there, or close it: this page then goes on by itself.',
    address:
      'This address is not one on which people sign in this hospital. Open the page by its usual address.',
    simulation:
      'Real and simulated trust do not mix: this page and its anchors are not of the same kind. Call the operator.',
  },
  signIn: {
    title: 'Sign in',
    lead: 'Sign in on the page of the sign-in server, then approve this tablet with your signing passkey.',
    begin: 'Sign in',
    window: 'Go on in the other window',
    windowLead:
      'The sign-in page is open in a window beside this one. This page goes on by itself. If that window is closed, stop here and begin again.',
    giveUp: 'Stop',
    approve: 'Approve this tablet for your shift',
    approveLead:
      'You are signed in. Use your signing passkey once: it says that you work at this tablet. It signs nothing about a patient.',
    approveDo: 'Approve with signing passkey',
    approving: 'Waiting for your signing passkey',
    setUp: 'Set this tablet up',
    setUpAgain: 'Simulation: set this tablet up again',
    site: 'Site',
    tablet: 'Tablet',
    help: 'You can use Emergency without signing in.',
    update: 'A newer version of this page is ready.',
    updateDo: 'Take it now',
    otherPerson: 'Another person signs in',
  },
  locked: {
    title: 'Locked',
    lead: (who: string) => `${who} is signed in. Unlock with your signing passkey to go on where you were.`,
    unlock: 'Unlock with signing passkey',
    draft: 'A draft is kept for you. It is shown again after unlocking, with the device read anew.',
    ended: 'Your sign-in has ended. Sign in again; nothing was sent.',
  },
  signedIn: {
    title: 'Signed in',
    done: 'You can close this window. The tablet goes on by itself.',
    failed: 'The sign-in did not finish. Close this window, and try again on the tablet.',
  },
  emergency: {
    title: 'Emergency safe mode',
    switches: (model: string, end: string) =>
      `${model} …${end} switches to the safe settings that its maker has fixed in it`,
    anyDevice: 'The implant on the reader switches to the safe settings that its maker has fixed in it',
    goesOn: 'Therapy goes on with them: it is not stopped.',
    mayEnd: 'One of these settings is zero or off: look whether therapy goes on with it.',
    stays: 'No other setting changes.',
    network:
      'No implant of this patient is known here. This way reaches nothing else. At a pump, press STOP on the pump itself.',
    order: {
      look: 'The tablet looks for the implant: hold the reader over it. No gateway is needed.',
      compare: 'It shows the device and its safe settings: compare them.',
      sign: 'You sign with your passkey. Only then is it sent; no second person is needed.',
      review: 'The device signs a receipt. A colleague reviews it within 24 hours.',
    },
    patient: (name: string) => `Patient on this tablet: ${name}`,
    nobody: 'Patient not identified: you can go on.',
    way: 'It goes through the reader station beside the patient, also while the gateway is away.',
    confirmSays: 'Nothing has been sent yet. What comes next:',
    confirm: 'Look for the implant',
    hold: 'Hold the reader over the implant',
    two: 'More than one device lies on the readers. Take all but one away.',
    device: 'Device',
    found: (model: string, end: string) => `${model} …${end}`,
    unexpected: (patient: string) =>
      `The device on the reader is not one of ${patient}. It would act on somebody else: look whose it is before you go on.`,
    anothers: (whose: string, patient: string) =>
      `This is the device of ${whose}, not of ${patient}. Look who lies at the reader before you go on.`,
    goOn: (whose: string) => `Go on for ${whose}`,
    goOnUnknown: (patient: string) => `Go on, not for ${patient}`,
    doesUnknown:
      'The device will go into the safe state that its maker has set. This tablet has not read it before.',
    words: 'Command words',
    sign: 'Sign with passkey and send',
    signing: 'Waiting for your signing passkey',
    sending: 'Sending. Keep the reader still.',
    done: (end: string) => `Device …${end} is in its safe mode`,
    says: (end: string) => `Device …${end} says that it is in its safe mode`,
    receipt: (number: string) => `The device has signed receipt ${number}.`,
    checked: 'Its signature was checked on this tablet.',
    unchecked: 'Its signature could not be checked here: this tablet has not read the device before.',
    after: (when: string, who: string) =>
      `Call the team. Review by ${when}, by an operator or a second clinician other than ${who}. Nothing can be changed until then and until the safe mode is ended.`,
    signer: 'whoever signed',
    again: 'The device has refused it. Hold the reader on the implant and begin again.',
    cancel: 'Cancel',
    notYet: 'Not sent yet. It is sent as soon as you have signed.',
    close: 'Close',
  },
  trouble: {
    'no-station':
      'No reader station answers. Check its cable. If none can be reached, use what the device itself offers: its key or its magnet.',
    notSigned: 'Not signed. Nothing was sent. Try again, or use another passkey.',
    address: 'Not signed. This address does not fit the passkey: open the page by its usual name.',
    stranger:
      'Not signed. Whoever signed in is not the person of this passkey. Sign in as yourself, or use your own passkey.',
    unreachable: 'The gateway cannot be reached. Nothing was sent. You can still use Emergency at a reader.',
    signedOut: (who: string, where: string) =>
      `${who} was logged out everywhere, at the tablet ${where}. This tablet shows nothing of a patient any more.`,
    ended: 'Your sign-in has ended. Nothing was sent. Sign in again.',
    window: 'The sign-in did not finish. Nothing was sent. Try again.',
    'sign-in-away':
      'The sign-in server does not answer. Nothing was sent. Check the network, then try again. Emergency works without signing in.',
    'sign-in-blocked':
      'The browser has blocked the window for signing in. Allow this page to open windows, then try again.',
    unexpected: 'That did not work, and nothing was sent. Try again; if it stays so, call the operator.',
    'read-failed': 'The device could not be read.',
    code: (code: string) => `Code ${code}`,
    year: 'The year of birth does not fit the device. Ask the patient again, and check the wristband.',
  },
  units: {
    perMinute: 'per minute',
    minutes: (count: string) => `${count} min`,
    seconds: (count: string) => `${count} s`,
  },
};
