import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { HttpAnswer } from '../../common/link/http.ts';
import { codeFrom, streamCode } from '../answers.ts';
import { type Case, refused, succeeded } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';
import { CONTEXT, session } from './ceremony.ts';
import { copied } from './log.ts';
import { anotherAlarmLimit } from './on-the-wire.ts';
import { request, streamWith } from './present.ts';

const SEARCHES = 90;
/** As the gateway allows one person in ten minutes, and the time that earns one more. */
const SEARCHES_ALLOWED = 60;
const EARNED_MS = 10_000;
const NONCES = 400;
const AT_ONCE = 8;
const ASKS = 110;
/** As the ward’s policy allows one person to have open. */
const DRAFTS_ALLOWED = 100;
const FORGED = 300;
/** The first of each kind, their number, and what honest people did meanwhile. */
const ENTRIES_ALLOWED = 12;

/** The same thing, more often than anybody needs it. */
export const MANY: readonly Case[] = [
  {
    id: 'WEB-27',
    scene: 'gateway',
    given: ['A2'],
    aim: 'ask more often than one may, from addresses of one’s own making',
    codes: ['E_RATE'],
    async *play(at) {
      const { key, token } = await session(at, 'dr-a');
      const began = performance.now();
      let taken = 0;
      for (let i = 0; i < SEARCHES; i++) {
        const answer = await request(at, token, {
          key,
          method: 'POST',
          path: '/v1/patient-search',
          body: '{"wristband":"nobody"}',
          headers: { 'content-type': 'application/json', ...elsewhere(i) },
        });
        if (answer.status === 200) taken++;
      }
      const allowed = SEARCHES_ALLOWED + Math.ceil((performance.now() - began) / EARNED_MS);
      const searched = `${SEARCHES} searches from as many addresses, ${taken} answered`;
      yield taken > allowed
        ? succeeded(searched, 'gateway', 'answered')
        : refused(searched, 'gateway', 'E_RATE');
      const asked: HttpAnswer[] = [];
      for (let i = 0; i < NONCES; i += AT_ONCE)
        asked.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => nonce(at, i + k)))));
      const answered = asked.filter(({ status }) => status === 200).length;
      const nonces = `${NONCES} nonces asked for from as many addresses, ${answered} given`;
      yield answered === asked.length
        ? succeeded(nonces, 'gateway', 'given')
        : refused(nonces, 'gateway', 'E_RATE');
      await calm();
    },
  },
  {
    id: 'FLOW-06',
    scene: 'gateway',
    given: ['A4'],
    aim: 'ask for a second signature until somebody gives it',
    codes: ['E_RATE'],
    alone: true,
    slow: true,
    async *play(at) {
      const { key, token } = await session(at, 'dr-a');
      const stream = await streamWith(at, token, key);
      const { attestation } = await at.open(TARGET);
      let [asked, code] = [0, ''];
      while (asked < ASKS && code === '') {
        const rate = 50.1 + asked / 10;
        const command = at.honest.set(TARGET, attestation, 'Infusion rate', rate);
        const approval = await at.honest.approve('dr-a', command);
        code = await stream
          .call({ kind: 'sign', command, approval, context: CONTEXT })
          .then(() => '', streamCode);
        if (code === '') asked++;
      }
      stream.close();
      const what = `${asked} changes that wait for a second person, by one who asks and asks`;
      yield asked > DRAFTS_ALLOWED || code === ''
        ? succeeded(what, 'gateway', 'no end to them')
        : refused(what, 'gateway', code);
    },
  },
  {
    id: 'LOG-06',
    scene: 'gateway',
    given: ['A2', 'A12'],
    aim: 'fill the log, or its disk, so that nobody sees what comes next',
    codes: ['E_TOKEN_SIG', 'E_AUDIT_UNAVAILABLE', 'counted'],
    alone: true,
    slow: true,
    async *play(at) {
      const before = (await copied(at)).entries.length;
      const { key, token } = await session(at, 'dr-a');
      const [head = '', body = ''] = token.split('.');
      const forged = `${head}.${body}.${Buffer.alloc(64, 1).toString('base64url')}`;
      for (let i = 0; i < FORGED; i++) await request(at, forged, { key }).catch(() => undefined); // a connection that is cut is a refusal too
      await calm();
      const grown = (await copied(at)).entries.length - before;
      const what = `${FORGED} forged tokens: the log has grown by ${grown} entries`;
      yield grown > ENTRIES_ALLOWED
        ? succeeded(what, 'gateway', 'filled')
        : refused(what, 'gateway', grown === 0 ? 'counted' : 'E_TOKEN_SIG');
      yield await onFullDisk(at);
    },
  },
];

/** Until honest people get in again from the address of a flood. */
const calm = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3_000));

/** A connection that is cut is a refusal too. */
const nonce = (at: Lab, i: number): Promise<HttpAnswer> =>
  at
    .ask('/v1/session-challenge', { headers: elsewhere(i) })
    .catch(() => ({ status: 0, headers: {}, body: '' }));

/** Where somebody says to be; nobody believes it. */
const elsewhere = (i: number): Record<string, string> => ({
  'x-forwarded-for': `10.${i >> 8}.${i & 255}.1`,
  'x-real-ip': `2001:db8::${i.toString(16)}`,
  forwarded: `for=10.${i >> 8}.${i & 255}.2`,
});

/** The gateway’s files may not grow any more (RLIMIT_FSIZE); the process itself is left alone. */
async function onFullDisk(at: Lab) {
  const pid = at.ward.running.pids.get('gateway');
  if (pid === undefined) throw new Error('the gateway is not there');
  const doctor = await at.person('dr-a');
  const pump = await at.open(TARGET);
  const now = pump.attestation;
  const bytes = at.honest.set(TARGET, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
  const limit = (size: string) => promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${size}:`]);
  await limit('4096');
  const code = await codeFrom(doctor.sign(pump, bytes, CONTEXT));
  await limit('unlimited');
  const after = await at.open(TARGET);
  const what = 'a change while nothing can be stored';
  return after.attestation.counter === now.counter && code !== undefined
    ? refused(what, 'gateway', code)
    : succeeded(what, 'device', 'taken, and told nobody');
}
