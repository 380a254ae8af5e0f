import { hex } from '../../../server/protocol/encoding/bytes.ts';
import type { Stream } from '../../common/link/stream.ts';
import { streamCode } from '../answers.ts';
import { type Case, refused, succeeded, type Try } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';
import { anotherAlarmLimit, anotherRate, changed } from './on-the-wire.ts';
import { attempt, judged, request, streamWith } from './present.ts';

export const CONTEXT = { reason: 'titration', note: 'after the round', order: '' };
const AT_ONCE = 60;

export async function session(at: Lab, name: 'dr-a' | 'dr-b' | 'auditor' | 'operator') {
  await at.person(name);
  const key = at.tabletOf(name);
  return { key, token: await at.tokensOf(name).token(key.jkt) };
}

/** What a gateway in good hands refuses on the way from a signature to a device. */
export const CEREMONY: readonly Case[] = [
  {
    id: 'FLOW-02',
    scene: 'gateway',
    given: ['A4'],
    aim: 'have one signed command act more than once',
    codes: [
      'E_BUSY',
      'E_RATE',
      'E_NONCE',
      'E_COUNTER',
      'E_GRANT_USED',
      'E_COOL_DOWN',
      'E_APPROVAL_STALE',
      'E_DRAFT',
      'sealed',
      'E_UNKNOWN_OUTCOME',
    ],
    async *play(at) {
      const { key, token } = await session(at, 'dr-a');
      const streams = await Promise.all([1, 2, 3].map(() => streamWith(at, token, key)));
      const pump = await at.open(TARGET);
      const command = at.honest.set(
        TARGET,
        pump.attestation,
        'Occlusion alarm limit',
        anotherAlarmLimit(at, pump.attestation),
      );
      const approval = await at.honest.approve('dr-a', command);
      const once = async (stream: Stream): Promise<string> => {
        try {
          return (await stream.call({ kind: 'sign', command, approval, context: CONTEXT })).kind;
        } catch (error) {
          return streamCode(error);
        }
      };
      const each = Array.from({ length: AT_ONCE / streams.length }, () => streams).flat();
      const answers = await Promise.all(each.map(once));
      for (const stream of streams) stream.close();
      const after = await at.open(TARGET);
      const times = after.attestation.receiptNumber - pump.attestation.receiptNumber;
      const what = `${AT_ONCE} times the same signed command, at once`;
      if (times > 1) yield succeeded(what, 'device', `acted ${times} times`);
      for (const code of new Set(answers))
        yield refused(`${what}: ${answers.filter((one) => one === code).length}`, 'gateway', code);
      await at.settle();
    },
  },
  {
    id: 'WEB-19',
    scene: 'gateway',
    given: ['A7'],
    aim: 'show one clinician one rate and have another one signed',
    codes: ['E_SECOND_ENTRY', 'E_DRAFT'],
    async *play(at) {
      const [first, second] = [await session(at, 'dr-a'), await session(at, 'dr-b')];
      const pump = await at.open(TARGET);
      const shown = at.honest.set(
        TARGET,
        pump.attestation,
        'Infusion rate',
        anotherRate(at, pump.attestation),
      );
      const signed = at.honest.set(
        TARGET,
        pump.attestation,
        'Infusion rate',
        anotherRate(at, pump.attestation) + 20,
      );
      const stream = await streamWith(at, first.token, first.key);
      const approval = await at.honest.approve('dr-a', signed);
      const asked = await stream.call({ kind: 'sign', command: signed, approval, context: CONTEXT });
      if (asked.kind !== 'awaiting-second') {
        yield succeeded('one gesture on an altered page', 'gateway', asked.kind);
        return;
      }
      const other = await streamWith(at, second.token, second.key);
      for (const what of ['the second clinician enters what both agreed on', 'and once more']) {
        const answer = await other
          .call({ kind: 'enter', draft: asked.draft, command: shown })
          .then(({ kind }) => (kind === 'differs' ? 'E_SECOND_ENTRY' : kind), streamCode);
        yield answer === 'matched' ? succeeded(what, 'gateway', answer) : refused(what, 'gateway', answer);
      }
      const late = await at.honest.approve('dr-b', signed);
      yield attempt('the page of the first signs for the second', other, {
        kind: 'approve',
        draft: asked.draft,
        approval: late,
      });
      for (const one of [stream, other]) one.close();
    },
  },
  {
    id: 'WEB-18',
    scene: 'gateway',
    given: ['A2'],
    aim: 'use the gateway’s rights for what is not one’s own',
    codes: [
      'E_SCOPE',
      'E_ROLE',
      'E_POLICY',
      'E_ASSERTION_CRED',
      'E_GRANT_DEVICE',
      'E_CMD_SCHEMA',
      'E_CMD_MALFORMED',
      'E_NONCE',
      'E_ASSERTION',
      'E_COUNTER',
    ],
    async *play(at) {
      const auditor = await session(at, 'auditor');
      const doctor = await session(at, 'dr-a');
      const operator = await session(at, 'operator');
      const colleague = await session(at, 'dr-b');
      const pump = await at.open(TARGET);
      const ask = async (what: string, who: typeof auditor, path: string): Promise<Try> =>
        judged(what, await request(at, who.token, { path, key: who.key }));
      yield ask('a clinician reads the log', doctor, '/log/tile/entries/000.p/1');
      yield ask('a clinician lists the tablets', doctor, '/v1/tablets');
      yield ask('an operator reads the log', operator, '/log/tile/entries/000.p/1');
      const stranger = await request(at, doctor.token, {
        path: '/v1/devices/0011223344556677',
        key: doctor.key,
      });
      yield judged('a device that is not there', stranger);
      const others = `/v1/devices/${hex(at.honest.device('pump-2').id)}`;
      const notMine = await request(at, colleague.token, { path: others, key: colleague.key });
      yield judged('a device of a patient one does not care for', notMine);
      if (notMine.body !== stranger.body)
        yield succeeded('tells the two apart', 'gateway', 'the answers differ');
      yield ask('somebody else’s command', doctor, `/v1/commands/${'00'.repeat(32)}/evidence`);
      const command = at.honest.set(
        TARGET,
        pump.attestation,
        'Occlusion alarm limit',
        anotherAlarmLimit(at, pump.attestation),
      );
      const streams = [
        await streamWith(at, auditor.token, auditor.key),
        await streamWith(at, operator.token, operator.key),
      ];
      for (const [i, name] of (['auditor', 'operator'] as const).entries()) {
        const stream = streams[i];
        if (!stream) continue;
        const approval = await at.honest.approve(name, command);
        yield attempt(`the ${name} signs a change`, stream, {
          kind: 'sign',
          command,
          approval,
          context: CONTEXT,
        });
      }
      const mine = await streamWith(at, doctor.token, doctor.key);
      const other = changed(command, { device: at.honest.device('pump-2').id });
      const approval = await at.honest.approve('dr-a', other);
      yield attempt('a command for another device than was opened', mine, {
        kind: 'sign',
        command: other,
        approval,
        context: CONTEXT,
      });
      const lent = await at.honest.approve('dr-b', command);
      yield attempt('a colleague’s signature in one’s own session', mine, {
        kind: 'sign',
        command,
        approval: lent,
        context: CONTEXT,
      });
      for (const one of [...streams, mine]) one.close();
    },
  },
];
