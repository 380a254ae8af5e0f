import { join } from 'node:path';
import { copyLog } from '../../clients/ward/demo-ward.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { type Entry, parseEntry } from '../../server/protocol/log/entry.ts';
import { RESULT } from '../../server/protocol/receipt.ts';
import { verifyLog } from '../../server/protocol/verify-log.ts';
import type { ProcessWard } from '../support/processes.ts';
import type { Clinic } from './clinic.ts';
import { readStore } from './gateway-store.ts';
import { label, type Ledger } from './ledger.ts';

/** Checkpoints an outsider kept over the restarts: every later log has to contain them. */
export type Kept = Map<string, number>;

/** After each kill: nothing acknowledged is missing from the journal, and the whole log re-hashes. */
export async function auditNow(ward: ProcessWard, ledger: Ledger, kept: Kept): Promise<void> {
  const told = ledger.told; // before the database is read: whatever was told by now has to be in it
  const { journal, walk, checkpoint } = await readStore(ward.folder);
  if (walk.fault)
    ledger.violation(`the stored log is damaged at entry ${walk.fault.index}: ${walk.fault.what}`);
  for (const ceremony of told) {
    const state = journal.get(ceremony.hash) ?? 'missing';
    const right = ceremony.end?.kind === 'applied' ? state === 'applied' : /^(refused|expired)$/u.test(state);
    if (!right) ledger.violation(`${label(ceremony)} was ${ceremony.end?.kind}, the journal says ${state}`);
  }
  if (checkpoint !== undefined) kept.set(checkpoint, walk.entries);
}

/** At the end: devices, journal, log and what people were told are one story. */
export async function auditAll(
  ward: ProcessWard,
  clinic: Clinic,
  ledger: Ledger,
  kept: Kept,
): Promise<{ readonly entries: number }> {
  await auditNow(ward, ledger, kept);
  const receipts = new Map<string, number>();
  for (const device of ward.devices) {
    const { attestation } = await clinic.open('dr-a', device);
    ledger.seen(device, attestation);
    receipts.set(ward.idOf(device), attestation.receiptNumber);
  }
  const entries = await clinic.patiently('the log cannot be copied', () =>
    clinic.as('auditor', (auditor) => copyLog(auditor, join(ward.folder, 'log-copy'))),
  );
  const anchors = readAnchors(nodeCrypto, ward.anchors);
  const newest = await clinic.as('auditor', (auditor) => auditor.download('/log/checkpoint'));
  const checkpoints = [new TextDecoder().decode(newest), ...kept.keys()];
  const report = await verifyLog(nodeCrypto, { entries, checkpoints, trust: anchors });
  for (const { what } of report.problems) ledger.violation(`the log does not verify: ${what}`);
  if (report.verdict !== 'VERIFIED') ledger.violation(`the log is ${report.verdict}`);
  const { journal } = await readStore(ward.folder);
  holdAgainstLog(entries.map(parseEntry), ledger, journal, receipts);
  return { entries: entries.length };
}

const ENDED = /^(applied|refused|expired)$/u;

function holdAgainstLog(
  entries: readonly Entry[],
  ledger: Ledger,
  journal: ReadonlyMap<string, string>,
  receipts: ReadonlyMap<string, number>,
): void {
  const of = (type: Entry['type'], hash: string): readonly Entry[] =>
    byCommand.get(hash)?.filter((entry) => entry.type === type) ?? [];
  const indexed = entries.map((entry, index) => ({ entry, index }));
  const byCommand = Map.groupBy(entries, ({ command }) => (command ? hex(command) : ''));
  const known = new Set(ledger.ceremonies.map(({ hash }) => hash));

  for (const [hash, state] of journal) {
    if (!known.has(hash)) ledger.violation(`the journal has a command nobody made: ${hash}`);
    if (!ENDED.test(state)) ledger.violation(`${hash} has no end in the journal: it is ${state}`);
    checkPairs(hash, indexed, ledger);
    const applied = of('outcome', hash).at(-1)?.result === RESULT.applied;
    if (applied !== (state === 'applied')) ledger.violation(`${hash}: the log does not say ${state}`);
  }
  for (const ceremony of ledger.ceremonies) {
    const { hash, end } = ceremony;
    if (!end) ledger.violation(`${label(ceremony)} has no end`);
    if (ledger.signedAgain(ceremony)) continue;
    const outcome = of('outcome', hash).at(-1);
    const applied = outcome?.result === RESULT.applied;
    if (applied !== (end?.kind === 'applied')) {
      ledger.violation(`${label(ceremony)} was ${end?.kind}; in the log its result is ${outcome?.result}`);
    }
    if (end?.kind === 'applied' && end.receipt && outcome?.number !== end.receipt.number) {
      ledger.violation(`${label(ceremony)}: the log names receipt ${outcome?.number}`);
    }
  }
  for (const [device, count] of receipts) {
    const own = entries.filter(
      ({ type, device: id }) =>
        ['outcome', 'receipt', 'emergency'].includes(type) && id !== undefined && hex(id) === device,
    );
    checkReceipts(device, count, own, ledger);
  }
}

/**
 * Every announcement of a command has one outcome, which names it. There are several where the same bytes were signed
 * again after the log had no quorum; only the last of them can have been applied.
 */
function checkPairs(
  hash: string,
  entries: readonly { readonly entry: Entry; readonly index: number }[],
  ledger: Ledger,
): void {
  const own = entries.filter(({ entry }) => entry.command && hex(entry.command) === hash);
  const intents = own.filter(({ entry }) => entry.type === 'intent').map(({ index }) => index);
  const outcomes = own.filter(({ entry }) => entry.type === 'outcome');
  const answered = outcomes.map(({ entry }) => entry.index ?? -1);
  if (intents.length === 0) ledger.violation(`${hash} was never announced in the log`);
  if (intents.join() !== answered.join()) {
    ledger.violation(`${hash} was announced at ${intents.join()}; its outcomes answer ${answered.join()}`);
  }
  const applied = outcomes.slice(0, -1).some(({ entry }) => entry.result === RESULT.applied);
  if (applied) ledger.violation(`${hash} was applied, and announced again`);
}

/** Every number from 1 on stands in the log, with one receipt; a device applied as often as the log says. */
function checkReceipts(device: string, count: number, entries: readonly Entry[], ledger: Ledger): void {
  const digests = new Map<number, string>();
  for (const { number, digest } of entries) {
    if (number === undefined || digest === undefined) continue;
    const before = digests.get(number);
    if (before !== undefined && before !== hex(digest)) {
      ledger.violation(`${device} gave two receipts numbered ${number}`);
    }
    digests.set(number, hex(digest));
  }
  for (let number = 1; number <= count; number++) {
    if (!digests.has(number)) ledger.violation(`${device}: receipt ${number} of ${count} is not in the log`);
  }
  if (digests.size > count)
    ledger.violation(`the log has ${digests.size} receipts of ${device}, it gave ${count}`);
}
