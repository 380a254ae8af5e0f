import { signal } from '@preact/signals';
import { OPERATION } from '../../../server/protocol/command.ts';
import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import { ROLE } from '../../../server/protocol/credential.ts';
import { glassOf } from '../../../clients/tablet/glass/glass.ts';
import { newDraft } from '../../../clients/tablet/change/draft.ts';
import { type Judged, NOT_CHECKED } from '../../../clients/tablet/history/judge.ts';
import type { Reading } from '../../../clients/tablet/device/reading.ts';
import type { OpenReview, Reviews } from '../../../clients/tablet/review/reviews.ts';
import { noteReading, type Place, type State } from '../../../clients/tablet/state.ts';
import { type Kit, NOW, signedIn } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

const COMMAND = 'ef'.repeat(32);
const HOUR_MS = 3_600_000;
const REVIEWER = ROLE.clinician + ROLE.second;

/** The pacemaker in the safe mode of its maker. */
function inSafeMode({ pacemaker }: Kit, review?: string): Reading {
  const { attestation, profile } = pacemaker;
  const settings = new Map([...attestation.settings, ...profile.safeState]);
  return { ...pacemaker, review, attestation: { ...attestation, mode: 'safe-mode', settings } };
}

/** What a pacemaker signed when it went there, proven. */
function proven({ pacemaker }: Kit): Judged {
  const { attestation, profile } = pacemaker;
  const { settings: before } = attestation;
  const after = profile.safeState;
  const receipt = { number: 220, before, readBack: new Map([...before, ...after]) };
  const settings = profile.parameters
    .filter(({ code }) => after.has(code))
    .map((of) => ({ of, before: before.get(of.code), asked: after.get(of.code), after: after.get(of.code) }));
  const told = { operation: OPERATION.safeMode, title: '', words: '', settings, receipt };
  return { verdict: 'VERIFIED', checks: [], other: false, told } as unknown as Judged;
}

const TOLD: OpenReview['told'] = {
  people: [
    { subject: '01', name: 'Dr C. Moreau', reviews: true, here: true },
    { subject: '02', name: 'O. Marek', reviews: true, here: false },
    { subject: '03', name: 'Dr D. Sato', reviews: false, here: true },
  ],
  more: 2,
};

const open = (part: Partial<OpenReview> = {}): OpenReview => ({
  device: '7f'.repeat(8),
  deviceName: 'pacemaker-1',
  patient: { family: 'Beispiel', given: 'Maria', bed: 'Bed 12' },
  command: COMMAND,
  byName: 'Dr B. Lindqvist',
  own: false,
  since: NOW - HOUR_MS / 2,
  due: NOW + 23.5 * HOUR_MS,
  told: TOLD,
  ...part,
});

/** What the gateway told of emergencies; nothing comes after it. */
const reviewsOf = (list: readonly OpenReview[], news: readonly OpenReview[] = []): Reviews => ({
  open: signal(list),
  news: signal(news),
  seen: () => undefined,
  look: () => Promise.resolve(),
  heard: () => undefined,
  of: () => Promise.resolve(list[0]),
  sign: () => Promise.resolve(undefined),
  explain: () => Promise.resolve(undefined),
});
const REASON = { reason: 'danger', text: 'Pauses of four seconds, not awake' };
const OWN = { own: true, byName: 'Dr A. Okafor' };

/** The device after an emergency that nobody has reviewed. @param roles of whoever looks at it */
const waiting =
  (at: Place, roles: number, part: Partial<OpenReview> = {}, form?: (kit: Kit) => Judged): Draw =>
  (state, kit) => {
    const { byName, since, due } = open(part);
    const reading = inSafeMode(kit, COMMAND);
    kit.atBedside(state);
    state.wanted.value = reading.id;
    noteReading(state, { ...reading, safeSince: since, reviewDue: due, rescuer: byName });
    state.view.value = { at };
    state.reviews.value = reviewsOf([open(part)]);
    const person = state.person.value;
    if (person) state.person.value = { ...person, roles };
    if (!form) return;
    state.past.value = {
      prove: () => Promise.resolve(form(kit)),
      read: () => Promise.resolve({ entries: [], more: false }),
    };
    state.sheet.value = { kind: 'review', device: kit.pacemaker.id, command: COMMAND };
  };

/** Nobody in front of the tablet. */
const atFind =
  (reviews: Reviews, at: Place = 'patients'): Draw =>
  (state) => {
    signedIn(state);
    state.reviews.value = reviews;
    state.view.value = { at };
  };

/** What the rescuer sees once the device has answered. */
const rescued =
  (list: readonly OpenReview[], link: 'online' | 'away' = 'online'): Draw =>
  (state, kit) => {
    const { id, identity, profile } = kit.pacemaker;
    kit.atBedside(state, kit.pacemaker);
    state.view.value = { at: 'overview' };
    if (link === 'away') state.link.value = { kind: 'away', since: NOW - 74_000 };
    state.reviews.value = reviewsOf(list);
    const receipt = {
      ...kit.receipt(kit.pacemaker, kit.draft(kit.pacemaker, {}), profile.safeState),
      number: 220,
      command: unhex(COMMAND),
    };
    const offer = { station: '', card: 1, device: id, command: new Uint8Array(), words: '', expected: true };
    state.emergency.value = { ...offer, known: { identity, profile }, step: 'done', receipt, checked: true };
    state.sheet.value = { kind: 'emergency' };
  };

/** The safe mode after the review, on its way to its end. @param known what was set before */
const ending =
  (known: boolean): Draw =>
  (state, kit) => {
    const reading = inSafeMode(kit);
    kit.atBedside(state, reading);
    state.draft.value = { ...newDraft(reading, OPERATION.resume), back: known ? before(kit) : new Map() };
    state.view.value = { at: 'change' };
  };

const before = ({ pacemaker }: Kit): ReadonlyMap<number, number> =>
  new Map(
    [...pacemaker.profile.safeState].flatMap(([code, safe]) => {
      const was = pacemaker.attestation.settings.get(code) ?? safe;
      return was === safe ? [] : [[code, was] as const];
    }),
  );

/** An emergency that nobody has reviewed yet, the form, and what comes after it. */
export const REVIEW_STATES: Readonly<Record<string, Draw>> = {
  'c13-review-due': waiting('overview', ROLE.clinician + ROLE.emergency),
  'c13-review-mine': waiting('overview', REVIEWER),
  'c2-devices-review-due': (state, kit) => {
    waiting('devices', ROLE.clinician)(state, kit);
    state.reading.value = undefined;
    state.wanted.value = undefined;
  },
  'c13-review-own': waiting('overview', REVIEWER, { own: true, byName: 'Dr A. Okafor' }),
  'c13-review-late': waiting('overview', REVIEWER, { since: NOW - 25 * HOUR_MS, due: NOW - HOUR_MS }),
  'c13-review-settings': waiting('settings', ROLE.clinician),
  'c13-review-change': waiting('change', ROLE.clinician),
  'c13-review': waiting('overview', REVIEWER, {}, proven),
  'c13-review-reason': waiting('overview', REVIEWER, { reason: REASON }, proven),
  'c13-emergency-told': rescued([open(OWN)]),
  'c13-emergency-told-reason': rescued([open({ ...OWN, reason: REASON })]),
  'c13-emergency-told-nobody': rescued([open({ ...OWN, told: { people: [], more: 0 } })]),
  'c13-emergency-coming': rescued([]),
  'c13-emergency-away': rescued([], 'away'),
  'c13-reason': (state, kit) => {
    rescued([open(OWN)])(state, kit);
    state.emergency.value = undefined;
    state.sheet.value = { kind: 'reason', device: kit.pacemaker.id, command: COMMAND };
  },
  'c1-reason-owed': atFind(reviewsOf([open(OWN)])),
  'c1-review-waits': atFind(reviewsOf([open()])),
  'c16-end-reason-owed': atFind(reviewsOf([open(OWN)]), 'end'),
  'c13-news': (state, kit) => {
    kit.atBedside(state, kit.pump);
    state.view.value = { at: 'overview' };
    state.reviews.value = reviewsOf([open()], [open()]);
  },
  'c14-news': (state, kit) => {
    kit.atBedside(state, kit.pump);
    state.view.value = { at: 'overview' };
    const about = 'Varga, Ilona, Bed 3';
    const glass = glassOf(state);
    const news = signal([{ id: 'ab'.repeat(32), byName: 'Dr C. Moreau', about }]);
    state.glass.value = { ...glass, news };
  },
  'c13-review-unproven': waiting('overview', REVIEWER, {}, () => NOT_CHECKED),
  'c13-safe-settings': (state, kit) => {
    kit.atBedside(state, inSafeMode(kit));
    state.view.value = { at: 'settings' };
  },
  'c13-safe-end': ending(true),
  'c13-safe-end-unknown': ending(false),
  'c12-done-safe-end': (state, kit) => {
    const reading = inSafeMode(kit);
    const draft = { ...newDraft(reading, OPERATION.resume), reason: 'over', back: before(kit) };
    kit.atBedside(state, reading);
    const receipt = kit.receipt(reading, draft);
    const ended = { kind: 'done', receipt, modified: false, index: 184_215 } as const;
    state.run.value = kit.run(reading, draft, ended, ['signed', 'second', 'verified']);
    state.view.value = { at: 'command' };
  },
};
