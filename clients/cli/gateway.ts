import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from './command.ts';

const WARD = fileURLToPath(new URL('../ward/main.ts', import.meta.url));
const COMMON = `  --as NAME      who asks: dr-a, dr-b, operator or auditor of the simulated ward
  --dir FOLDER   the ward's folder (default .ward, or COUNTERSIGN_DIR)
  --json         one JSON object on standard output
`;

/** A question that the gateway answers: it is put by the ward's own client, in a process of its own. */
const question = (name: string, says: string, help: string): Command => ({
  says,
  help: `${help}\n\n${COMMON}`,
  run(args) {
    const { status } = spawnSync(process.execPath, [WARD, name, ...args], { stdio: 'inherit' });
    return status === 0 ? 0 : status === 1 ? 1 : 2;
  },
});

export const GATEWAY_COMMANDS: readonly (readonly [string, Command])[] = [
  [
    'devices',
    question('devices', 'the devices the gateway knows, and which are in contact', '  (no arguments)'),
  ],
  [
    'commands',
    question('commands', 'the last commands and what became of them', '  --device ID    only of this device'),
  ],
  ['locks', question('locks', 'what is locked now', '  (no arguments)')],
  [
    'lock',
    question(
      'lock',
      'stop a person, device, tablet, role, site, or everything',
      `  KIND [SUBJECT]   person, device, tablet, role or site and which one; or all
  --reason TEXT    for everybody who meets the lock
  --seconds N      lift it by itself after this long`,
    ),
  ],
  ['unlock', question('unlock', 'lift a lock', '  ID             as `countersign locks` shows it')],
  [
    'evidence',
    question(
      'evidence',
      'fetch the evidence bundle of a command, an incident or a period, to be checked anywhere',
      `  --command HASH   of this command; several, separated by commas, are an incident
  --from TIME --to TIME   or of this period, as in 2026-11-29T14:00Z
  --out FILE       where to; a zip file
  --purpose TEXT   why; it stands in the log beside who asked
  --names          with names, reasons and tablets`,
    ),
  ],
  [
    'patient-link',
    question(
      'patient-link',
      'the link that the clinic prints for a patient: who changed the device, when, and why',
      '  DEVICE         name or id; it is read, because it knows whose it is',
    ),
  ],
  [
    'uses',
    question(
      'uses',
      'everything that your own passkey signed, so that you notice what you did not',
      '  --from TIME      from then on, as in 2026-11-29T14:00Z',
    ),
  ],
  [
    'reviews',
    question(
      'reviews',
      'emergencies that nobody else has looked at yet; no change of high risk is granted before',
      `  (no arguments)             what waits
  close DEVICE --found TEXT  sign what you found; whoever used the emergency door cannot`,
    ),
  ],
  [
    'openings',
    question(
      'openings',
      'patients whom somebody opened by break-glass, and nobody else has looked at yet',
      `  (no arguments)              what waits
  close OPENING --found TEXT  sign what you found, once it is over; whoever opened it cannot`,
    ),
  ],
  [
    'erase',
    question(
      'erase',
      'sign that a person be erased; the log stays, and every proof holds',
      `  PATIENT        the 64 digits of the pseudonym; an auditor sees it after "Unmask this patient"
  --reason TEXT    why; it is signed`,
    ),
  ],
  [
    'enrolments',
    question(
      'enrolments',
      'the devices that wait for a certificate; see and sign what becomes of them',
      `  (no arguments)   who waits, and who is enrolled
  show ID          what there is to decide about; the first digits of an id are enough
  approve ID --name NAME --site SITE --profile PROFILE [--nfc]
                   sign that this device may have its certificate; it is only read at first. A device that is known
                   and shows another key needs two operators who sign the same
  deny ID          sign that it gets none
  use DEVICE       sign that an enrolled device takes commands from now on
  watch DEVICE     sign that it is only read`,
    ),
  ],
  [
    'notices',
    question(
      'notices',
      'what was certified and ended in somebody’s name',
      '  SUBJECT        32 hexadecimal digits, or one of the people of the ward',
    ),
  ],
  [
    'log',
    question('log', 'copy the whole log into a folder, to be checked anywhere', '  FOLDER         where to'),
  ],
  [
    'change',
    question(
      'change',
      'one setting of one device, signed by the clinicians of the simulated ward',
      `  DEVICE SETTING VALUE   as in: change pump-1 "Alarm volume" 8
  --mrn TEXT --born YEAR  the patient, where the ward does not know whose device it is`,
    ),
  ],
];
