import { readdirSync, readFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { makeKeys } from '../../../certs/make.ts';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';

const ROOT = new URL('../../../', import.meta.url);

/** What one party's keys open of another's. */
export const KEYS: readonly Case[] = [
  {
    id: 'GW-03',
    scene: 'gateway',
    given: ['A5'],
    aim: 'find a key of somebody else in the gateway’s files',
    codes: ['none of theirs'],
    async *play(at) {
      const others = new Map<string, string>();
      const mine: [string, string][] = [];
      for (const name of readdirSync(at.path('keys'), { recursive: true, encoding: 'utf8' })) {
        if (!name.endsWith('.key.pem')) continue;
        const shown1 = hex(
          new Uint8Array(
            createPublicKey(readFileSync(at.path('keys', name), 'utf8')).export({
              format: 'der',
              type: 'spki',
            }),
          ),
        );
        if (at.hands.has(`keys/${name}`)) mine.push([name, shown1]);
        else others.set(shown1, name);
      }
      for (const [name, key] of mine) {
        const owner = others.get(key);
        yield owner === undefined
          ? refused(`keys/${name}`, 'system', 'none of theirs')
          : succeeded(`keys/${name}`, 'system', `is ${owner}`);
      }
      const stored = at.kept('gateway');
      const secret =
        readFileSync(at.path('keys/clinicians/dr-a/passkey.key.pem'), 'utf8').split('\n')[1] ?? '';
      yield stored.includes(secret)
        ? succeeded('the database', 'system', 'holds a passkey')
        : refused('the database', 'system', 'none of theirs');
    },
  },
  {
    id: 'IMD-21',
    scene: 'gateway',
    given: ['A9'],
    aim: 'open every device with what one of them holds',
    codes: ['each its own', 'E_TLS_PEER'],
    async *play(at) {
      const seen = new Map<string, string>();
      let twice = '';
      const files = readdirSync(at.path('keys'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.key.pem'),
      );
      for (const name of files) {
        const key = hex(
          new Uint8Array(
            createPublicKey(readFileSync(at.path('keys', name), 'utf8')).export({
              format: 'der',
              type: 'spki',
            }),
          ),
        );
        if (seen.has(key)) twice = `${name} is ${seen.get(key)}`;
        seen.set(key, name);
      }
      yield twice === ''
        ? refused(`${files.length} private keys of one hospital compared`, 'system', 'each its own')
        : succeeded('private keys compared', 'system', twice);
      yield* imitated(at);
    },
  },
  {
    id: 'BED-22',
    scene: 'paper',
    given: [],
    aim: 'open one hospital with the keys of another, or with what is in the sources',
    codes: ['none in common', 'no key'],
    async *play(at) {
      const other = at.path('another-hospital');
      const now = Math.floor(Date.now() / 1000);
      await makeKeys({
        folder: join(other, 'keys'),
        ports: { hostA: 20_001, hostB: 20_002 },
        now,
        demo: true,
      });
      const theirs = publicKeys(join(other, 'keys'));
      const ours = publicKeys(at.path('keys'));
      const same = [...ours].filter(([key]) => theirs.has(key)).map(([, name]) => name);
      const what = `${ours.size} keys of one hospital beside ${theirs.size} of another`;
      yield same.length > 0
        ? succeeded(what, 'system', same.join())
        : refused(what, 'system', 'none in common');
      const sources = ['server', 'clients', 'certs'].flatMap((folder) =>
        readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' }).map(
          (name) => `${folder}/${name}`,
        ),
      );
      const keys = sources.filter((name) => name.endsWith('.pem') || name.endsWith('.key'));
      yield keys.length > 0
        ? succeeded('keys in the sources', 'build', keys.join())
        : refused(`${sources.length} files of the sources`, 'build', 'no key');
    },
  },
];

/** Every private key of a folder by its public half, with its file. */
function publicKeys(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.key.pem'),
  );
  return new Map(
    names.map((name) => {
      const key = createPublicKey(readFileSync(join(folder, name), 'utf8'));
      return [key.export({ format: 'der', type: 'spki' }).toString('hex'), name];
    }),
  );
}

/** Plays the gateway to pump-1 with the keys of pump-2, and pump-1 to the gateway with the same. */
async function* imitated(at: Lab): Attempts {
  const own = await at.hands.deviceMask('pump-2', hex(at.honest.device('pump-2').id));
  const ca = readFileSync(at.path('keys/public/ca/device-ca.cert.pem'), 'utf8');
  const link = await at.ward.network.impersonate({ ...own, ca });
  yield 'hungUp' in link
    ? refused('plays the gateway to pump-1, with the certificate of pump-2', 'device', 'E_TLS_PEER')
    : succeeded('plays the gateway to pump-1, with the certificate of pump-2', 'device', 'a session');
  at.ward.network.carry();
  await at.open(TARGET);
}
