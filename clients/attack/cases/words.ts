import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { tabletKeyOf } from '../../../certs/tablets.ts';
import { encodeEntry } from '../../../server/protocol/log/entry.ts';
import { cosign, encodeVkey, formatNote, parseNote, WITNESS_KEY } from '../../../server/protocol/log/note.ts';
import { verifyLog } from '../../../server/protocol/verify-log.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { Stream } from '../../common/link/stream.ts';
import { takeSeat } from '../../ward/seats.ts';
import { extendLog } from '../../ward/stolen-log.ts';
import { codeFrom } from '../answers.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { freshKey } from '../hands.ts';
import { type Lab, TARGET } from '../lab.ts';
import { session } from './ceremony.ts';
import { copied } from './log.ts';
import { anotherAlarmLimit } from './on-the-wire.ts';
import { attempt, judged, request, streamWith } from './present.ts';

const TICKET = z.object({ ticket: z.string() });
const { sha256 } = nodeCrypto;

/** Words, names and ids that are not what they look like. */
export const WORDS: readonly Case[] = [
  {
    id: 'WEB-30',
    scene: 'gateway',
    given: ['A4'],
    aim: 'have the second clinician read another text than was written',
    codes: ['E_CMD_SCHEMA'],
    async *play(at) {
      const { key, token } = await session(at, 'dr-a');
      const stream = await streamWith(at, token, key);
      const { attestation } = await at.open(TARGET);
      const value = anotherAlarmLimit(at, attestation);
      const command = at.honest.set(TARGET, attestation, 'Occlusion alarm limit', value);
      const approval = await at.honest.approve('dr-a', command);
      for (const [what, mark] of [
        ['text that turns round', '\u202E'],
        ['text within other text', '\u2067'],
        ['a blank of no width', '\u200B'],
        ['a byte order mark', '\uFEFF'],
        ['a line of its own', '\u2028'],
        ['a terminal’s own language', '\u001B[2K'],
        ['a character of nobody', '\uE000'],
      ] as const)
        for (const where of ['note', 'order'] as const) {
          const said = { reason: 'titration', note: 'as agreed', order: '' };
          const context = { ...said, [where]: `25 ${mark}mL/h` };
          yield attempt(`${what}, in the ${where}`, stream, { kind: 'sign', command, approval, context });
        }
      stream.close();
    },
  },
  {
    id: 'WEB-15',
    scene: 'gateway',
    given: ['A7'],
    aim: 'give somebody a session whose name one knows',
    codes: ['E_SESSION', 'E_TOKEN_REVOKED', 'the stream closed'],
    async *play(at) {
      const first = await session(at, 'operator');
      const issued = await request(at, first.token, {
        key: first.key,
        method: 'POST',
        path: '/v1/stream-ticket',
      });
      const { ticket } = TICKET.parse(JSON.parse(issued.body));
      for (const headers of [{ cookie: `session=${ticket}` }, { 'x-session-id': ticket }])
        yield judged(Object.keys(headers).join(), await at.ask('/v1/sessions/current', { headers }));
      await request(at, first.token, { key: first.key, method: 'DELETE', path: '/v1/sessions/current' });
      at.forget('operator');
      await at.person('operator');
      for (const [what, known] of [
        ['a ticket of its own making', 'A'.repeat(32)],
        ['a ticket from before somebody signed in again', ticket],
      ] as const) {
        const stream = await Stream.connect({ gateway: at.gateway, origin: at.origin });
        yield attempt(what, stream, { kind: 'hello', ticket: known });
        stream.close();
      }
    },
  },
  {
    id: 'IMD-29',
    scene: 'gateway',
    given: ['A4'],
    aim: 'set a tablet up anew, and go on with it',
    codes: ['E_NOT_ENROLLED'],
    async *play(at) {
      for (const name of ['reinstalled', 'tablet-dr-a-2']) {
        const file = at.path('keys', tabletKeyOf(name));
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, freshKey());
        const port = at.ward.port('gateway-clinicians');
        const code = await codeFrom(takeSeat(at.ward.folder, 'dr-a', port, name));
        yield code === undefined
          ? succeeded(`signs in with a tablet "${name}"`, 'gateway', 'let in')
          : refused(`signs in with a tablet "${name}"`, 'gateway', code);
      }
    },
  },
  {
    id: 'LOG-12',
    scene: 'gateway',
    given: ['A5', 'A6w'],
    aim: 'have one of three witnesses vouch for a log that the others never saw',
    codes: ['witness'],
    async *play(at) {
      yield* oneOfThree(at);
    },
  },
];

/** A hospital with three witnesses of which two are asked for, and a fork that only the stolen one signed. */
async function* oneOfThree(at: Lab): Attempts {
  const { entries } = await copied(at);
  const { anchors } = at.honest;
  const [stolen = ''] = anchors.witnesses.vkeys;
  const mine = at.hands.signer('keys/witness-1/cosign.key.pem');
  const others = ['keys/maker/profile.key.pem', 'keys/recovery/recovery.key.pem'].map((_, i) =>
    encodeVkey(sha256, `other-${i}.example`, WITNESS_KEY, sha256(new Uint8Array([i]))),
  );
  const lie = encodeEntry({ type: 'alarm', time: Date.now(), code: 'E_CLOCK' });
  const fork = await extendLog(
    {
      entries: entries.slice(0, -3),
      anchors,
      signer: at.hands.signer('keys/gateway/log.key.pem'),
      witness: { url: 'https://127.0.0.1:1', ca: '' },
    },
    [lie, lie, lie],
  );
  const { body, signatures } = parseNote(fork.checkpoint);
  const now = Math.floor(Date.now() / 1000);
  const as = (name: string) => cosign(sha256, body, name, mine, now);
  const name = stolen.split('+')[0] ?? '';
  const twice = encodeVkey(sha256, 'another-name.example', WITNESS_KEY, mine.key.raw);
  for (const [what, vkeys, names] of [
    ['one of three witnesses', [stolen, ...others], [name]],
    ['one witness under two names', [stolen, twice, ...others.slice(1)], [name, 'another-name.example']],
  ] as const) {
    const cosigned = formatNote({ body, signatures: [...signatures, ...(await Promise.all(names.map(as)))] });
    const trust = { ...anchors, witnesses: { k: 2, vkeys } };
    const report = await verifyLog(nodeCrypto, { entries: fork.entries, checkpoints: [cosigned], trust });
    const [problem] = report.problems;
    yield problem === undefined
      ? succeeded(what, 'verifier', report.verdict)
      : refused(what, 'verifier', problem.fault);
  }
}
