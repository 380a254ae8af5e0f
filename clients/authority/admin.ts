import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { readConfigFile } from '../common/process/config.ts';
import { publicKeyFromPem } from '../common/process/crypto.ts';
import { keepFile } from '../common/process/keep-file.ts';
import { oneLine } from '../common/process/lifecycle.ts';
import { ABOUT_DEVICES } from './admin-devices.ts';
import { CONFIG, LINK_REQUEST, NAME, REQUEST } from './config.ts';
import { numbersIn, SERIAL } from './serials.ts';

const HELP = `countersign authority, for its operator:

  node clients/authority/admin.ts certify --config FILE.json --name NAME --subject HEX --roles ROLE,ROLE
                                          --key HEX --rp-id HOST [--days 365] [--backup-eligible]
  node clients/authority/admin.ts certify-link --config FILE.json --name NAME --link gateway|station --public FILE.pem
                                               [--days 365]
  node clients/authority/admin.ts revoke  --config FILE.json --serial NUMBER
  node clients/authority/admin.ts devices --config FILE.json
  node clients/authority/admin.ts word --config FILE.json --statement FILE
  node clients/authority/admin.ts end-certificate --config FILE.json --serial HEX
  node clients/authority/admin.ts remove-device   --config FILE.json --id EUI-64
  node clients/authority/admin.ts add-station     --config FILE.json --label NAME --cert FILE.pem
  node clients/authority/admin.ts end-station     --config FILE.json --label NAME

  certify   asks for a credential: the person's pseudonym (32 hexadecimal digits), their passkey (COSE_Key in
            hexadecimal) and the host name of the page it signs on. A key belongs to one person for good.
  certify-link  the same for the link key of a gateway or a reader station (openssl pkey -pubout), under a new name; a
            gateway that has the private key takes it up by itself
  revoke    ends a credential, for good; gateways learn of it within a minute, devices with the next command
  devices   which devices wait for a certificate, each with the id to decide about, and which are enrolled
  word      takes what an operator signed about a device ("countersign enrolments" signs it): that it may have its
            certificate, or not, or that it takes commands from now on. A device that is known and shows another key
            of its maker needs the words of two operators
  end-certificate   ends a certificate of a device: on the CRL, and off the list that gateways follow
  remove-device     ends a device: all its certificates, and it is on the list no more
  add-station, end-station   reader stations, by their TLS certificate

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
      link: { type: 'string' },
      public: { type: 'string' },
      'rp-id': { type: 'string' },
      days: { type: 'string', default: '365' },
      'backup-eligible': { type: 'boolean', default: false },
      serial: { type: 'string' },
      id: { type: 'string' },
      statement: { type: 'string' },
      label: { type: 'string' },
      cert: { type: 'string' },
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
  const about = verb === undefined ? undefined : ABOUT_DEVICES[verb];
  if (about) return void process.stdout.write(`${about(join(folder, 'devices'), values)}\n`);
  if (verb === 'certify-link') {
    const { alg, raw } = publicKeyFromPem(readFileSync(values.public ?? missing('public'), 'utf8'));
    const key = hex(coseKey(alg, raw));
    return ask(folder, values.name, LINK_REQUEST, {
      link: values.link,
      coseKey: key,
      days: Number(values.days),
    });
  }
  if (verb !== 'certify') throw new Error(`there is no "${verb ?? ''}". Try --help.`);
  ask(folder, values.name, REQUEST, {
    subject: values.subject,
    roles: values.roles?.split(','),
    coseKey: values.key,
    rpId: values['rp-id'],
    days: Number(values.days),
    backupEligible: values['backup-eligible'],
  });
}

const missing = (name: string): never => {
  throw new Error(`--${name} is missing. Try --help.`);
};

/** Leaves a request in the authority's folder. Throws Error for one that cannot be read. */
function ask(folder: string, wanted: string | undefined, schema: z.ZodType, raw: unknown): void {
  const name = NAME.safeParse(wanted);
  if (!name.success) throw new Error(`--name: ${name.error.issues[0]?.message ?? 'cannot be read'}`);
  const request = schema.safeParse(raw);
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
