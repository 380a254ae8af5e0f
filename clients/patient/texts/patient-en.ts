/** The patient's page, in English: plain words, nothing to know beforehand. */
export const PATIENT_EN = {
  title: 'Who changed my device',
  simulation: 'Simulation',
  simulated: 'Nobody real has this device: everything on this page is made up.',
  lead: (device: string) => `Everything that was done to your device (${device}), the newest first.`,
  until: (day: string) =>
    `This link works until ${day}. Whoever has it can read this page: keep it as you keep a letter from your clinic.`,
  loading: 'Reading the list',
  noLink: 'This link is not complete. Type it again as it was printed, or ask your clinic for a new one.',
  ended: 'This link does not work, or not any more. Ask your clinic for a new one.',
  away: 'The hospital cannot be reached just now. Try again later.',
  none: 'Nothing was changed on your device since it is yours.',
  more: (shown: string, total: string) =>
    `The newest ${shown} of ${total} are shown. Ask your clinic for the older ones.`,
  by: { 0: 'Nobody signed', 1: 'One clinician signed', 2: 'Two clinicians signed' },
  outcome: {
    applied: 'Your device took the change.',
    'applied-modified': 'Your device took the change, and adjusted a value itself.',
    refused: 'It was refused. Nothing changed on your device.',
    cancelled: 'It was cancelled. Nothing changed on your device.',
    unknown: 'It is not known yet what your device did. Your clinic is finding out.',
    lost: 'It could not be found out what your device did. Talk to your clinic.',
    other: 'It is not finished yet.',
  },
  change: (name: string, before: string, after: string) =>
    after === '' ? name : `${name}: from ${before} to ${after}`,
  reason: {
    titration: 'Why: to fit the treatment to you, step by step.',
    symptoms: 'Why: because of how you felt.',
    procedure: 'Why: for an examination or an operation.',
    alarms: 'Why: so that the device sounds an alarm when it should.',
    battery: 'Why: to save the battery.',
    other: 'Why: for another reason. Your clinic can tell you which.',
  },
  because: (code: string) => `Why: ${code}.`,
  why: 'More about why stands in your record at the clinic; nobody’s name is on this page.',
  check: 'Check this myself',
  checking: 'Checking',
  verified: 'This is true: your device itself signed it, and what is written here was not altered since.',
  failed: 'Something does not fit. Do not rely on this entry, and call your clinic.',
  incomplete: 'Nothing is wrong as far as it goes, but not every check could be made.',
  noEvidence:
    'There is nothing to check: your device never received it, or its answer is not in the log yet.',
  details: 'The nine checks',
  how: 'Your browser checked this itself, with the fingerprint that was printed with your link.',
};
