import type { Attestation, Receipt } from '../check/device.ts';
import type { Profile } from '../check/profile.ts';
import { movedBy } from '../check/rescue.ts';
import type { OpenReview } from '../gate/reviews.ts';
import { t } from '../texts/texts.ts';
import { button, make, notice, table } from './dom.ts';
import { foundForm } from './found.ts';
import type { View } from './shell.ts';
import { when } from './words-for-people.ts';

/** What is signed and logged about the reason, in the one language that the log has. */
const FOUND = ['needed', 'mistake', 'drill', 'other'] as const;

/** What this page found out about an emergency; a sentence where it could not. */
export interface Findings {
  readonly profile: Profile;
  readonly receipt: Receipt | string;
  readonly now: Attestation | string;
}

/** An emergency in the list: which device, who used the door, until when somebody else looks. */
export function reviewRow(review: OpenReview, open: () => void): HTMLElement {
  const { review: says, inbox } = t();
  const { patient } = review;
  const row = make(
    'button',
    { type: 'button', class: 'row', 'data-row': review.command },
    make('strong', {}, says.title(review.deviceName)),
    patient && make('span', {}, inbox.bed(patient.name, patient.bed)),
    make('span', {}, used(review)),
    make('span', {}, whySays(review)),
    make('span', {}, dueSays(review)),
  );
  row.addEventListener('click', open);
  return row;
}

function used(review: OpenReview): string {
  const { review: says } = t();
  const by = review.by ?? says.stranger;
  return review.since === undefined ? says.usedNow(by) : says.used(by, when(review.since));
}

/** Why, by the word of who used the door; that they have not said it, when they have not. */
function whySays({ by, why }: OpenReview): string {
  const { why: says, review } = t();
  if (!why) return says.notYet(by ?? review.stranger);
  const known: Readonly<Record<string, string>> = says.reasons;
  const words = [known[why.reason] ?? why.reason, why.text].filter((part) => part !== '');
  return says.said(by ?? review.stranger, words.join(': '));
}

/** Until when, and by whom; that it is late, when it is. */
function dueSays(review: OpenReview): string {
  const { review: says } = t();
  const by = review.by ?? says.rescuer;
  if (review.due === undefined) return says.dueSoon(by);
  const due = when(review.due);
  return review.due < Date.now() ? says.late(due, by) : says.due(due, by);
}

/** The review: what happened, what the device itself says of it, and what somebody found who looked. */
export function reviewView(
  review: OpenReview,
  { profile, receipt, now }: Findings,
  close: (found: string) => Promise<string | undefined>,
  back: () => void,
): View {
  const { review: says, page } = t();
  const form = foundForm(says.why, FOUND, says.reasons, says.needReason, close);
  return {
    title: says.title(review.deviceName),
    body: [
      make('p', {}, used(review)),
      make('p', {}, whySays(review)),
      make('p', {}, dueSays(review)),
      ...deviceSays(receipt, profile),
      typeof now === 'string' ? notice('unknown', says.notRead, now) : notice('plain', nowSays(now)),
      ...(review.own ? [notice('stop', says.own)] : [make('p', {}, says.lead), ...form.body]),
    ],
    actions: [button(page.back, back, 'tall'), ...(review.own ? [] : [button(says.sign, form.sign, 'main')])],
  };
}

function nowSays({ mode }: Attestation): string {
  const { running, stopped, safe } = t().review.modes;
  return mode === 2 ? safe : mode === 1 ? stopped : running;
}

/** What the device signed, or why this page has not seen it. */
function deviceSays(receipt: Receipt | string, profile: Profile): readonly HTMLElement[] {
  const { review: says } = t();
  if (typeof receipt === 'string') return [notice('unknown', says.noReceipt, receipt)];
  const moved = movedBy(receipt, profile);
  const signed = notice(
    'good',
    says.receipt(String(receipt.number)),
    moved.length === 0 ? says.nothingMoved : says.checked,
  );
  if (moved.length === 0) return [signed];
  return [
    signed,
    table(
      [says.setting, says.before, says.after],
      moved.map(({ name, before, after }) => [name, before, after]),
    ),
  ];
}

/** It is closed: by the gateway's word, which is all there is to it. */
export function reviewedView({ deviceName }: OpenReview, home: () => void): View {
  const { review: says, result } = t();
  return {
    title: says.closed,
    body: [notice('good', says.closedSays(deviceName), says.closedNext)],
    actions: [button(result.home, home, 'main')],
  };
}
