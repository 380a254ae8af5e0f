import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { type Case, succeeded } from '../case.ts';
import type { Lab } from '../lab.ts';
import { parts, present, request, resigned, unsigned } from './present.ts';
import { each, real, TOKEN_CODES } from './tokens.ts';

/** Nobody works this long at a token, however slow the machine. */
const LONG_MS = 4_000;

/** One token in other words, in other places, or made of what lies around. */
export const SPELLING: readonly Case[] = [
  {
    id: 'WEB-08',
    scene: 'gateway',
    given: ['A2'],
    aim: 'one token in many spellings',
    codes: ['E_TOKEN_MALFORMED', 'E_SESSION', 'E_TOKEN_SIG', 'E_DPOP_BINDING', 'HTTP 400'],
    async *play(at) {
      const token = await real(at);
      const [head = '', body = '', signature = ''] = token.split('.');
      const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const other = last[(last.indexOf(signature.at(-1) ?? 'A') ^ 1) & 63] ?? 'A';
      yield* each(at, [
        ['padded', `${token}==`],
        ['with a dot at the end', `${token}.`],
        ['with a blank inside', `${head}.${body} .${signature}`],
        ['in plain base64', `${head}.${body}.${signature.replaceAll('-', '+').replaceAll('_', '/')}+`],
        ['with other bits at the end', `${head}.${body}.${signature.slice(0, -1)}${other}`],
        ['with a member twice', `${head}.${twice(body)}.${signature}`],
      ]);
      // Libraries take both signatures of a pair for good: a token that was ended must not come back as the other one.
      const operator = await at.person('operator');
      const key = at.tabletOf('operator');
      const ended = await at.tokensOf('operator').token(key.jkt);
      await request(at, ended, { method: 'DELETE', path: '/v1/sessions/current', key });
      const [first = '', second = '', third = ''] = ended.split('.');
      yield present(
        at,
        'a token whose session was ended, with the other signature of the pair',
        `${first}.${second}.${highS(third)}`,
        { key },
      );
      at.forget('operator');
      operator.close();
    },
  },
  {
    id: 'GW-18',
    scene: 'gateway',
    given: ['A2', 'A5', 'A12'],
    aim: 'mint tokens with whatever lies in the gateway’s files',
    codes: TOKEN_CODES,
    async *play(at) {
      const token = await real(at);
      const { header, claims } = parts(token);
      const files = ['keys/gateway', 'gateway', 'hospital', 'keys/public'].flatMap((folder) =>
        readdirSync(at.path(folder), { recursive: true, encoding: 'utf8' }).map(
          (name) => `${folder}/${name}`,
        ),
      );
      for (const file of files) {
        if (!at.hands.has(file) && !file.startsWith('keys/public/')) continue;
        if (!statSync(at.path(file)).isFile() || statSync(at.path(file)).size > 20_000) continue;
        const bytes = readFileSync(at.path(file));
        const secret = unsigned({ ...header, alg: 'HS256' }, claims);
        const mac = createHmac('sha256', bytes).update(secret.slice(0, -1)).digest('base64url');
        yield present(at, `${file} as a shared secret`, `${secret}${mac}`);
        if (file.endsWith('.key.pem') && !bytes.includes('log'))
          yield present(at, `signed with ${file}`, await signedWith(at, token, file));
      }
    },
  },
  {
    id: 'WEB-26',
    scene: 'gateway',
    given: ['A2'],
    aim: 'a token that takes long to refuse',
    codes: ['E_TOKEN_MALFORMED', 'E_SESSION', 'HTTP 431'],
    async *play(at) {
      await at.person('dr-a');
      const jwe = (header: object): string =>
        [Buffer.from(JSON.stringify(header)).toString('base64url'), 'AA', 'AA', 'AA', 'AA'].join('.');
      const began = performance.now();
      yield* each(at, [
        ['encrypted, to be unpacked', jwe({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })],
        [
          'encrypted with twenty million rounds',
          jwe({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 20_000_000, p2s: 'AA' }),
        ],
        ['ten thousand characters', `${'e30'.repeat(1_200)}.e30.AA`],
        [
          'nested a thousand times',
          `${Buffer.from(`${'['.repeat(1_000)}${']'.repeat(1_000)}`).toString('base64url')}.e30.AA`,
        ],
      ]);
      const took = performance.now() - began;
      if (took > LONG_MS)
        yield succeeded('four tokens that are none', 'gateway', `busy for ${Math.round(took / 1000)} s`);
    },
  },
  {
    id: 'GW-13',
    scene: 'gateway',
    given: ['A2'],
    aim: 'a token in the wrong channel or for another audience',
    codes: ['E_TOKEN_AUD', 'E_SESSION', 'no plain door', 'E_TOKEN_SIG'],
    async *play(at) {
      const token = await real(at);
      yield present(at, 'as a bearer token', token, { authorization: `Bearer ${token}` });
      yield present(at, 'in a cookie', token, {
        authorization: 'none',
        headers: { cookie: `token=${token}` },
      });
      yield present(at, 'twice', token, { authorization: `DPoP ${token}, DPoP ${token}` });
      const plain = await fetch(`http://127.0.0.1:${at.ward.port('gateway-devices')}/device`).then(
        ({ status }) => `HTTP ${status}`,
        () => 'no plain door',
      );
      yield {
        what: 'plain HTTP at the door of the devices',
        refused: !plain.startsWith('HTTP 2'),
        by: 'gateway',
        code: plain,
      };
    },
  },
];

/** P-256 order. */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** (r, s) as (r, order - s): verifies in most libraries, and is another text. */
function highS(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex');
  return Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url');
}

/** The claims with one member twice, which JSON.parse takes and a strict reader does not. */
function twice(body: string): string {
  const text = Buffer.from(body, 'base64url').toString();
  return Buffer.from(text.replace(/\}$/u, ',"sub":"00112233445566778899aabbccddeeff"}')).toString(
    'base64url',
  );
}

async function signedWith(at: Lab, token: string, file: string): Promise<string> {
  const pem = at.hands.pem(file);
  const ed = pem.length < 150;
  if (!ed) return resigned(token, pem, {});
  const { header, claims } = parts(token);
  const input = unsigned({ ...header, alg: 'EdDSA' }, claims).slice(0, -1);
  const signature = await at.hands.signer(file).sign(Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}
