import { parseArgs } from 'node:util';
import { readConfigFile } from '../common/process/config.ts';
import { oneLine } from '../common/process/lifecycle.ts';
import { Accounts, SUBJECT } from './accounts.ts';
import { CONFIG, ROLES } from './config.ts';

const HELP = `countersign issuer, for its operator:

  node clients/issuer/admin.ts people --config FILE.json
  node clients/issuer/admin.ts link   --config FILE.json --subject HEX --name NAME --roles ROLE,ROLE
  node clients/issuer/admin.ts remove --config FILE.json --subject HEX

  people    everybody who can sign in, and with how many passkeys
  link      prints a link with which this person registers one passkey: once, within 15 minutes. Give it to them in
            person; whoever opens it first signs in as them. The subject is that of their credential. For a person who
            is there already, name and roles are changed when the link is used.
  remove    takes a person and their passkeys off; what they hold ends with its token, within two minutes
  roles     clinician, second, emergency, auditor, operator, maker, patient
`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      subject: { type: 'string' },
      name: { type: 'string' },
      roles: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [verb] = positionals;
  if (values.help === true || verb === undefined) {
    process.stdout.write(HELP);
    return values.help === true ? 0 : 2;
  }
  if (values.config === undefined) throw new Error('--config FILE.json is missing. Try --help.');
  const config = readConfigFile(values.config, CONFIG);
  const accounts = new Accounts(config.folder);
  const subject = (): string => {
    const read = SUBJECT.safeParse(values.subject);
    if (!read.success) throw new Error('--subject: expected 32 lower-case hexadecimal digits');
    return read.data;
  };
  if (verb === 'people') return people(accounts);
  if (verb === 'remove') {
    const known = accounts.remove(subject());
    process.stdout.write(known ? 'removed\n' : 'there is nobody of that subject\n');
    return known ? 0 : 1;
  }
  if (verb !== 'link') throw new Error(`there is no "${verb}". Try --help.`);
  const roles = ROLES.safeParse(values.roles?.split(','));
  if (!roles.success) throw new Error('--roles: expected names such as clinician,emergency. Try --help.');
  const name = values.name ?? '';
  if (name === '' || name.length > 60) throw new Error('--name: expected 1 to 60 characters');
  const secret = accounts.link({ subject: subject(), name, roles: roles.data }, Date.now());
  process.stdout.write(`${config.url}/register#${secret}\n`);
  process.stderr.write('Good for 15 minutes, and for whoever opens it first. It is shown this once.\n');
  return 0;
}

function people(accounts: Accounts): number {
  const { all } = accounts;
  if (all.length === 0) process.stdout.write('Nobody can sign in yet: make a link for the first person.\n');
  for (const { subject, name, roles } of all) {
    const passkeys = accounts.passkeysOf(subject).length;
    process.stdout.write(`${subject}  ${name}  ${roles.join(',')}  ${passkeys} passkey(s)\n`);
  }
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`issuer: ${oneLine(error)}\n`);
  process.exitCode = 2;
}
