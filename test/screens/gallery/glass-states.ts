import {
  type Asking,
  glassOf,
  type GlassRequests,
  type Opening,
} from '../../../clients/tablet/glass/glass.ts';
import type { State } from '../../../clients/tablet/state.ts';
import { Kit, NOW, signedIn } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

export const OPENING: Opening = {
  id: 'ab'.repeat(32),
  patient: '00'.repeat(16),
  by: '00',
  since: NOW - 754_000,
  until: NOW - 754_000 + 3_600_000,
  open: true,
  told: {
    people: [
      { subject: '01', name: 'Dr B. Lindqvist', reviews: true, here: true },
      { subject: '02', name: 'O. Marek', reviews: true, here: false },
      { subject: '03', name: 'Dr C. Moreau', reviews: false, here: true },
    ],
    more: 0,
  },
};

/** No gateway hears anything here. */
export const GLASS_REQUESTS: GlassRequests<unknown> = {
  list: () => Promise.resolve([]),
  open: () => Promise.resolve(OPENING),
  close: () => Promise.resolve(),
  troubleOf: () => ({ kind: 'unexpected' }),
};

const asking =
  (part: Partial<Asking> = {}): Draw =>
  (state) => {
    signedIn(state);
    state.view.value = { at: 'patients' };
    const row = { id: '03'.repeat(16), family: 'Varga', given: 'Ilona', birthDate: '1971-10-02' };
    state.search.value = { more: false, patients: [{ ...row, restricted: true }] };
    const glass = glassOf(state);
    glass.ask(row.id);
    glass.asking.value = { step: 'ready', ...part };
  };

/** A patient of others: asked for, open, over. */
export const GLASS_STATES: Readonly<Record<string, Draw>> = {
  'c14-break-glass': asking(),
  'c14-break-glass-signing': asking({ step: 'signing' }),
  'c14-break-glass-review-due': asking({ trouble: { kind: 'refused', code: 'E_REVIEW' } }),
  'c14-break-glass-open': (state, kit) => {
    kit.atBedside(state, kit.pump);
    state.view.value = { at: 'overview' };
    glassOf(state).openings.value = [OPENING];
  },
  'c14-break-glass-pending': (state) => {
    signedIn(state);
    state.view.value = { at: 'patients' };
    const second = { ...OPENING, id: 'cd'.repeat(32), open: false };
    glassOf(state).openings.value = [OPENING, second];
  },
};
