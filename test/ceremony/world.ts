import assert from 'node:assert/strict';
import type { Entry } from '../../server/protocol/log/entry.ts';
import { type Bytes, equal, hex } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import { Refusal, type RefusalCode } from '../../server/protocol/refusal.ts';
import type { Wish } from '../../server/protocol/seal.ts';
import { parseRequest } from '../../server/protocol/link/wire.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { testSigner } from '../support/keys.ts';
import { PUMP } from '../support/settings.ts';
import type { TestDevice, TestWard } from '../support/ward.ts';

export const hashOf = (command: Bytes): Bytes => nodeCrypto.sha256(command);
export const program = (code: number, value: number): Wish => ({
  operation: OPERATION.program,
  changes: new Map([[code, value]]),
});

/** A small change of the pump that changes something, whatever was there before. */
export function nudge(pump: TestDevice): Wish {
  const volume = pump.therapy.acting.get(PUMP.volume) ?? 0;
  return program(PUMP.volume, volume === 7 ? 8 : 7);
}

/** Fails unless the work is refused with exactly this code. */
export async function refuses(code: RefusalCode, work: Promise<unknown>): Promise<Refusal> {
  const outcome: unknown = await work.then(
    (value) => value,
    (error: unknown) => error,
  );
  assert.ok(
    outcome instanceof Refusal,
    `expected ${code}, got ${JSON.stringify(outcome)} ${String(outcome)}`,
  );
  assert.equal(outcome.code, code, outcome.message);
  return outcome;
}

/** Signs with a key of its own, and names that of somebody else. */
export const impostor = ({ key }: Signer): Signer => ({
  key,
  sign: (bytes) => testSigner('somebody else').sign(bytes),
});

/** Counts the bundles that leave for a device from now on. */
export function countDeliveries(device: TestDevice): () => number {
  let count = 0;
  const before = device.onFrame;
  device.onFrame = (frame, towards) => {
    if (towards === 'device' && parseRequest(frame).kind === 'deliver') count++;
    return before(frame, towards);
  };
  return () => count;
}

/** What the log says of one command, in order. */
export const storyOf = (ward: TestWard, command: Bytes): readonly Entry[] =>
  ward.entries().filter((entry) => entry.command && equal(entry.command, hashOf(command)));

export const typesOf = (entries: readonly Entry[]): readonly string[] => entries.map(({ type }) => type);

/** Waits until something is so; fails after `ms`. */
export async function until(what: string, isSo: () => boolean, ms = 20_000): Promise<void> {
  const end = Date.now() + ms;
  while (!isSo()) {
    if (Date.now() > end) assert.fail(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const stateOf = (ward: TestWard, command: Bytes, by: Parameters<TestWard['desk']['command']>[0]) =>
  ward.desk.command(by, hex(hashOf(command))).state;
