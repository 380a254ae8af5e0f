import { OPERATION } from '../../../server/protocol/command.ts';
import { TERMS } from '../../../server/protocol/telemetry/nomenclature.ts';
import type { Parameter } from '../../../server/protocol/profile.ts';
import { type Draft, rowsOf } from '../change/draft.ts';
import { needsAgain } from '../change/entry.ts';
import type { Reading } from '../device/reading.ts';
import { cautionTexts } from './texts.ts';

/** What a person has to have seen before they sign. `key` names all that it says: when one of it changes, it is another caution. */
export type Caution =
  | { readonly kind: 'ratio'; readonly key: string; readonly of: Parameter; readonly from: number; readonly to: number }
  | { readonly kind: 'battery'; readonly key: string; readonly of: Parameter; readonly value: number }
  /** `pacing`: what stops is a pacemaker, by the profile that its maker signed. */
  | { readonly kind: 'stop'; readonly key: string; readonly pacing: boolean }
  | { readonly kind: 'resume' | 'safe'; readonly key: string }; // prettier-ignore

/** IEEE 11073-10103, MDC_IDC_MSMT_BATTERY_STATUS: a word of the maker's, of which the nominal one is "good". */
const STATUS = 721_280;
/** IEEE 11073-10103, MDC_IDC_ENUM_DEV_TYPE_IPG: an implanted pulse generator, which is a pacemaker. */
const PACEMAKER = 753_665;
const CHARGE: readonly number[] = [TERMS.batteryRemaining.code, TERMS.battery.code];
/** A fifth: time enough to fetch a charger, or to plan what has to be replaced. */
const LOW_PERCENT = 20;

/** What a device's own signed word says of a battery that is low; undefined when it is not, or says nothing of one. */
export function lowBattery({
  profile,
  attestation,
}: Reading): { readonly of: Parameter; readonly value: number } | undefined {
  for (const of of profile.parameters) {
    const value = attestation.settings.get(of.code);
    if (of.programmed || value === undefined) continue;
    const low =
      of.code === STATUS
        ? value !== of.nominal
        : CHARGE.includes(of.code) && value <= LOW_PERCENT * 10 ** of.scale;
    if (low) return { of, value };
  }
  return undefined;
}

/** All that has to be seen before this draft is signed, over this reading: found out by this tablet, from what it verified. */
export function cautionsOf(reading: Reading, draft: Draft): readonly Caution[] {
  const ratios = rowsOf(reading, draft)
    .filter(({ parameter, on, proposed, changed }) => changed && needsAgain(parameter, on, proposed))
    .map(({ parameter: of, on: from, proposed: to }): Caution => {
      return { kind: 'ratio', key: `ratio ${of.code} ${from} ${to}`, of, from, to };
    });
  const battery = lowBattery(reading);
  const low: readonly Caution[] = battery
    ? [{ kind: 'battery', key: `battery ${battery.of.code} ${battery.value}`, ...battery }]
    : [];
  return [...ratios, ...ofOperation(reading, draft), ...low];
}

/** By the class that its maker signed, and by nothing else. */
export const isPacemaker = ({ deviceClass }: Pick<Reading['profile'], 'deviceClass'>): boolean =>
  deviceClass === PACEMAKER;

/** Stopping and resuming, unless the maker says that it lowers the risk: then it is not held up. */
function ofOperation({ profile, attestation }: Reading, { operation }: Draft): readonly Caution[] {
  const rule = profile.operations.find((one) => one.operation === operation);
  if (rule?.lowers === true) return [];
  if (operation === OPERATION.stop) return [{ kind: 'stop', key: 'stop', pacing: isPacemaker(profile) }];
  if (operation !== OPERATION.resume) return [];
  return [{ kind: attestation.mode === 'safe-mode' ? 'safe' : 'resume', key: 'resume' }];
}

/** Was each caution of this draft, over this reading, ticked? Asked by what signs, whatever its button showed. */
export const allTicked = (reading: Reading, draft: Draft, ticked: ReadonlySet<string>): boolean =>
  cautionsOf(reading, draft).every(({ key }) => ticked.has(key));

/** Why the key cannot be used yet: a caution that nobody ticked. Undefined when all were. */
export function cautionsWait(of: readonly Caution[], ticked: ReadonlySet<string>): string | undefined {
  const open = of.filter(({ key }) => !ticked.has(key)).length;
  return open === 0 ? undefined : cautionTexts.value.need(String(open));
}
