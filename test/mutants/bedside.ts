import { type Mutant, mutantsOf } from './mutant.ts';

const PATIENTS = 'the directory of patients ';
const patients = 'patients/patients';
const READERS = 'a tablet and its reader ';
const readers = 'patients/readers';
const GLASS = 'break-glass ';
const glass = 'patients/break-glass';
const TWO = 'a change of high risk, by two people ';
const two = 'ceremony/two-people';

/** What the gateway checks for a tablet at the bedside, beside commands. */
// prettier-ignore
export const BEDSIDE_MUTANTS: readonly Mutant[] = [
  ...mutantsOf('server/gateway/desks/patient-room.ts', [
    ['patient-care', 'who does not care for a patient does not open them',
      'this.#parts.care.hasPatient(subject, patient) ||', 'true ||',
      patients, `${PATIENTS}tells of others only when they are named exactly, and only that they are restricted`],
    ['patient-alike', 'who has a similar name is named only to those who may see them',
      'alike.includes(one.fhirId) && this.#maySee(session, one)', 'alike.includes(one.fhirId)',
      patients, `${PATIENTS}names who has a similar name only to those who may see them too`],
    ['patient-role', 'only who treats patients looks for them',
      '    demandClinician(session);', '',
      patients, `${PATIENTS}is for those who treat patients: operators and auditors find nobody`],
    ['patient-rate', 'nobody tries names by the hundred',
      'await rates.take(', 'void (',
      patients, `${PATIENTS}is asked no more than a person can ask`],
    ['patient-logged', 'who opened whom stands in the log',
      'await this.recordRead(session, `patient ${id}`);', '',
      patients, `${PATIENTS}opens a patient with devices and salt, and the log says who opened whom, once, without a name`],
  ]),
  ...mutantsOf('server/authorize/patients.ts', [
    ['patient-exact', 'strangers are found by what is on a wristband, not by a name',
      'if (sure === undefined) return [];', '',
      patients, `${PATIENTS}tells of others only when they are named exactly, and only that they are restricted`],
  ]),
  ...mutantsOf('server/gateway/hospital/patient-folder.ts', [
    ['patient-photo', 'what is served as a picture is one',
      '? bytes : undefined', '? bytes : bytes',
      patients, `${PATIENTS}shows the portrait, and nothing that is no picture`],
  ]),
  ...mutantsOf('server/gateway/desks/inbox.ts', [
    ['gw-second-role', 'the second person has the role for it',
      '(roles & ROLE.second) === 0', 'false',
      two, `${TWO}is not signed second by somebody without that role`],
  ]),
  ...mutantsOf('server/authorize/drafts.ts', [
    ['draft-closed', 'what was declined is not completed',
      'if (!draft || draft.closed ||', 'if (!draft ||',
      two, `${TWO}is declined by the second person with a reason, which the first is told; nobody completes it then`],
    ['draft-note', 'nobody reads values in a note before they entered their own',
      'note: matched ? context.note : undefined', 'note: context.note',
      two, `${TWO}shows the second person who asks and why, and nothing of the values, the hash or the words`],
    ['draft-own', 'only who asked hears what became of it',
      'draft.by.subject === subject && now < draft.expires', 'now < draft.expires',
      two, `${TWO}is declined by the second person with a reason, which the first is told; nobody completes it then`],
  ]),
  ...mutantsOf('server/gateway/desks/reader-room.ts', [
    ['reader-label', 'a label that nobody knows binds nothing',
      'if (![...this.#parts.labels()].includes(label)) throw outOfScope();', '',
      readers, `${READERS}are bound by the label that was scanned; the reader shows itself, and says when it cannot`],
    ['reader-busy', 'one reader, one tablet',
      'if (holder && holder.session.id !== session.id)', 'if (false)',
      readers, `${READERS}are one: a second tablet is told who has the reader, until that session is over`],
    ['reader-here', 'a command goes through the reader of the tablet that asked for it',
      'if (this.#holder(station)?.session.tablet !== tablet)', 'if (false)',
      readers, `${READERS}send nothing to a device on another reader, though the person cares for it`],
    ['reader-elsewhere', 'taps at other readers are no news',
      'if (place.reader !== card.station) {', 'if (false) {',
      readers, `${READERS}send nothing to a device on another reader, though the person cares for it`],
    ['reader-mismatch', 'a device of another patient stops the tablet',
      "if (this.#isFor(place, at) === false) return { ...said, phase: 'mismatch' };", '',
      readers, `${READERS}are stopped when the device is somebody else’s, and the log says so`],
  ]),
  ...mutantsOf('server/authorize/break-glass.ts', [
    ['glass-own', 'whoever is signed in breaks the glass, nobody else',
      '    demandOwn(by, asker);\n    if ((by.credential.roles & asker.roles & (ROLE.clinician', '    if ((by.credential.roles & asker.roles & (ROLE.clinician',
      glass, `${GLASS}is for those who treat patients, by their own signature, with a reason, for an hour at most`],
    ['glass-role', 'only who treats patients breaks it',
      "(by.credential.roles & asker.roles & (ROLE.clinician | ROLE.second)) === 0", 'false',
      glass, `${GLASS}is for those who treat patients, by their own signature, with a reason, for an hour at most`],
    ['glass-ends', 'it ends',
      '=> now < until;', '=> now < Infinity || now < until;',
      glass, `${GLASS}opens one patient for reading and for a small change; it is told, logged, and ends`],
    ['glass-reviewer', 'whoever broke it does not review it',
      'if (one.subject === by.subject)', 'if (false)',
      glass, `${GLASS}has to be reviewed by somebody else, in words, once it is over`],
    ['glass-day', 'who was not reviewed in time breaks no further one',
      'if (mine.some(({ since }) => now - since > REVIEW_WITHIN_MS))', 'if (false)',
      glass, `${GLASS}goes on over a restart, and is refused to who has one that was not reviewed within a day`],
  ]),
  ...mutantsOf('server/authorize/care-relation.ts', [
    ['glass-tier', 'break-glass lifts no second person',
      'if (tier !== 1)', 'if (false)',
      glass, `${GLASS}lifts no second person: neither first nor second of two may have broken the glass`],
  ]),
  ...mutantsOf('server/gateway/desks/builds.ts', [
    ['build-list', 'a page signs in a version that the hospital allows',
      'if (build === undefined ? this.#programs : this.#builds.has(hex(build))) return;', 'return;',
      'patients/builds', 'the version of a signing page is on the hospital’s list, or nothing is signed; the refusal names it in the log'],
  ]),
  ...mutantsOf('server/edge/desks/dispatch.ts', [
    ['build-asked', 'each signature is held against it',
      "if (call.kind === 'sign' || call.kind === 'approve') desk.builds.maySign(session, build);", '',
      'edge/stream', 'the stream signs for a page only in a version that is allowed'],
  ]),
  ...mutantsOf('server/gateway/desks/progress.ts', [
    ['progress-care', 'how far a command is, is told to those who may see its device',
      'if (this.#parts.maySee(session, hex(progress.device))) tell(progress);', 'tell(progress);',
      'ceremony/progress', 'the progress of a command is told to who comes late, with the time that is left, and to nobody who does not care for the patient'],
  ]),
  ...mutantsOf('server/gateway/desks/front-desk.ts', [
    ['reader-second', 'and still lies there when the second person has signed',
      "this.#parts.rooms.readers.demandHere(offered.tablets[0] ?? '', at);", '',
      readers, `${READERS}complete a change of two people only where the first of them is`],
  ]),
];
