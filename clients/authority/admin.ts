import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { utf8 } from '../../server/protocol/bytes.ts';
import { readConfigFile } from '../common/process/config.ts';
import { keepFile } from '../common/process/keep-file.ts';
import { oneLine } from '../common/process/lifecycle.ts';
import { CONFIG, NAME, REQUEST } from './config.ts';

const HELP = `countersign authority, for its operator:

  node clients/authority/admin.ts certify --config FILE.json --name NAME --subject HEX --roles ROLE,ROLE
                                          --key HEX --rp-id HOST [--days 365] [--backup-eligible]
  node clients/authority/admin.ts revoke  --config FILE.json --serial NUMBER

  certify   asks for a credential: the person's pseudonym (32 hexadecimal digits), their passkey (COSE_Key in
            hexadecimal) and the host name of the page it signs on. A key belongs to one person for good.
  revoke    ends a credential, for good; gateways learn of it within a minute, devices with the next command

The running authority does it within a second and writes to its log what became of it; when it is not running, as
soon as it is.
`;

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      name: { type: 'string' },
      subject: { type: 'string' },
      roles: { type: 'string' },
      key: { type: 'string' },
      'rp-id': { type: 'string' },
      days: { type: 'string', default: '365' },
      'backup-eligible': { type: 'boolean', default: false },
      serial: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [verb] = positionals;
  if (values.help === true) return void process.stdout.write(HELP);
  if (values.config === undefined) throw new Error('--config FILE.json is missing. Try --help.');
  const { folder } = readConfigFile(values.config, CONFIG);
  if (verb === 'revoke') {
    const { serial = '' } = values;
    if (!/^[1-9]\d{0,8}$/u.test(serial)) throw new Error('--serial: expected the number of a credential');
    mkdirSync(join(folder, 'revoked'), { recursive: true, mode: 0o700 });
    closeSync(openSync(join(folder, 'revoked', serial), 'a', 0o600));
    return void process.stdout.write(`revocation of ${serial} is asked for\n`);
  }
  if (verb !== 'certify') throw new Error(`there is no "${verb ?? ''}". Try --help.`);
  const name = NAME.safeParse(values.name);
  if (!name.success) throw new Error(`--name: ${name.error.issues[0]?.message ?? 'cannot be read'}`);
  const request = REQUEST.safeParse({
    subject: values.subject,
    roles: values.roles?.split(','),
    coseKey: values.key,
    rpId: values['rp-id'],
    days: Number(values.days),
    backupEligible: values['backup-eligible'],
  });
  if (!request.success) {
    const [issue] = request.error.issues;
    throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be read'}. Try --help.`);
  }
  const file = join(folder, 'requests', `${name.data}.json`);
  if (existsSync(file)) throw new Error(`there is a request under ${name.data} already`);
  mkdirSync(join(folder, 'requests'), { recursive: true, mode: 0o700 });
  keepFile(file, utf8(JSON.stringify(request.data)));
  process.stdout.write(`a credential for ${name.data} is asked for\n`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`authority: ${oneLine(error)}\n`);
  process.exitCode = 2;
}
