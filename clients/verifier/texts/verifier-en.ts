/** The offline verifier, in English: for somebody who was handed a file and has nothing of ours. */
export const VERIFIER_EN = {
  title: 'Check evidence of a device command',
  lead: 'Choose the file you were given. It stays on this computer: this page has no way to any network.',
  file: 'Evidence bundle (.zip) or evidence file',
  fingerprint: 'Fingerprint of the hospital’s keys',
  fingerprintSays:
    'Eight groups of four characters, from paper, the hospital’s published page, or a person you know. Never from this file. Without it nobody vouches for the keys.',
  badFingerprint: 'A fingerprint is eight groups of four characters 0 to 9 and a to f.',
  checking: 'Checking',
  verdict: {
    VERIFIED: 'Verified',
    FAILED: 'Failed: do not rely on this',
    INCOMPLETE: 'Not complete: a check could not be made',
  },
  evidence: {
    VERIFIED: 'Every check passed for 1 command.',
    FAILED: 'A check failed: do not rely on what this file tells.',
    INCOMPLETE: 'Nothing is wrong as far as it goes, but not every check could be made.',
  },
  exit: (code: string) => `The same code as \`countersign verify\`, which would end with exit code ${code}.`,
  tooLarge: 'This file is larger than any evidence bundle.',
  unreadable: 'The browser could not read this file. Choose it again.',
  checks: 'Checks',
  commands: 'What was done',
  command: (hash: string) => `Command ${hash}`,
  proves: 'What the bundle proves, and what not',
  entries: (count: string) => `Entries of the log (${count})`,
  entry: 'Entry',
  time: 'Time (UTC)',
  says: 'What it says',
  showBytes: 'Show bytes',
  hideBytes: 'Hide bytes',
  more: (count: string) => `and ${count} more entries; countersign verify --json has all of them`,
  remembers: (size: string) =>
    `This browser will remember the log at ${size} entries, and will notice a log that tells another history.`,
  forgets:
    'This browser keeps nothing for this page, so it cannot notice a log that tells another history next time.',
};
