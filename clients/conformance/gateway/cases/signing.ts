import { randomBytes } from 'node:crypto';
import type { Approval } from '../../../../server/protocol/approval.ts';
import type { Bytes } from '../../../../server/protocol/encoding/bytes.ts';
import type { Command } from '../../../../server/protocol/command.ts';
import { Refusal, type RefusalCode } from '../../../../server/protocol/refusal.ts';
import { flipped } from '../../cases/case.ts';
import { CaseFault, same, Skipped } from '../../faults.ts';
import { type Changes, wishesOf, wrongWishes } from '../../world/wishes.ts';
import type { GatewayBench } from '../bench.ts';
import type { GatewayCase } from '../case.ts';
import type { Tablet } from '../tablet.ts';
import { wish } from './commands.ts';

const SECTION = '5';
const NEEDS = ['clinician'] as const;

/** A command in which exactly one thing is wrong: it never reaches the device. */
const refused = (
  id: string,
  says: string,
  codes: readonly RefusalCode[],
  build: (bench: GatewayBench, tablet: Tablet) => Promise<{ command: Bytes; approval?: Approval }>,
): GatewayCase => ({
  id: `sign.${id}`,
  says,
  section: SECTION,
  needs: NEEDS,
  async run(bench) {
    await bench.inContact();
    const tablet = await bench.tablet();
    const { command, approval } = await build(bench, tablet);
    const before = bench.device.delivered.length;
    let got: string;
    let field = 'command';
    try {
      got = `a reply that says ${(await tablet.sign(command, approval)).kind}`;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      got = error.code;
      field = error.field ?? field;
    }
    bench.note(command, bench.device.delivered[before]?.bundle);
    same(`${says}, and nothing is delivered`, 'bundle', before, bench.device.delivered.length);
    if (!codes.some((code) => code === got))
      throw new CaseFault(says, { expected: `a refusal with ${codes.join(' or ')}`, got, field });
  },
});

/** A small change, but for what is said of its command. */
const changed = (
  id: string,
  says: string,
  codes: readonly RefusalCode[],
  change: (bench: GatewayBench) => Partial<Command>,
): GatewayCase =>
  refused(id, says, codes, async (bench, tablet) => ({
    command: await tablet.command(bench.device.is, { changes: wish(bench, 1), ...change(bench) }),
  }));

const small = async (bench: GatewayBench, tablet: Tablet): Promise<Bytes> =>
  tablet.command(bench.device.is, { changes: wish(bench, 1) });
const random = (size: number): Bytes => new Uint8Array(randomBytes(size));

const beyond = (bench: GatewayBench, code: string): Changes => {
  const found = wrongWishes(bench.device.is.profile, bench.device.state().settings).find(
    (each) => each.code === code,
  );
  if (!found) throw new Skipped('the profile leaves no room for it');
  return found.changes;
};

/** What people sign and should not have, or did not sign: none of it reaches the device. */
export const signingCases: readonly GatewayCase[] = [
  refused(
    'signature',
    'an approval whose signature does not verify is refused',
    ['E_ASSERTION'],
    async (bench, tablet) => {
      const command = await small(bench, tablet);
      const approval = await tablet.approve(command);
      return { command, approval: { ...approval, signature: flipped(approval.signature, 3) } };
    },
  ),
  refused('other-bytes', 'an approval of other bytes is refused', ['E_ASSERTION'], async (bench, tablet) => ({
    command: await small(bench, tablet),
    approval: await tablet.approve(
      await tablet.command(bench.device.is, { changes: wish(bench, 1), counter: 7 }),
    ),
  })),
  refused(
    'stranger',
    'a passkey that nobody certified is refused',
    ['E_ASSERTION_CRED'],
    async (bench, tablet) => {
      const command = await small(bench, tablet);
      return { command, approval: { ...(await tablet.approve(command)), kid: random(16) } };
    },
  ),
  refused(
    'form',
    'a command that is not in its one spelling is refused',
    ['E_CMD_MALFORMED'],
    async (bench, tablet) => {
      const genuine = await small(bench, tablet);
      return { command: Uint8Array.from([...genuine, 0]) };
    },
  ),
  changed('nonce', 'a command for another session is refused', ['E_NONCE'], () => ({ nonce: random(16) })),
  changed('counter', 'a command with another place in the sequence is refused', ['E_COUNTER'], (bench) => ({
    counter: bench.device.state().counter + 9,
  })),
  changed('device', 'a command for a device that is not there is refused', ['E_SCOPE'], () => ({
    device: random(8),
  })),
  changed('patient', 'a command for another patient is refused', ['E_PATIENT'], () => ({
    patient: random(32),
  })),
  changed('profile', 'a command made for another profile is refused', ['E_PROFILE'], () => ({
    profile: random(32),
  })),
  changed('settings', 'a command that starts from other settings is refused', ['E_APPROVAL_STALE'], () => ({
    settings: random(32),
  })),
  changed('operation', 'an operation that the profile lacks is refused', ['E_ROUTE', 'E_CMD_SCHEMA'], () => ({
    operation: 5,
    changes: new Map(),
  })),
  changed('limit', 'a value out of its limits is refused', ['E_CMD_LIMIT'], (bench) => ({
    changes: beyond(bench, 'E_CMD_LIMIT'),
  })),
  changed('schema', 'a setting that the profile does not have is refused', ['E_CMD_SCHEMA'], (bench) => ({
    changes: beyond(bench, 'E_CMD_SCHEMA'),
  })),
  changed('rate', 'more than one command may change is refused', ['E_CMD_RATE_OF_CHANGE'], (bench) => ({
    changes: beyond(bench, 'E_CMD_RATE_OF_CHANGE'),
  })),
  refused(
    'stale',
    'a command that was signed before the device took another one is refused',
    ['E_NONCE', 'E_GRANT_USED'],
    async (bench, tablet) => {
      const { is } = bench.device;
      const [first, second] = wishesOf(is.profile, bench.device.state().settings, 1);
      if (!first || !second) throw new Skipped('the profile has one small change only');
      const command = await tablet.command(is, { changes: first });
      await tablet.sign(await tablet.command(is, { changes: second }));
      return { command };
    },
  ),
];
