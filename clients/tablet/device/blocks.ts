import { type Charge, chargeOf } from '../../../server/protocol/battery.ts';
import { OPERATION } from '../../../server/protocol/command.ts';
import { siteTexts } from '../site/texts.ts';
import type { State } from '../state.ts';
import { texts } from '../words.ts';
import type { Reading } from './reading.ts';

type Block = 'outcome' | 'review' | 'safe' | 'battery';

/** What keeps every change from this device now; undefined when nothing does. */
export function blockedBy(state: State, reading: Reading): Block | undefined {
  if (state.unknown.value) return 'outcome';
  if (reading.review !== undefined) return 'review';
  if (reading.attestation.mode === 'safe-mode') return 'safe';
  return lacking(reading) && 'battery';
}

/** Can this be signed all the same? A safe mode ends, and a low battery keeps no therapy from stopping or going on. */
export const goesOn = (by: Block | undefined, operation: number): boolean =>
  by === undefined ||
  (by === 'safe' && operation === OPERATION.resume) ||
  (by === 'battery' && operation !== OPERATION.program);

/** The charge that the device has signed, where this hospital changes nothing with so little. */
export function lacking({ profile, attestation, stopBelowPercent }: Reading): Charge | undefined {
  if (stopBelowPercent === undefined) return undefined;
  const charge = chargeOf(profile, attestation.settings);
  return charge && charge.percent < stopBelowPercent ? charge : undefined;
}

/** The same in a sentence, for the controls that it turns off. */
export function blockedSays(state: State, reading: Reading): string | undefined {
  const { needOutcome, needReview, needSafeEnd } = texts.value.change;
  const by = blockedBy(state, reading);
  const battery = siteTexts.value.needBattery;
  return by && { outcome: needOutcome, review: needReview, safe: needSafeEnd, battery }[by];
}
