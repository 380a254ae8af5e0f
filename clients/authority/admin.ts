import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { utf8 } from '../../server/protocol/bytes.ts';
import { readConfigFile } from '../common/process/config.ts';
import { keepFile } from '../common/process/keep-file.ts';
import { oneLine } from '../common/process/lifecycle.ts';
import { CONFIG, NAME, REQUEST } from './config.ts';
import { numbersIn, SERIAL } from './serials.ts';

const HELP = `countersign authority, for its operator:

  node clients/authority/admin.ts certify --config FILE.json --name NAME --subject HEX --roles ROLE,ROLE
                                          --key HEX --rp-id HOST [--days 365] [--backup-eligible]
  node clients/authority/admin.ts revoke  --config FILE.json --serial NUMBER
  node clients/authority/admin.ts devices --config FILE.json
  node clients/authority/admin.ts approve --config FILE.json --id ID --statement FILE
  node clients/authority/admin.ts end-certificate --config FILE.json --serial HEX

  certify   asks for a credential: the person's pseudonym (32 hexadecimal digits), their passkey (COSE_Key in
            hexadecimal) and the host name of the page it signs on. A key belongs to one person for good.
  revoke    ends a credential, for good; gateways learn of it within a minute, devices with the next command
  devices   which devices wait for a certificate, each with the id to approve
  approve   lays an operator's signed word beside a request: an enrolment statement { 1: "device certificate", 2: ID }
  end-certificate   puts a device's certificate on the CRL, and lets it renew nothing

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
      id: { type: 'string' },
      statement: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [verb] = positionals;
  if (values.help === true) return void process.stdout.write(HELP);
  if (values.config === undefined) throw new Error('--config FILE.json is missing. Try --help.');
  const { folder } = readConfigFile(values.config, CONFIG);
  if (verb === 'revoke') {
    const { serial = '' } = values;
    if (!SERIAL.test(serial)) throw new Error('--serial: expected the number of a credential');
    if (!numbersIn(folder).includes(Number(serial)))
      throw new Error(`--serial: no credential has the number ${serial}`);
    mkdirSync(join(folder, 'revoked'), { recursive: true, mode: 0o700 });
    closeSync(openSync(join(folder, 'revoked', serial), 'a', 0o600));
    return void process.stdout.write(`revocation of ${serial} is asked for\n`);
  }
  if (verb === 'devices') return devices(join(folder, 'devices'));
  if (verb === 'approve') return approve(join(folder, 'devices'), values.id, values.statement);
  if (verb === 'end-certificate') return end(join(folder, 'devices'), values.serial);
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

function devices(folder: string): void {
  const waiting = z.object({ device: z.string(), serial: z.string() });
  const at = join(folder, 'pending');
  const files = existsSync(at) ? readdirSync(at).filter((name) => name.endsWith('.json')) : [];
  const rows = files.flatMap((file) => {
    const id = file.slice(0, -5);
    if (existsSync(join(folder, 'issued', `${id}.pem`))) return [];
    const { device, serial } = waiting.parse(JSON.parse(readFileSync(join(at, file), 'utf8')));
    return [`${id}  ${device}  ${serial}`];
  });
  process.stdout.write(rows.length === 0 ? 'No device waits for a certificate.\n' : `${rows.join('\n')}\n`);
}

function approve(folder: string, id = '', statement = ''): void {
  if (!existsSync(join(folder, 'pending', `${id}.json`)) || !/^[0-9a-f]{64}$/u.test(id))
    throw new Error('--id: no device waits under it; see "devices"');
  keepFile(join(folder, 'approvals', `${id}.statement`), new Uint8Array(readFileSync(statement)));
  process.stdout.write('the device gets its certificate when it asks again, if the signature holds\n');
}

function end(folder: string, serial = ''): void {
  if (!/^[0-9a-f]{32}$/u.test(serial)) throw new Error('--serial: expected 32 lower-case hexadecimal digits');
  mkdirSync(join(folder, 'ended'), { recursive: true, mode: 0o700 });
  closeSync(openSync(join(folder, 'ended', serial), 'a', 0o600));
  process.stdout.write(`certificate ${serial} is on the next list\n`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`authority: ${oneLine(error)}\n`);
  process.exitCode = 2;
}
