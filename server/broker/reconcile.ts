import type { LogWriter } from '../audit/log-writer.ts';
import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import type { Crypto } from '../protocol/crypto.ts';
import type { Entry } from '../protocol/log/entry.ts';
import { openReceipt, type Receipt, RESULT } from '../protocol/receipt.ts';
import type { Bedside, Seen } from './bedside.ts';
import type { Recorder } from './recorder.ts';
import { StoreUnavailable } from '../store/errors.ts';

export interface ReconcileParts {
  readonly log: Pick<LogWriter, 'appendDurable'>;
  readonly logEntry: (entry: Entry) => Parameters<LogWriter['append']>[0][number];
  readonly recorder: Pick<Recorder, 'noteReceipt' | 'receiptOp'>;
  readonly crypto: Crypto;
  readonly now: () => number;
  /** A receipt that the log did not know may be one of the emergency door. */
  readonly found: (bedside: Bedside, bytes: Bytes, receipt: Receipt) => Promise<void>;
}

/**
 * Holds the device's receipts against the log, both ways. What the device did and the log does not know is
 * fetched and logged; a number that cannot be fetched any more, a broken chain, or a device that counts less
 * than the log are alarms. Nothing that was done stays hidden.
 */
export function reconcile(bedside: Bedside, { attestation }: Seen, parts: ReconcileParts): Promise<void> {
  // One at a time: two tablets that open a device at once must not log its receipts twice.
  return bedside.inTurn(() =>
    catchUp(bedside, attestation.receiptNumber, parts).catch((error: unknown) => {
      // Reading goes on while nothing can be stored: what is not in the log yet is fetched again at the next opening.
      if (!(error instanceof StoreUnavailable)) throw error;
    }),
  );
}

async function catchUp(bedside: Bedside, attested: number, parts: ReconcileParts): Promise<void> {
  const known = bedside.receipts ?? { number: 0, hash: new Uint8Array(32) };
  if (attested === known.number) return;
  if (attested < known.number) {
    // An attestation from before a receipt that came in meanwhile is only old.
    const now = await bedside.open(parts.crypto, parts.now);
    const { receiptNumber } = now.attestation;
    if (receiptNumber < known.number)
      await alarm(parts, bedside, 'device counts fewer receipts than the log', receiptNumber);
    return;
  }
  const answer = await bedside.inContact().ask({ kind: 'receipts-since', number: known.number });
  const receipts = answer.kind === 'receipts' ? answer.receipts : [];
  let { number, hash } = known;
  for (const bytes of receipts) {
    const receipt = await openReceipt(parts.crypto, bytes, bedside.device.identity);
    if (receipt.number <= number) continue;
    if (receipt.number !== number + 1)
      await alarm(parts, bedside, 'receipts are missing before this number', receipt.number);
    else if (!equal(receipt.previous, hash))
      await alarm(parts, bedside, 'the chain of receipts is broken', receipt.number);
    await parts.found(bedside, bytes, receipt); // First: a review is open even while nothing can be stored.
    await logReceipt(parts, bedside, bytes, receipt);
    number = receipt.number;
    hash = parts.crypto.sha256(bytes);
  }
  if (number < attested) await alarm(parts, bedside, 'device keeps back receipts that it attested', attested);
}

async function logReceipt(
  { log, logEntry, recorder, now, crypto }: ReconcileParts,
  bedside: Bedside,
  bytes: Bytes,
  receipt: Awaited<ReturnType<typeof openReceipt>>,
): Promise<void> {
  const entry = logEntry({
    type: 'receipt',
    time: now(),
    device: bedside.device.id,
    command: receipt.command,
    digest: crypto.sha256(bytes),
    number: receipt.number,
    result: RESULT[receipt.result],
    ...(receipt.code && { code: receipt.code }),
  });
  await log.appendDurable([entry], [recorder.receiptOp(bedside, receipt.number, bytes)]);
  recorder.noteReceipt(bedside, receipt.number, bytes);
}

async function alarm(
  { log, logEntry, now }: ReconcileParts,
  bedside: Bedside,
  detail: string,
  number: number,
): Promise<void> {
  // Whoever opens the device again meets the same gap: one entry tells of it.
  const same = `${detail} ${number}`;
  if (bedside.alarmed === same) return;
  const entry = logEntry({
    type: 'alarm',
    time: now(),
    code: 'receipt.gap',
    device: bedside.device.id,
    detail,
    number,
  });
  await log.appendDurable([entry]);
  bedside.alarmed = same;
}
