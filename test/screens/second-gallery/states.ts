import type { Outcome } from '../../../clients/second/check/outcome.ts';
import { againView } from '../../../clients/second/page/again.ts';
import { declineView } from '../../../clients/second/page/decline.ts';
import { entryView, UNTRIED } from '../../../clients/second/page/entry.ts';
import { glassReviewedView, glassView } from '../../../clients/second/page/glass.ts';
import { inboxView, unreadView } from '../../../clients/second/page/inbox.ts';
import type { BrokenGlass } from '../../../clients/second/gate/glass.ts';
import type { OpenReview } from '../../../clients/second/gate/reviews.ts';
import { personView } from '../../../clients/second/page/person.ts';
import { offerView, shownView } from '../../../clients/second/page/primed.ts';
import { type Findings, reviewedView, reviewView } from '../../../clients/second/page/review.ts';
import type { View } from '../../../clients/second/page/shell.ts';
import {
  compareView,
  type DeviceWord,
  progressView,
  refusedView,
  resultView,
  unknownView,
} from '../../../clients/second/page/sign.ts';
import {
  approveView,
  type FirstDay,
  firstDayView,
  startView,
  windowView,
} from '../../../clients/second/page/start.ts';
import { codeSays, STAGES, tries } from '../../../clients/second/page/words-for-people.ts';
import { t } from '../../../clients/second/texts/texts.ts';
import { DEVICE, emergency, opening, PLACE, RESCUE, waiting } from './kit.ts';

const nothing = (): void => undefined;
const WAYS = { decline: nothing, back: nothing };
const later = (): Promise<void> => Promise.resolve();

const SAID = {
  title: '',
  operation: 1,
  changes: [
    { name: 'Lower rate', before: '60', after: '50' },
    { name: 'Pacing amplitude, right ventricle', before: '3.5 V', after: '3 V' },
  ],
  hash: new Uint8Array(32).fill(9),
  fingerprint: '09'.repeat(32),
};

const ended = (kind: 'done' | 'changed', reads: string): Exclude<Outcome, { kind: 'refused' }> => ({
  kind,
  receipt: 219,
  index: 184_209,
  readBack: [
    { name: 'Lower rate', asked: '50', reads: '50', same: true },
    { name: 'Pacing amplitude, right ventricle', asked: '3 V', reads, same: reads === '3 V' },
  ],
});

const start =
  (said: () => string, kind: 'plain' | 'unknown' | 'stop' = 'plain') =>
  (): View =>
    startView(PLACE, said(), kind, later, nothing);
const firstDay =
  (at: FirstDay, said = (): string => '', again = false) =>
  (): View =>
    firstDayView(at, said(), again, later, later, nothing);
const inbox = (count: number, said: () => string, emergencies: readonly OpenReview[] = [], glass: readonly BrokenGlass[] = []) => (): View =>
  inboxView(Array.from({ length: count }, (_, i) => waiting(i === 1 ? { operation: 3, settings: [], attemptsLeft: 1 } : {})), { emergencies, glass, emergency: nothing, opening: nothing }, said(), nothing, later); // prettier-ignore
const review = (one: OpenReview, found: Partial<Findings> = {}) => (): View =>
  reviewView(one, { profile: DEVICE.profile, receipt: RESCUE, now: { ...DEVICE.now, mode: 2 }, ...found }, () => Promise.resolve(undefined), nothing); // prettier-ignore
const glass = (one: BrokenGlass) => (): View => glassView(one, () => Promise.resolve(undefined), nothing);
const shown =
  (why: string, ...ticked: readonly string[]) =>
  (): View =>
    shownView(
      waiting({ shown: true }),
      DEVICE,
      { said: { ...SAID, title: t().titles[1] }, note: 'Tired on exertion', ticked: new Set(ticked) },
      why,
      { sign: later, decline: nothing, back: nothing },
    );
const refused = (word: DeviceWord, index?: number) => (): View =>
  refusedView(word, codeSays('E_NONCE'), index, nothing);

/** The screens of the second signer's page that are not easily reached by hand, by the name of their picture. */
export const SECOND_STATES: Readonly<Record<string, () => View>> = {
  'second-new': firstDay('ready'),
  'second-new-not-made': firstDay('ready', () => t().first.notMade),
  'second-new-certifying': firstDay('certifying'),
  'second-new-link': firstDay('link'),
  'second-new-again': firstDay('ready', () => '', true),
  'second-window': () => windowView(nothing),
  'second-approve': () => approveView('Dr Ben Lindqvist', '', later, nothing),
  'second-approve-not': () => approveView('Dr Ben Lindqvist', t().trouble.notSigned, later, nothing),
  'second-known': start(() => ''),
  'second-signed-out': start(() => t().trouble.signedOut, 'stop'),
  'second-locked': start(() => t().trouble.locked),
  'second-lost': start(() => t().trouble.lost),
  'second-lost-under-way': start(() => t().trouble.lostUnderWay, 'unknown'),
  'second-inbox-none': inbox(0, () => ''),
  'second-inbox-over': inbox(0, () => `${t().timeOver.over} ${t().timeOver.nothing}`),
  'second-inbox-two': inbox(2, () => ''),
  'second-inbox-review': inbox(0, () => '', [emergency()]),
  'second-inbox-both': inbox(1, () => '', [emergency({ due: Date.now() - 60_000 })]),
  'second-review': review(emergency()),
  'second-review-late': (): View =>
    review(emergency({ due: Date.now() - 3_600_000, by: undefined }), {
      receipt: t().trouble.away,
      now: codeSays('E_LINK'),
    })(),
  'second-review-own': review(emergency({ own: true })),
  'second-rescued': inbox(0, () => '', [emergency({ why: undefined })]),
  'second-review-no-reason': review(emergency({ why: undefined })),
  'second-inbox-glass': inbox(0, () => '', [], [opening()]),
  'second-inbox-all': inbox(1, () => '', [emergency()], [opening({ patient: undefined })]),
  'second-glass-news': inbox(0, () => '', [], [opening({ open: true })]),
  'second-glass': glass(opening()),
  'second-glass-open': glass(opening({ open: true, until: Date.now() + 1_800_000 })),
  'second-glass-own': glass(opening({ own: true })),
  'second-glass-closed': () => glassReviewedView(opening(), nothing),
  'second-reviewed': () => reviewedView(emergency(), nothing),
  'second-inbox-trouble': () => unreadView(t().trouble.away, later),
  'second-person': () => personView(PLACE, waiting(), DEVICE, nothing, nothing, nothing),
  'second-entry-two': () => entryView(waiting(), DEVICE, UNTRIED, later, WAYS),
  'second-entry-differs': () => {
    const { entry } = t();
    const said = `${entry.differs(waiting().by, 'Lower rate')} ${entry.talk} (${tries(1)})`;
    return entryView(waiting({ settings: [2, 3, 1] }), DEVICE, { said, values: new Map([[2, 30], [3, 2]]) }, later, WAYS); // prettier-ignore
  },
  'second-entry-mode': () => entryView(waiting({ settings: [3] }), DEVICE, UNTRIED, later, WAYS),
  'second-entry-stop': () => entryView(waiting({ operation: 3, settings: [] }), DEVICE, UNTRIED, later, WAYS),
  'second-entry-safe': () =>
    entryView(waiting({ operation: 4, settings: [] }), { ...DEVICE, now: { ...DEVICE.now, mode: 2 } }, UNTRIED, later, WAYS), // prettier-ignore
  'second-entry-offer': () => entryView(waiting({ primed: true }), DEVICE, UNTRIED, later, WAYS, nothing),
  'second-primed-offer': () => offerView(waiting({ primed: true }), later, nothing),
  'second-primed': shown(''),
  'second-primed-not-signed': () => shown(t().trouble.notSigned, 'Lower rate')(),
  'second-again': () => againView('', later, nothing),
  'second-again-not': () => againView(t().trouble.signIn(t().trouble.stopped.ended), later, nothing),
  'second-called': inbox(2, () => ''),
  'second-decline': () => declineView(waiting(), later, nothing),
  'second-agree': () =>
    compareView(
      waiting({ operation: 4, settings: [] }),
      { ...DEVICE, now: { ...DEVICE.now, mode: 2 } },
      { ...SAID, title: t().ends.safe, operation: 4, changes: [] },
      '',
      '',
      { ...WAYS, sign: later },
    ),
  'second-not-signed': () =>
    compareView(
      waiting(),
      DEVICE,
      { ...SAID, title: t().titles[1] },
      'Tired on exertion',
      t().trouble.notSigned,
      { ...WAYS, sign: later },
    ),
  ...Object.fromEntries(STAGES.map((name) => [`second-stage-${name}`, () => progressView(DEVICE, name)])),
  'second-done-changed': () => resultView(DEVICE, t().changeOne, ended('changed', '3.5 V'), nothing),
  'second-refused-by-device': refused('receipt', 184_209),
  'second-refused-unchanged': refused('unchanged', 184_209),
  'second-refused-changed': refused('changed'),
  'second-refused-not-asked': refused('not-asked'),
  'second-unknown': () => unknownView(DEVICE, t().result.notYet, later, nothing),
};

/** Where nobody is signed in. */
export const NOBODY: readonly string[] = [
  'second-new',
  'second-new-not-made',
  'second-new-certifying',
  'second-new-link',
  'second-new-again',
  'second-window',
  'second-approve',
  'second-approve-not',
  'second-known',
  'second-signed-out',
  'second-locked',
  'second-lost',
  'second-lost-under-way',
];
