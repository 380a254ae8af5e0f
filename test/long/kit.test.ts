import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { referenceGateway } from '../../clients/conformance/gateway/reference.ts';
import { countersign, ROOT } from '../conformance/countersign.ts';
import { sameViews, verdictsIn } from '../conformance/views.ts';
import { virtualReaderMissing } from '../../clients/reader/virtual-pcscd.ts';

const FILE = /^(?:keys|unenrolled)\/.*\.(?:pem|bin)$/u;
const PERSON = z.object({
  passkey: z.string(),
  origin: z.string(),
  tablet: z.string(),
  signIn: z.object({ issuer: z.string(), client: z.string(), redirectUri: z.string(), login: z.string() }),
});
const DECLARED = z.looseObject({
  clinicians: z.object({ url: z.string(), host: z.string(), first: PERSON, second: PERSON }),
});

describe('the conformance kit, every case of it,', function () {
  this.timeout(300_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kit-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A whole run against something of this project: it conforms, and every view says so. */
  async function passes(kind: string): Promise<readonly string[]> {
    const { code, out, err } = await countersign([
      'conformance',
      'run',
      '--reference',
      kind,
      '--out',
      folder,
    ]);
    assert.equal(code, 0, out + err);
    assert.match(out, new RegExp(`^CONFORMS {2}Reference ${kind}`, 'mu'));
    const report = sameViews(folder, out);
    for (const { id, verdict } of report.outcomes)
      assert.ok(verdict === 'pass' || verdict === 'skip', `${id}: ${verdict}`);
    return verdictsIn(report);
  }

  it('passes our pump on the network', async () => {
    const verdicts = await passes('pump');
    assert.ok(verdicts.filter((each) => each.endsWith(' pass')).length > 120, 'cases were run');
  });

  it('passes our pacemaker on a card reader', async function () {
    if (virtualReaderMissing() !== undefined) this.skip();
    const verdicts = await passes('pacemaker');
    for (const id of ['emergency.safe-mode', 'tap.stranger', 'power.state', 'budget.strangers', 'accept.two'])
      assert.ok(verdicts.includes(`${id} pass`), id);
  });

  it('passes our gateway in a ward', async () => {
    const verdicts = await passes('gateway');
    assert.equal(verdicts.filter((each) => !each.endsWith(' pass')).length, 0, 'nothing is left out');
    assert.ok(verdicts.length > 80, 'cases were run');
  });

  it('passes a gateway of which it has nothing but a declaration and the files that it names', async () => {
    const gateway = await referenceGateway(join(folder, 'ward'), Math.floor(Date.now() / 1000));
    try {
      const declaration = declaredElsewhere(join(folder, 'ward'), join(folder, 'declared'));
      const out = join(folder, 'report');
      const ran = await countersign(['conformance', 'run', declaration, '--out', out]);
      assert.equal(ran.code, 0, ran.out + ran.err);
      const verdicts = verdictsIn(sameViews(out, ran.out));
      assert.equal(verdicts.filter((each) => !each.endsWith(' pass')).length, 0, 'nothing is left out');
      assert.ok(verdicts.includes('command.two pass'));
    } finally {
      await gateway.stop();
    }
  });
});

/** The declaration of a ward's gateway in another folder, with copies of its files and a program for its tokens. */
function declaredElsewhere(ward: string, folder: string): string {
  mkdirSync(folder);
  const copied = (file: string): string => {
    const name = file.replaceAll('/', '-');
    copyFileSync(join(ward, file), join(folder, name));
    return name;
  };
  const said = DECLARED.parse(JSON.parse(readFileSync(join(ward, 'declaration.json'), 'utf8')));
  const person = ({ passkey, origin, tablet, signIn }: z.output<typeof PERSON>, name: string) => {
    const program = join(folder, `${name}.ts`);
    const [key, login] = [copied(tablet), copied(signIn.login)].map((file) => join(folder, file));
    writeFileSync(
      program,
      tokenProgram({ ...signIn, key: key ?? '', login: login ?? '' }, said.clinicians.host),
    );
    return {
      passkey: copied(passkey),
      origin,
      tablet: copied(tablet),
      signIn: { program: [process.execPath, program] },
    };
  };
  const { clinicians, ...rest } = said;
  const declaration = {
    ...z
      .record(z.string(), z.unknown())
      .parse(
        JSON.parse(JSON.stringify(rest), (name, value: unknown) =>
          typeof value === 'string' && name !== 'keys' && FILE.test(value) ? copied(value) : value,
        ),
      ),
    clinicians: {
      ...clinicians,
      first: person(clinicians.first, 'first'),
      second: person(clinicians.second, 'second'),
    },
  };
  writeFileSync(join(folder, 'declaration.json'), JSON.stringify(declaration));
  return folder;
}

/** What a maker brings: it signs somebody in at the issuer there is, and prints a token. */
const tokenProgram = (
  parts: Readonly<Record<'issuer' | 'client' | 'redirectUri' | 'login' | 'key', string>>,
  host: string,
): string => `
import { readFileSync } from 'node:fs';
import { TabletKey } from '${ROOT}clients/common/link/dpop.ts';
import { softwarePasskey } from '${ROOT}clients/ward/passkey.ts';
import { audienceOf, signInAt } from '${ROOT}clients/ward/sign-in.ts';
const { issuer, login, key: file, ...rest } = ${JSON.stringify(parts)};
const key = new TabletKey(readFileSync(file, 'utf8'));
const passkey = softwarePasskey({ key: readFileSync(login, 'utf8'), origin: issuer, rpId: new URL(issuer).hostname });
const tokens = signInAt({ ...rest, issuer, login: passkey, key, audience: audienceOf('${host}'), scope: 'read command' });
console.log(await tokens.token(process.argv.at(-1)));
`;
