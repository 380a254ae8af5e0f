/** Break-glass, in English. */
export const GLASS_EN = {
  title: 'Break the glass',
  lead: 'This patient is in the care of others. Open the record only if you have to treat this person now.',
  why: 'Reason',
  emergency: 'Emergency',
  'team-absent': 'The patient’s team cannot be reached',
  consult: 'I was asked for advice',
  handover: 'The patient was handed over to me',
  other: 'Another reason',
  more: 'More about it (can wait for the review)',
  opens: 'What it opens',
  opensThis:
    'This patient alone, for 60 minutes at most, or until you leave the patient: reading, and small changes that one person may sign.',
  told: 'Who is told',
  toldTeam:
    'The patient’s team, at once where they are signed in, and whoever may review it: by name, as soon as it is open. It stands in the log under your name.',
  not: 'It lifts no limit of the device, and it skips no second person.',
  notLead: 'What needs two people still needs two of the patient’s own team.',
  cancel: 'Do not open',
  open: 'Open with passkey',
  needReason: 'Choose a reason.',
  reviewDue:
    'One that you opened more than a day ago was never reviewed. Nothing was opened. Ask an operator or a second clinician to review it first. Code E_REVIEW.',
  signing: 'Waiting for your signing passkey',
  left: (time: string) => `Break-glass ${time}`,
  pending: (count: string) => `Break-glass of yours waiting for review: ${count}`,
  pendingRow: (time: string) => `Opened ${time}. Over; somebody else has to review it.`,
  openRow: (time: string, until: string) => `Opened ${time}. Still open, until ${until} at the latest.`,
};
