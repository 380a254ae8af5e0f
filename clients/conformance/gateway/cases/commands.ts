import { randomBytes } from 'node:crypto';
import type { Approval } from '../../../../server/protocol/approval.ts';
import type { Bytes } from '../../../../server/protocol/encoding/bytes.ts';
import { issueReceipt, type Receipt } from '../../../../server/protocol/receipt.ts';
import { Refusal } from '../../../../server/protocol/refusal.ts';
import type { Reply } from '../../../../server/protocol/stream.ts';
import { encodeAnswer, type Request } from '../../../../server/protocol/link/wire.ts';
import { flipped } from '../../cases/case.ts';
import { CaseFault, same, Skipped } from '../../faults.ts';
import { ephemeralSigner } from '../../world/hospital.ts';
import { type Changes, wishesOf } from '../../world/wishes.ts';
import type { GatewayBench } from '../bench.ts';
import type { GatewayCase } from '../case.ts';
import { judgeDelivery } from '../judged.ts';
import type { Tablet } from '../tablet.ts';

const SECTION = '5';
const NEEDS = ['clinician'] as const;

/** A change of a tier that the device, as it is now, may take. */
export function wish(bench: GatewayBench, tier: 1 | 2): Changes {
  const { is } = bench.device;
  const [first] = wishesOf(is.profile, bench.device.state().settings, tier);
  if (first) return first;
  throw new Skipped(`the profile has no setting that ${tier === 1 ? 'one person' : 'two people'} may change`);
}

/** The one delivery of a command; throws CaseFault when there was none, or more than one. */
function deliveryOf(bench: GatewayBench, command: Bytes) {
  const deliveries = bench.device.deliveriesOf(command);
  same('a command is delivered once', 'bundle', 1, deliveries.length);
  const [delivery] = deliveries;
  if (!delivery) throw new Error('counted above');
  return delivery;
}

async function judge(bench: GatewayBench, command: Bytes, approvals: readonly Approval[]): Promise<void> {
  const { anchors, device } = bench.parts.declared;
  const now = Math.floor(Date.now() / 1000);
  await judgeDelivery(deliveryOf(bench, command), { anchors, device, command, approvals, now });
}

const done = async (tablet: Tablet, command: Bytes, reply: Reply): Promise<void> => {
  const outcome = await tablet.outcome(command, reply);
  same('what the device applied is reported as done', 'reply.sealed', 'done', outcome.kind);
};

/** What a genuine command becomes on its way to the device. */
const delivering: readonly GatewayCase[] = [
  {
    id: 'command.one',
    says: 'a small change that one person signed is granted once, and what is delivered is genuine in every part',
    section: '4; 5',
    needs: NEEDS,
    async run(bench) {
      await bench.inContact();
      const tablet = await bench.tablet();
      const command = await tablet.command(bench.device.is, { changes: wish(bench, 1) });
      const approval = await tablet.approve(command);
      const reply = await tablet.sign(command, approval);
      await judge(bench, command, [approval]);
      await done(tablet, command, reply);
      bench.expectReadable();
    },
  },
  {
    id: 'command.two',
    says: 'a change of high risk goes to the device with the approvals of two people, and not before',
    section: '4; 5',
    needs: [...NEEDS, 'second'],
    async run(bench) {
      await bench.inContact();
      const [first, second] = [await bench.tablet(), await bench.tablet('second')];
      const command = await first.command(bench.device.is, { changes: wish(bench, 2) });
      const one = await first.approve(command);
      const waiting = await first.sign(command, one);
      if (waiting.kind !== 'awaiting-second')
        throw new CaseFault('with one approval a change of high risk waits', {
          expected: 'awaiting-second',
          got: waiting.kind,
          field: 'approvals',
        });
      same('nothing is delivered before two signed', 'bundle', 0, bench.device.deliveriesOf(command).length);
      const { draft } = waiting;
      const entered = await second.call({ kind: 'enter', draft, command });
      same('the same change entered again is the same', 'draft', 'matched', entered.kind);
      const two = await second.approve(command);
      const reply = await second.call({ kind: 'approve', draft, approval: two });
      await judge(bench, command, [one, two]);
      await done(second, command, reply);
    },
  },
  {
    id: 'command.again',
    says: 'a command that was done is never delivered again, whoever brings it',
    section: SECTION,
    needs: NEEDS,
    async run(bench) {
      await bench.inContact();
      const tablet = await bench.tablet();
      const command = await tablet.command(bench.device.is, { changes: wish(bench, 1) });
      const approval = await tablet.approve(command);
      await tablet.sign(command, approval);
      await tablet.sign(command, approval).catch(refusalOrThrow);
      deliveryOf(bench, command);
    },
  },
];

function refusalOrThrow(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
}

/** A device whose word on a command is not genuine: nobody is told that it was done. */
const lying = (
  id: string,
  says: string,
  lie: (bench: GatewayBench, genuine: Receipt) => Promise<Bytes> | Bytes,
): GatewayCase => ({
  id: `answer.${id}`,
  says,
  section: SECTION,
  needs: NEEDS,
  async run(bench) {
    await bench.inContact();
    const tablet = await bench.tablet();
    const command = await tablet.command(bench.device.is, { changes: wish(bench, 1) });
    bench.instead = async (request: Request) => {
      if (request.kind !== 'deliver') return undefined;
      const { receipt } = bench.device.receiptFor(request.bundle);
      await bench.device.answer(request);
      bench.instead = undefined;
      return lie(bench, receipt);
    };
    const reply = await tablet.sign(command).catch((error: unknown) => {
      refusalOrThrow(error);
      return undefined;
    });
    bench.instead = undefined;
    if (reply?.kind === 'sealed')
      throw new CaseFault(says, {
        expected: 'an outcome that is unknown',
        got: 'a sealed one',
        field: 'receipt',
      });
    // The truth is asked for, and then told.
    await bench.inContact();
    const settled = await settle(bench, tablet);
    await done(tablet, command, settled);
    deliveryOf(bench, command);
  },
});

const SETTLE_MS = 8_000;

/** Has the gateway ask the device what became of a command, until it knows. */
async function settle(bench: GatewayBench, tablet: Tablet): Promise<Reply> {
  const end = Date.now() + SETTLE_MS;
  for (;;) {
    const reply = await tablet
      .call({ kind: 'resolve', device: bench.device.is.id })
      .catch((error: unknown) => {
        refusalOrThrow(error);
        return undefined;
      });
    if (reply?.kind === 'sealed') return reply;
    if (Date.now() > end)
      throw new CaseFault('an unknown outcome is settled by asking the device', {
        expected: 'a sealed outcome',
        got: reply?.kind ?? 'a refusal',
        field: 'command',
      });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await bench.inContact();
  }
}

const receiptAnswer = async (
  receipt: Receipt,
  by: GatewayBench['device']['is']['identity'],
): Promise<Bytes> => encodeAnswer({ kind: 'receipt', receipt: await issueReceipt(receipt, by) });

const answers: readonly GatewayCase[] = [
  lying('signature', 'a receipt whose signature does not verify proves nothing', async (bench, receipt) => {
    const signed = await issueReceipt(receipt, bench.device.is.identity);
    return encodeAnswer({ kind: 'receipt', receipt: flipped(signed, -1) });
  }),
  lying('stranger', 'a receipt by another key proves nothing', (_bench, receipt) =>
    receiptAnswer(receipt, ephemeralSigner()),
  ),
  lying('other-command', 'a receipt for another command proves nothing', (bench, receipt) =>
    receiptAnswer({ ...receipt, command: new Uint8Array(randomBytes(32)) }, bench.device.is.identity),
  ),
  lying('other-device', 'a receipt of another device proves nothing', (bench, receipt) =>
    receiptAnswer({ ...receipt, device: new Uint8Array(randomBytes(8)) }, bench.device.is.identity),
  ),
  lying('accepted', '“accepted” is no receipt', () => encodeAnswer({ kind: 'accepted' })),
  lying('malformed', 'what is no answer proves nothing', () => Uint8Array.of(0x82, 0x18, 102)),
];

/** What a gateway does with commands, and with what devices say about them. */
export const commandCases: readonly GatewayCase[] = [...delivering, ...answers];
