import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { OpenDevice, Outcome } from '../../clients/ward/clinician.ts';
import type { PersonName } from '../../clients/ward/people.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { type Bytes, equal, hex } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import type { ProcessWard } from '../support/processes.ts';
import { type Clinic, Stuck } from './clinic.ts';
import { type Ceremony, label, type Ledger, type Witnessed } from './ledger.ts';
import type { Wishes } from './wishes.ts';

export interface RoundParts {
  readonly ward: ProcessWard;
  readonly clinic: Clinic;
  readonly ledger: Ledger;
  /** Told of each stage a ceremony on a device reaches; `signed` is before its command leaves the tablet. */
  readonly reached: (device: string, stage: Stage | 'signed') => void;
  /** Who signs first; dr-a when left out. */
  readonly by?: PersonName;
}

const CONTEXT = { reason: 'titration', note: 'after the morning round', order: 'ORD-1' };
const VIEW = z.object({ state: z.string(), code: z.string().optional() });
/** An implant pays for each answer from what strangers may cost it, and that fills up slowly. */
const ASK_AGAIN_MS = 5_000;
/** Nothing was granted yet when the last thing heard was one of these. */
const BEFORE_GRANT: readonly (Stage | undefined)[] = [undefined, 'checked', 'cooling', 'logged'];

/** One ceremony on one device, from opening it to an end that is certain, whatever was killed on the way. */
export async function round(device: string, wishes: Wishes, parts: RoundParts): Promise<void> {
  const { ward, clinic, ledger, reached, by = 'dr-a' } = parts;
  const opened = await clinic.open(by, device);
  ledger.seen(device, opened.attestation);
  const { changes, tier } = wishes.next(opened.profile, opened.attestation.settings);
  const wish = { operation: OPERATION.program, changes };
  const patient = ward.patientOf(device);
  const doctor = await clinic.person(by);
  const bytes = doctor.prepare(opened, patient, wish);
  const ceremony = ledger.begin({ device, hash: hex(nodeCrypto.sha256(bytes)), changes, tier });
  const restarts = ward.restarts('gateway');
  let stage: Stage | undefined;
  const progress = (now: Stage): void => {
    stage = now;
    reached(device, now);
  };
  try {
    reached(device, 'signed');
    let outcome = await clinic.as(by, (who) => who.sign(opened, bytes, CONTEXT, progress));
    if (outcome.kind === 'awaiting-second') {
      const { draft } = outcome;
      const again = await clinic.open('dr-b', device);
      if (!equal(again.attestation.nonce, opened.attestation.nonce))
        return await giveUp(ceremony, bytes, parts);
      const second = await clinic.person('dr-b');
      const same = second.prepare(again, patient, wish);
      if (!(await clinic.as('dr-b', (who) => who.enter(draft, same)))) {
        ledger.violation(`${label(ceremony)}: the same change entered again is called another one`);
      }
      outcome = await clinic.as('dr-b', (who) => who.second(again, draft, same, progress));
    }
    if (!told(ceremony, outcome, 'answer', ledger)) await settle(ceremony, opened, bytes, restarts, parts);
  } catch (error) {
    if (error instanceof Stuck) throw error;
    if (!(error instanceof Refusal)) return settle(ceremony, opened, bytes, restarts, parts);
    if (!BEFORE_GRANT.includes(stage)) {
      ledger.violation(`${label(ceremony)}: an outcome that does not verify: ${error.code} ${error.message}`);
    }
    ledger.end(ceremony, { kind: 'turned-away', code: error.code });
  }
}

/** The device lost its nonce while the draft waited: its people withdraw it. */
async function giveUp(ceremony: Ceremony, bytes: Bytes, { clinic, ledger }: RoundParts): Promise<void> {
  ledger.end(ceremony, { kind: 'abandoned' });
  await clinic.as('dr-a', (who) => who.cancel(bytes)).catch(() => undefined);
}

/** Writes an outcome down; false when it is not one yet. */
function told(ceremony: Ceremony, outcome: Outcome, by: Witnessed, ledger: Ledger): boolean {
  if (outcome.kind === 'unknown' || outcome.kind === 'awaiting-second') return false;
  const kind = outcome.kind === 'done' ? 'applied' : 'refused';
  if (outcome.kind === 'done' && outcome.modified) ledger.violation(`${label(ceremony)}: applied otherwise`);
  ledger.end(ceremony, { kind, receipt: outcome.receipt, by });
  return true;
}

/** Finds out what became of a command without ever sending it again: the journal is read, the device is asked. */
async function settle(
  ceremony: Ceremony,
  device: OpenDevice,
  bytes: Bytes,
  restarts: number,
  parts: RoundParts,
): Promise<void> {
  const { ward, clinic, ledger } = parts;
  await clinic.patiently(`${label(ceremony)} stays without an end`, async () => {
    const view = await journalled(ceremony.hash, parts);
    if (view === undefined) {
      // Only a gateway that was started since can be sure: the one before may still have had it in its hands.
      if (ward.restarts('gateway') === restarts || !ward.isUp('gateway'))
        throw new Error('not in the journal');
      return ledger.end(ceremony, { kind: 'never' });
    }
    if (view.state === 'applied' || view.state === 'refused' || view.state === 'expired') {
      const kind = view.state === 'applied' ? 'applied' : 'refused';
      return ledger.end(ceremony, { kind, receipt: undefined, by: 'journal' });
    }
    if (view.state !== 'unknown') throw new Error(`it is ${view.state}`);
    await pause(ASK_AGAIN_MS);
    const outcome = await clinic.as('dr-a', (who) => who.resolve(device, bytes));
    if (!told(ceremony, outcome, 'resolve', ledger)) throw new Error('the device cannot say yet');
  });
}

async function journalled(hash: string, { clinic }: RoundParts) {
  try {
    return VIEW.parse(await clinic.as('dr-a', (who) => who.get(`/v1/commands/${hash}`)));
  } catch (error) {
    if (error instanceof Refusal && error.code === 'E_SCOPE') return undefined;
    throw error;
  }
}
