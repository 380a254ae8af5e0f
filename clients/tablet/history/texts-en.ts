/** Proofs in the history of a device, in English. */
export const PROOF_EN = {
  check: 'Check the proof',
  checking: 'Checking',
  VERIFIED: 'VERIFIED',
  FAILED: 'FAILED',
  'NOT CHECKED': 'NOT CHECKED',
  passed: (passed: string, all: string) => `${passed} of ${all} checks passed on this tablet`,
  none: 'There is no proof yet, or it could not be fetched.',
  place: (index: string) => `log ${index}`,
  part: 'Alarms and other events could not be read; these are the commands alone.',
  events: {
    alarm: 'Alarm',
    refused: 'Attempt refused',
    emergency: 'Emergency safe mode used',
    enrolment: 'Let in',
    off: 'Shut out',
    breakGlass: 'Glass broken',
    lost: 'Given up as lost',
  },
  other: 'The gateway gave the proof of something else. Do not rely on this entry, and tell the operator.',
};
