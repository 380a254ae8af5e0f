import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { challengeFor } from '../../../server/protocol/command.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { type Case, refused, succeeded } from '../case.ts';
import { people } from '../../ward/people.ts';
import { freshKey } from '../hands.ts';
import { codeFrom } from '../answers.ts';
import { type Lab, TARGET } from '../lab.ts';
import { assertion } from './assertion.ts';
import { anotherAlarmLimit } from './on-the-wire.ts';
import { attempt, judged, request, streamWith } from './present.ts';
import { CONTEXT, session } from './ceremony.ts';

const { sha256 } = nodeCrypto;
const AUTHORITY_ADMIN = fileURLToPath(new URL('../../authority/admin.ts', import.meta.url));

/** What is left behind, and what goes on after it should have ended. */
export const TRACES: readonly Case[] = [
  {
    id: 'LOG-05',
    scene: 'gateway',
    given: ['A4'],
    aim: 'write lines of one’s own into a log',
    codes: ['E_CMD_SCHEMA', 'E_CMD_MALFORMED', 'E_POLICY', 'E_RATE', 'kept out of every log'],
    async *play(at) {
      const { key, token } = await session(at, 'dr-a');
      const marks = [
        '\r\n{"level":"error","event":"forged"}',
        '\u001b[2Jforged',
        '<script>forged()</script>',
        '","forged":"',
      ];
      const stream = await streamWith(at, token, key);
      const pump = await at.open(TARGET);
      const command = at.honest.set(
        TARGET,
        pump.attestation,
        'Occlusion alarm limit',
        anotherAlarmLimit(at, pump.attestation),
      );
      for (const mark of marks) {
        const pem = freshKey();
        const site = people(at.ward.folder)['dr-a'];
        const approval = {
          ...assertion({ pem, challenge: challengeFor(sha256, 'command', command), ...site }),
          kid: (await at.honest.approve('dr-a', command)).kid,
        };
        const code = await codeFrom(
          stream.call({
            kind: 'sign',
            command,
            approval,
            context: { reason: mark.slice(0, 40), note: mark, order: mark },
          }),
        );
        await at.ask(`/v1/${encodeURIComponent(mark)}`);
        await at.ask('/v1/devices', { headers: { 'user-agent': mark.replaceAll(/[^ -~]/gu, ' ') } });
        const found = at.printed().includes('forged');
        yield found
          ? succeeded(JSON.stringify(mark).slice(0, 30), 'gateway', 'in the log')
          : refused(
              `${JSON.stringify(mark).slice(0, 30)} (${code ?? 'taken'})`,
              'gateway',
              'kept out of every log',
            );
      }
      stream.close();
    },
  },
  {
    id: 'LOG-11',
    scene: 'gateway',
    given: ['A12'],
    aim: 'find names, tokens, proofs or keys in what the processes print and keep',
    codes: ['nowhere'],
    async *play(at) {
      const { key, token } = await session(at, 'dr-a');
      const proof = key.prove(
        { method: 'GET', url: `http://${at.gatewayHost}/v1/devices`, token, nonce: undefined },
        Date.now(),
      );
      await request(at, token, { key });
      await at.ask('/v1/devices', { headers: { authorization: `DPoP ${token}`, dpop: proof } });
      const secret = at.honest.canaries.map((word): readonly [string, string] => [
        'a name or a record number',
        word,
      ]);
      const words = [
        ...secret,
        ['a token', token.slice(0, 60)],
        ['a proof', proof.slice(0, 200)],
        ['a private key', 'BEGIN PRIVATE KEY'],
      ] as const;
      for (const [what, word] of words) {
        const place = at.printed().includes(word)
          ? 'logs'
          : at.kept('gateway').includes(word) || at.kept('station-1').includes(word)
            ? 'stores'
            : undefined;
        yield place === undefined
          ? refused(`${what} in logs and stores`, 'system', 'nowhere')
          : succeeded(what, 'system', `in the ${place}`);
      }
    },
  },
  {
    id: 'WEB-23',
    scene: 'gateway',
    given: ['A5'],
    aim: 'serve the page that signs from the gateway that brokers',
    codes: ['E_ROUTE', 'E_ASSERTION'],
    async *play(at) {
      for (const path of ['/', '/index.html', '/app.js', '/sign', '/service-worker.js', '/manifest.json']) {
        const answer = await at.ask(path, { headers: { accept: 'text/html' } });
        const html = String(answer.headers['content-type']).includes('html') || answer.body.includes('<html');
        yield html ? succeeded(path, 'gateway', 'a page') : judged(path, answer);
      }
      const pump = await at.open(TARGET);
      const command = at.honest.set(
        TARGET,
        pump.attestation,
        'Occlusion alarm limit',
        anotherAlarmLimit(at, pump.attestation),
      );
      const site = people(at.ward.folder)['dr-a'];
      const pem = at
        .as({ ...at.hands.party, holds: ['keys/clinicians/dr-a/'] })
        .hands.pem('keys/clinicians/dr-a/passkey.key.pem');
      const origin = `http://${at.gatewayHost}`;
      const approval = assertion({
        pem,
        challenge: challengeFor(sha256, 'command', command),
        origin,
        rpId: site.rpId,
      });
      const { key, token } = await session(at, 'dr-a');
      const stream = await streamWith(at, token, key);
      yield attempt('a genuine gesture, on a page of the gateway', stream, {
        kind: 'sign',
        command,
        approval,
        context: CONTEXT,
      });
      stream.close();
    },
  },
  {
    id: 'BED-18',
    scene: 'gateway',
    given: ['A4'],
    aim: 'go on after the certificate was revoked',
    codes: ['E_ASSERTION_CRED', 'E_SESSION', 'E_TOKEN_REVOKED', 'the stream closed'],
    alone: true, // The operator who signed the policy is revoked: this gateway does not start again.
    slow: true,
    async *play(at) {
      const { key, token } = await session(at, 'operator');
      const stream = await streamWith(at, token, key);
      await revoke(at, 3); // the operator's serial
      const end = Date.now() + 15_000;
      for (;;) {
        const answer = await request(at, await at.tokensOf('operator').token(key.jkt), { key });
        if (answer.status >= 400) {
          yield judged('a session that was open', answer);
          break;
        }
        if (Date.now() > end) {
          yield succeeded('a session that was open', 'gateway', 'still open after 15 s');
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      yield attempt('a stream that was open', stream, { kind: 'open', device: at.honest.device(TARGET).id });
      const again = await codeFrom(at.signInAgain('operator'));
      yield again === undefined
        ? succeeded('signs in again', 'gateway', 'let in')
        : refused('signs in again', 'gateway', again);
      at.forget('operator');
    },
  },
];

/** The authority's operator ends a credential, by the authority's own program. */
async function revoke(at: Lab, serial: number): Promise<void> {
  const config = at.path('config', 'authority.json');
  const args = [AUTHORITY_ADMIN, 'revoke', '--config', config, '--serial', String(serial)];
  await promisify(execFile)(process.execPath, args);
}
