import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Anchors,
  encodeAnchors,
  joinAnchors,
  logKeysOf,
  openNextAnchors,
  readAnchors,
  readDraft,
  signAnchors,
} from '../../server/protocol/anchors.ts';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { readConfigFile } from '../common/process/config.ts';
import { nodeCrypto, publicKeyFromPem, signerFromPem } from '../common/process/crypto.ts';
import { keepFile } from '../common/process/keep-file.ts';
import { oneLine } from '../common/process/lifecycle.ts';
import { CONFIG } from './config.ts';

const HELP = `countersign anchors: what every device believes in, changed by two people with two keys.

  1  node clients/authority/anchors-admin.ts draft   --config FILE.json --out DRAFT CHANGE ...
  2  node clients/authority/anchors-admin.ts sign    --draft DRAFT --present ANCHORS --key AUTHORITY.pem --out A
  3  node clients/authority/anchors-admin.ts sign    --draft DRAFT --present ANCHORS --key RECOVERY.pem  --out B
  4  node clients/authority/anchors-admin.ts publish --config FILE.json --by-authority A --by-recovery B

  Steps 2 and 3 are for two people, each where their own key is kept: compare the lines that are shown with what was
  agreed. ANCHORS are the anchors in force (published/anchors.bin).

  CHANGE, any of them, also more than once:
    --add-grant-key PUBLIC.pem     --drop-grant-key KID      which gateway keys devices obey
    --add-authority PUBLIC.pem     --drop-authority KID      who certifies people, and signs the next anchors
    --add-emergency PUBLIC.pem     --drop-emergency KID      whose clinicians may use the safe mode
    --recovery PUBLIC.pem          --profile-maker PUBLIC.pem
    --add-origin ORIGIN            --drop-origin ORIGIN      signing pages
    --add-log-key VKEY             --drop-log-key VKEY       which keys sign the log: two at most, under one name
    --add-witness VKEY             --drop-witness VKEY       who has to have seen it
    --quorum NUMBER                --log VKEY                how many of them; another log altogether
    --primed-checks yes|no                                   a second person may be shown the values, where the policy says so

  A key is rotated in two versions: one that names both, and when every device has it, one that drops the old.
`;
const MANY = { type: 'string', multiple: true, default: [] as string[] } as const;
const ONE = { type: 'string' } as const;
const OPTIONS = {
  config: ONE,
  out: ONE,
  draft: ONE,
  present: ONE,
  key: ONE,
  'by-authority': ONE,
  'by-recovery': ONE,
  'add-grant-key': MANY,
  'drop-grant-key': MANY,
  'add-authority': MANY,
  'drop-authority': MANY,
  'add-emergency': MANY,
  'drop-emergency': MANY,
  recovery: ONE,
  'profile-maker': ONE,
  'add-origin': MANY,
  'drop-origin': MANY,
  log: ONE,
  'add-log-key': MANY,
  'drop-log-key': MANY,
  'add-witness': MANY,
  'drop-witness': MANY,
  quorum: ONE,
  'primed-checks': ONE,
  help: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];

const bytesOf = (file: string): Bytes => new Uint8Array(readFileSync(file));
const publicKey = (file: string): PublicKey => publicKeyFromPem(readFileSync(file, 'utf8'));

function needed(
  values: Values,
  name: 'config' | 'out' | 'draft' | 'present' | 'key' | 'by-authority' | 'by-recovery',
): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing. Try --help.`);
  return value;
}

/** Without those named, which have to be there, and with the new ones. */
function changed<T>(
  all: readonly T[],
  drop: readonly string[],
  add: readonly T[],
  nameOf: (one: T) => string,
): readonly T[] {
  for (const name of drop)
    if (!all.some((one) => nameOf(one) === name)) throw new Error(`there is no ${name} to drop`);
  return [...all.filter((one) => !drop.includes(nameOf(one))), ...add];
}

/** The next anchors. Throws Error when a change does not fit the present ones. */
function next(present: Anchors, values: Values): Anchors {
  const keys = (all: readonly PublicKey[], drop: readonly string[], add: readonly string[]) =>
    changed(all, drop, add.map(publicKey), ({ kid }) => hex(kid));
  const { quorum } = values;
  const { primedChecks: primed = false, ...rest } = present;
  const origins = values['add-origin'].map((origin) => ({ origin, rpId: new URL(origin).hostname }));
  return {
    ...rest,
    ...(yesOrNo(values['primed-checks'], primed) && { primedChecks: true }),
    version: present.version + 1,
    grantKeys: keys(present.grantKeys, values['drop-grant-key'], values['add-grant-key']),
    authorities: keys(present.authorities, values['drop-authority'], values['add-authority']),
    emergencyIssuers: keys(present.emergencyIssuers, values['drop-emergency'], values['add-emergency']),
    recovery: values.recovery === undefined ? present.recovery : publicKey(values.recovery),
    profileMaker:
      values['profile-maker'] === undefined ? present.profileMaker : publicKey(values['profile-maker']),
    origins: changed(present.origins, values['drop-origin'], origins, ({ origin }) => origin),
    log: nextLog(present.log, values),
    witnesses: {
      k: quorum === undefined ? present.witnesses.k : Number(quorum),
      vkeys: changed(present.witnesses.vkeys, values['drop-witness'], values['add-witness'], (vkey) => vkey),
    },
  };
}

/** Throws Error for any other word. */
function yesOrNo(said: string | undefined, before: boolean): boolean {
  if (said !== undefined && said !== 'yes' && said !== 'no') throw new Error('--primed-checks is yes or no');
  return said === undefined ? before : said === 'yes';
}

const logNamed = (vkey: string): string => vkey.slice(0, vkey.indexOf('+'));

/** The log with the keys it has then, or another log. Throws Error for no key, a third one, or one of another log. */
function nextLog(present: Anchors['log'], values: Values): Anchors['log'] {
  const { log } = values;
  if (log !== undefined) return { origin: logNamed(log), vkey: log };
  const [drop, add] = [values['drop-log-key'], values['add-log-key']];
  const [vkey, other, third] = changed(logKeysOf(present), drop, add, (one) => one);
  if (vkey === undefined || third !== undefined) throw new Error('a log has one key, or two for a while');
  for (const one of add)
    if (logNamed(one) !== present.origin)
      throw new Error(`${one} is a key of another log than ${present.origin}`);
  return { origin: present.origin, vkey, ...(other !== undefined && { other }) };
}

/** What anchors say, one line for each thing, so that two versions can be compared. */
function linesOf(anchors: Anchors): readonly string[] {
  const named = (what: string, all: readonly PublicKey[]) => all.map(({ kid }) => `${what} ${hex(kid)}`);
  return [
    ...named('authority', anchors.authorities),
    ...named('emergency issuer', anchors.emergencyIssuers),
    ...named('recovery key', [anchors.recovery]),
    ...named('profile maker', [anchors.profileMaker]),
    ...named('grant key', anchors.grantKeys),
    ...anchors.origins.map(({ origin }) => `signing page ${origin}`),
    ...logKeysOf(anchors.log).map((vkey) => `log ${vkey}`),
    ...anchors.witnesses.vkeys.map((vkey) => `witness ${vkey}`),
    `witnesses that have to agree: ${anchors.witnesses.k}`,
    `development: ${anchors.development ? 'yes' : 'no'}`,
    `a second person may be shown the values: ${anchors.primedChecks === true ? 'yes, where the policy says so' : 'no'}`,
    `least protocol version ${anchors.minimumProtocol}`,
    `seconds before a new credential counts in a change of high risk: ${anchors.credentialAge}`,
  ];
}

/** The difference as people read it aloud to each other. */
function shown(before: Anchors, after: Anchors): string {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const gone = old.filter((line) => !fresh.includes(line)).map((line) => `  - ${line}`);
  const come = fresh.filter((line) => !old.includes(line)).map((line) => `  + ${line}`);
  const changes = [...gone, ...come];
  const what = changes.length === 0 ? '  nothing changes' : changes.join('\n');
  return `anchors, version ${before.version} to ${after.version}:\n${what}\n`;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const [verb] = positionals;
  if (values.help === true) return void process.stdout.write(HELP);
  const published = (): string => join(readConfigFile(needed(values, 'config'), CONFIG).folder, 'published');
  const inForce = (): Bytes => bytesOf(join(published(), 'anchors.bin'));
  if (verb === 'draft') {
    const present = readAnchors(nodeCrypto, inForce());
    const payload = encodeAnchors(next(present, values));
    process.stdout.write(shown(present, readDraft(nodeCrypto, payload)));
    writeFileSync(needed(values, 'out'), payload, { mode: 0o600, flag: 'wx' });
  } else if (verb === 'sign') {
    const payload = bytesOf(needed(values, 'draft'));
    const present = readAnchors(nodeCrypto, bytesOf(needed(values, 'present')));
    const draft = readDraft(nodeCrypto, payload);
    if (draft.version !== present.version + 1)
      throw new Error(`the draft is version ${draft.version}, not the next one`);
    process.stdout.write(shown(present, draft));
    const signer = signerFromPem(readFileSync(needed(values, 'key'), 'utf8'));
    writeFileSync(needed(values, 'out'), await signAnchors(payload, signer), { mode: 0o600, flag: 'wx' });
  } else if (verb === 'publish') {
    const before = inForce();
    const bytes = joinAnchors(
      bytesOf(needed(values, 'by-authority')),
      bytesOf(needed(values, 'by-recovery')),
    );
    const present = readAnchors(nodeCrypto, before);
    const opened = await openNextAnchors(nodeCrypto, bytes, present);
    const at = (version: number): string => join(published(), 'anchors', `${version}.bin`);
    mkdirSync(join(published(), 'anchors'), { recursive: true, mode: 0o700 });
    keepFile(at(present.version), before);
    keepFile(at(opened.version), bytes);
    keepFile(join(published(), 'anchors.bin'), bytes); // The last: until then nothing has changed.
    process.stdout.write(`${shown(present, opened)}published; gateways take it up by themselves\n`);
  } else throw new Error(`there is no "${verb ?? ''}". Try --help.`);
}

main().catch((error: unknown) => {
  process.stderr.write(`anchors: ${oneLine(error)}\n`);
  process.exitCode = 2;
});
