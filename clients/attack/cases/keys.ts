import { readdirSync, readFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { hex } from '../../../server/protocol/bytes.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';

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
];

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
