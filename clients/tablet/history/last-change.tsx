import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { equal, hex } from '../../../server/protocol/encoding/bytes.ts';
import { Chip } from '../../common/page/chip.tsx';
import type { Reading } from '../device/reading.ts';
import type { State } from '../state.ts';
import { duration } from '../words.ts';
import { type Judged } from './judge.ts';
import { type Line, linesOf, type What } from './lines.ts';
import { peopleSaid, VERDICTS } from './line-row.tsx';
import type { Past } from './past.ts';
import { changesSaid, eventSaid, whenSays } from './said.ts';
import { proofTexts } from './texts.ts';

/** So many entries are looked through: far more than one command has. */
const MOST = 50;
const CHANGES: readonly What[] = ['applied', 'modified', 'emergency'];

interface Found {
  readonly line: Line;
  readonly proof: Judged;
}

/** Who changed this device last, when, and what: from the log, proven on this tablet, and held against the device's own word. */
export function LastChange({ state, reading }: { state: State; reading: Reading }) {
  const t = proofTexts.value;
  const past = state.past.value;
  const found = useSignal<'looking' | 'failed' | Said>('looking');
  const { attestation } = reading;
  useEffect(() => {
    let gone = false;
    if (!past || attestation.receiptNumber === 0) return undefined;
    found.value = 'looking';
    lastOf(past, reading).then(
      (said) => void (gone || (found.value = said)),
      () => void (gone || (found.value = 'failed')),
    );
    return () => void (gone = true);
  }, [past, reading]);
  return (
    <p class="last-change" aria-live="polite">
      <b>{t.last}: </b>
      {attestation.receiptNumber === 0 ? t.lastNone : <Says said={found.value} />}
    </p>
  );
}

/** What the device counts, and its last receipt. */
export function DeviceFacts({ reading: { attestation } }: { reading: Reading }) {
  const t = proofTexts.value;
  const { receiptNumber, lastReceipt, counter, ticks } = attestation;
  const receipt =
    receiptNumber === 0 ? t.noReceipt : t.lastReceipt(String(receiptNumber), hex(lastReceipt).slice(0, 16));
  return <p class="small">{t.device(receipt, String(counter), duration(ticks))}</p>;
}

type Said =
  | { readonly kind: 'none' }
  | { readonly kind: 'newer'; readonly number: number }
  | ({ readonly kind: 'found' } & Found);

/** Throws like any request. */
async function lastOf(past: Past, { id, identity, attestation }: Reading): Promise<Said> {
  const { entries } = await past.read(id, 'others', MOST);
  const known = entries.some(({ entry }) => entry.digest && equal(entry.digest, attestation.lastReceipt));
  // A gateway that shows an older one as the last is found out by the device, which knows its own receipts.
  if (!known) return { kind: 'newer', number: attestation.receiptNumber };
  const line = linesOf(entries).find(({ what, hash }) => hash !== undefined && CHANGES.includes(what));
  if (line?.hash === undefined) return { kind: 'none' };
  return { kind: 'found', line, proof: await past.prove(line.hash, identity) };
}

function Says({ said }: { said: 'looking' | 'failed' | Said }) {
  const t = proofTexts.value;
  if (said === 'looking') return <span class="quiet">{t.lastLooking}</span>;
  if (said === 'failed') return <>{t.lastFailed}</>;
  if (said.kind === 'none') return <>{t.lastElsewhere}</>;
  if (said.kind === 'newer') return <>{t.lastNewer(String(said.number))}</>;
  const { line, proof } = said;
  const what = proof.told ? changesSaid(proof.told) : [eventSaid(line) ?? t.command];
  return (
    <>
      {[what.join('; '), whenSays(line.at.entry.time), ...peopleSaid(line, proof.told)].join(' · ')}{' '}
      <Chip kind={VERDICTS[proof.verdict]}>{t[proof.verdict]}</Chip>
    </>
  );
}
