import { request as httpsRequest } from 'node:https';
import { readFileSync } from 'node:fs';
import { deviceRequest } from '../../../certs/request.ts';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import { loginOf } from '../../ward/people.ts';
import { softwarePasskey } from '../../ward/passkey.ts';
import { ISSUER_NAME, PROGRAM } from '../../ward/plan.ts';
import { audienceOf, signInAt } from '../../ward/sign-in.ts';
import { type Case, refused, succeeded, type Try } from '../case.ts';
import { freshKey } from '../hands.ts';
import type { Lab } from '../lab.ts';
import { judged } from './present.ts';

const SIMPLE = '/.well-known/est/simpleenroll';
const RENEW = '/.well-known/est/simplereenroll';
const PATIENCE_MS = 10_000;

/** Doors through which somebody comes in for the first time. */
export const FIRST_RUN: readonly Case[] = [
  {
    id: 'GW-11',
    scene: 'gateway',
    given: ['A3'],
    aim: 'sign in to an account with no password, a usual one, or another key',
    codes: ['E_SESSION', 'not let in'],
    async *play(at) {
      for (const said of ['admin:', 'admin:admin', 'root:', 'dr-a:', 'operator:operator']) {
        const authorization = `Basic ${Buffer.from(said).toString('base64')}`;
        yield judged(`"${said}"`, await at.ask('/v1/devices', { headers: { authorization } }));
      }
      const issuer = `http://${ISSUER_NAME}:${at.ward.port('issuer')}`;
      const real = loginOf(at.ward.folder, 'dr-a', issuer);
      const own = softwarePasskey({ ...real, key: freshKey() });
      const key = at.tabletOf('dr-a');
      for (const [what, kid] of [
        ['a passkey that nobody registered', own.kid],
        ['a passkey under the name of a registered one', softwarePasskey(real).kid],
      ] as const) {
        const source = signInAt({
          issuer,
          ...PROGRAM,
          audience: audienceOf(at.gatewayHost),
          scope: 'read command',
          login: { ...own, kid },
          key,
        });
        yield await source.token(key.jkt).then(
          () => succeeded(what, 'issuer', 'a token'),
          () => refused(what, 'issuer', 'not let in'),
        );
      }
    },
  },
  {
    id: 'BED-10',
    scene: 'gateway',
    given: ['A9'],
    aim: 'come in by the door through which devices are enrolled',
    codes: ['HTTP 400', 'HTTP 401', 'HTTP 403', 'waits for an operator', 'no session'],
    async *play(at) {
      const other = hex(at.honest.device('pump-1').id);
      const own = hex(at.honest.device('pump-2').id);
      const key = freshKey();
      const asked = await deviceRequest(key, other, 'SIM');
      const mine = await deviceRequest(key, own, 'SIM');
      const held = await at.hands.deviceMask('pump-2', own);
      const forged = await at.as({ ...at.hands.party, holds: [] }).hands.deviceMask('pump-1', other);
      yield enrol(at, 'without a certificate', SIMPLE, asked, {});
      yield enrol(at, 'with a certificate of its own making', SIMPLE, asked, forged);
      yield enrol(at, 'with a hospital’s certificate for a maker’s', SIMPLE, mine, held);
      yield enrol(at, 'renews the certificate of another device', RENEW, asked, held);
    },
  },
];

/** One request for a certificate (RFC 7030 section 4.2); succeeds when there is one. */
function enrol(
  at: Lab,
  what: string,
  path: string,
  body: string,
  tls: { key?: string; cert?: string },
): Promise<Try> {
  const ca = readFileSync(at.path('keys/public/ca/service-ca.cert.pem'), 'utf8');
  return new Promise((resolve) => {
    const asked = httpsRequest(
      {
        host: '127.0.0.1',
        port: at.ward.port('est'),
        servername: 'localhost',
        path,
        method: 'POST',
        ca,
        ...tls,
        headers: { 'content-type': 'application/pkcs10' },
        timeout: PATIENCE_MS,
      },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        if (statusCode === 200) resolve(succeeded(what, 'authority', 'a certificate'));
        else if (statusCode === 202) resolve(refused(what, 'authority', 'waits for an operator'));
        else resolve(refused(what, 'authority', `HTTP ${statusCode}`));
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(refused(what, 'authority', 'no session')));
    asked.end(body);
  });
}
