import { withValue } from '../../../clients/tablet/change/draft.ts';
import type { Reading } from '../../../clients/tablet/device/reading.ts';
import type { State } from '../../../clients/tablet/state.ts';
import type { Kit } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;
type Ranges = Readonly<Record<string, readonly [low: number, high: number]>>;

/** A device whose hospital narrows some settings, by the names that its profile has. */
const narrowed = (kit: Kit, of: Reading, ranges: Ranges): Reading => ({
  ...of,
  siteRanges: new Map(
    Object.entries(ranges).map(([name, [low, high]]) => [kit.code(of, name), { low, high }] as const),
  ),
});

const PUMP: Ranges = { 'Occlusion alarm limit': [200, 500], 'Infusion rate': [50, 1_200] };
const PACEMAKER: Ranges = { 'Lower rate': [50, 80] };

const editing =
  (device: 'pump' | 'pacemaker', ranges: Ranges, name: string, value?: number): Draw =>
  (state, kit) => {
    const of = narrowed(kit, kit[device], ranges);
    kit.atBedside(state, of);
    const draft = kit.draft(of, {});
    state.draft.value = value === undefined ? draft : withValue(draft, kit.code(of, name), value);
    state.view.value = { at: 'settings' };
    state.sheet.value = { kind: 'edit', code: kit.code(of, name) };
  };

const comparing =
  (values: Readonly<Record<string, number>>): Draw =>
  (state, kit) => {
    const of = narrowed(kit, kit.pump, PUMP);
    kit.atBedside(state, of);
    state.draft.value = { ...kit.draft(of, values), note: '' };
    state.view.value = { at: 'change' };
  };

const lowBattery =
  (at: 'overview' | 'settings' | 'change'): Draw =>
  (state, kit) => {
    const of = { ...kit.having(kit.pump, { 'Battery remaining': 12 }), stopBelowPercent: 20 };
    kit.atBedside(state, of);
    if (at === 'change') state.draft.value = kit.draft(of, { 'Occlusion alarm limit': 325 });
    state.view.value = { at };
  };

/** What a hospital narrows beside a device's own limits, and a battery with which it changes nothing. */
export const SITE_STATES: Readonly<Record<string, Draw>> = {
  'c4-overview-battery-blocked': lowBattery('overview'),
  'c6-settings-battery-blocked': lowBattery('settings'),
  'c6-settings-site-ranges': (state, kit) => {
    kit.atBedside(state, narrowed(kit, kit.pump, PUMP));
    state.view.value = { at: 'settings' };
  },
  'c7-edit-site-range': editing('pacemaker', PACEMAKER, 'Lower rate'),
  'c7-edit-outside-range': editing('pacemaker', PACEMAKER, 'Lower rate', 45),
  'c7-edit-outside-keypad': editing('pump', PUMP, 'Infusion rate'),
  'c8-compare-battery-blocked': lowBattery('change'),
  'c8-compare-outside-range': comparing({ 'Occlusion alarm limit': 150 }),
};
