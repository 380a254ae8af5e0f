import type { BrokenGlass } from '../gate/glass.ts';
import { t } from '../texts/texts.ts';
import { button, make, notice } from './dom.ts';
import { foundForm } from './found.ts';
import type { View } from './shell.ts';
import { when } from './words-for-people.ts';

/** What is signed and logged about it, in the one language that the log has. */
const FOUND = ['needed', 'unneeded', 'other'] as const;

/** Who was opened: by name for who may see them, else by what lies at their bed. */
function whom({ patient, deviceNames }: BrokenGlass): string {
  const { glass, inbox } = t();
  if (patient) return inbox.bed(patient.name, patient.bed);
  return deviceNames.length === 0 ? glass.somebody : glass.with(deviceNames.join(', '));
}

function why({ by, reason, text }: BrokenGlass): string {
  const { glass, why: says } = t();
  const known: Readonly<Record<string, string>> = glass.reasons;
  return says.said(by, [known[reason] ?? reason, text].filter((part) => part !== '').join(': '));
}

const how = ({ since, until, open }: BrokenGlass): string =>
  (open ? t().glass.stillOpen : t().glass.over)(when(since), when(until));

/** Broken glass in the list: whose, who opened it and why, and whether it is over. */
export function glassRow(one: BrokenGlass, look: () => void): HTMLElement {
  const row = make(
    'button',
    { type: 'button', class: 'row' },
    make('strong', {}, t().glass.title(one.by)),
    make('span', {}, whom(one)),
    make('span', {}, why(one)),
    make('span', {}, how(one)),
  );
  row.addEventListener('click', look);
  return row;
}

/** The review: whom somebody opened, why and for how long, what that allowed, and what was found by who looked. */
export function glassView(
  one: BrokenGlass,
  close: (found: string) => Promise<string | undefined>,
  back: () => void,
): View {
  const { glass: says, review, page } = t();
  const form = foundForm(says.why, FOUND, says.found, says.need, close);
  const facts = [whom(one), why(one), how(one), says.allowed].map((line) => make('p', {}, line));
  const shut = one.own ? review.own : one.open ? says.notOver : undefined;
  return {
    title: says.title(one.by),
    body: [
      ...facts,
      ...(shut === undefined ? [make('p', {}, says.lead), ...form.body] : [notice('stop', shut)]),
    ],
    actions: [
      button(page.back, back, 'tall'),
      ...(shut === undefined ? [button(review.sign, form.sign, 'main')] : []),
    ],
  };
}

/** It is closed: by the gateway's word. */
export function glassReviewedView({ by }: BrokenGlass, home: () => void): View {
  const { glass, review, result } = t();
  return {
    title: review.closed,
    body: [notice('good', glass.closedSays(by))],
    actions: [button(result.home, home, 'main')],
  };
}
