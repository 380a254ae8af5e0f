/** How long what is kept. */
export const RETENTION_EN = {
  title: 'Retention',
  says: 'How long each class of records is kept at least, and why. Nothing is ever erased by itself: an operator signs for each person, no command may be open, and no hold may stand.',
  class: 'Records',
  years: 'Kept',
  basis: 'Because of',
  atLeast: (years: string) => `at least ${years} years`,
  classes: {
    commands: 'Commands and what came of them',
    emergencies: 'Emergency safe mode',
    refusals: 'Refusals',
    access: 'Who read and took away',
    alarms: 'Alarms',
    notes: 'Notes and sign-offs',
  },
  holds: 'Legal holds in force',
  noHolds: 'None. A hold is set by a signed note on a command.',
  about: 'About',
  text: 'Why',
  since: 'Since',
  by: 'By',
  erased: 'Erased identities',
  noErased: 'Nobody was erased.',
  erasedOne: (patient: string, when: string, by: string) =>
    `Patient ${patient}: identity erased on ${when} by ${by}`,
};

/** Masks, saved filters, and what a device's receipts say of a list. */
export const PRIVACY_EN = {
  retention: RETENTION_EN,
  mask: {
    unmask: 'Unmask this patient',
    says: 'You see who this patient is, and why each command was given, for fifteen minutes. Your name and your reason are written to the log first.',
    why: 'Reason (3 to 80 letters, digits or signs)',
    needed: 'Write the reason first.',
    show: 'Show for 15 minutes',
    cancel: 'Stay masked',
    nobodyNamed: 'The log does not say which patient this was for.',
    byBefore:
      'An emergency names no patient and gives no reason. This is the patient that the device named in the command before it.',
    title: 'Unmasked',
    until: (time: string, left: string) => `until ${time}, ${left} left`,
    maskAgain: 'Mask again',
    name: 'Patient',
    nobody: 'Not in the directory any more',
    born: 'Born',
    number: 'Record number',
    reason: 'Reason',
    note: 'Note',
    order: 'Order',
    signed: 'Signed by',
    tablets: 'Tablets',
    pseudonym: 'Pseudonym, as an erasure names it',
    erased: (when: string, by: string) => `Identity erased on ${when} by ${by}`,
  },
  saved: {
    title: 'Saved filters',
    none: 'None',
    save: 'Save these filters',
    name: 'Name',
    says: 'Kept on this computer, without what was typed: no person, no patient.',
    keep: 'Save',
    drop: 'Remove',
    empty: 'Give it a name first.',
  },
  follows: {
    whole: (first: string, last: string) =>
      `Receipts ${first} to ${last} of this device are all here. That was checked on this computer, by the device’s own numbers: no answer between them is left out.`,
    hole: 'Something is left out of this list',
    holeSays: (numbers: string) =>
      `The device signed receipts with the numbers ${numbers}, and no row here has them. Either they are in the gaps, or this gateway hides them: copy the whole log and check it.`,
  },
};
