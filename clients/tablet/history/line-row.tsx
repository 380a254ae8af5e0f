import { Button } from '../../common/page/button.tsx';
import { CheckList } from '../../common/page/checks.tsx';
import { Chip } from '../../common/page/chip.tsx';
import type { Kind } from '../../common/page/icon.tsx';
import type { Told } from '../../common/page/told.ts';
import { clock, dayOf, texts } from '../words.ts';
import { type Judged, neverAnswered, type Verdict } from './judge.ts';
import type { Line, What } from './lines.ts';
import type { PastEntry } from './past.ts';
import { reasonSaid } from '../review/reasons.ts';
import { changesSaid, eventSaid, foundSaid, reviewDueOf, whenSays, whoSays } from './said.ts';
import { proofTexts } from './texts.ts';

/** Green once it is proven on this tablet, and not before. */
const GOOD: readonly What[] = ['applied', 'admitted', 'review', 'reason'];
const KINDS: Readonly<Partial<Record<What, Kind>>> = {
  refused: 'blocked',
  attempt: 'blocked',
  off: 'blocked',
  unknown: 'unknown',
  lost: 'unknown',
  underway: 'busy',
  signed: 'waiting',
  cancelled: 'waiting',
};
export const VERDICTS: Readonly<Record<Verdict, Kind>> = {
  VERIFIED: 'verified',
  FAILED: 'blocked',
  'NOT CHECKED': 'unknown',
};

interface RowParts {
  readonly line: Line;
  /** Unix ms. */
  readonly now: number;
  /** What came of the evidence of its command; undefined while nobody asked. */
  readonly proof: Judged | 'checking' | undefined;
  readonly prove: () => void;
}

/** One thing that happened: when, what became of it, what it was, who, where it stands, and whether that is proven. */
export function LineRow({ line, now, proof, prove }: RowParts) {
  const t = proofTexts.value;
  const { what, at } = line;
  const told = typeof proof === 'object' ? proof.told : undefined;
  const says = told ? changesSaid(told) : [eventSaid(line) ?? t.command];
  const proven = line.hash === undefined ? at.verdict === 'VERIFIED' : told !== undefined;
  const kind = GOOD.includes(what) ? (proven ? 'verified' : 'waiting') : (KINDS[what] ?? 'caution');
  const { code, number } = at.entry;
  const answered = line.hash !== undefined && number !== undefined && number > 0;
  const facts = [
    ...peopleSaid(line, told),
    answered && t.receipt(String(number)),
    t.place(String(at.index)),
    code !== undefined && texts.value.trouble.code(code),
  ].filter(Boolean);
  return (
    <li class="row past">
      <time class="quiet">
        {dayOf(at.entry.time)} <b>{clock(at.entry.time)}</b>
      </time>
      <div class="grow">
        <Chip kind={kind}>{t.what[what]}</Chip>
        {says.map((one) => (
          <strong key={one}>{one}</strong>
        ))}
        {line.hash !== undefined && !told && proof !== 'checking' && <span>{t.unread}</span>}
        <span class="quiet">{facts.join(' · ')}</span>
        {line.why && <SaidOf at={line.why} says={t.why} />}
        {what === 'emergency' && <ReviewOf line={line} now={now} />}
      </div>
      {line.hash === undefined ? (
        <EntryVerdict at={at} />
      ) : (
        <CommandVerdict line={line} proof={proof} prove={prove} />
      )}
    </li>
  );
}

/** @param told what was asked, where it is verified: whoever agreed to no values entered none */
export function peopleSaid({ what, first, second, blind, primed }: Line, told?: Told): readonly string[] {
  const t = proofTexts.value;
  if (!first) return [];
  if (what === 'glass' || what === 'review' || what === 'reason' || what === 'attempt')
    return [t.by(whoSays(first))];
  const asked = t.asked(whoSays(first));
  if (!second) return [asked, t.alone];
  const same = told === undefined ? t.checked : told.asked > 0 ? t.blind : t.agreed;
  const says = primed ? t.primed : blind ? same : t.second;
  return [asked, says(whoSays(second))];
}

/** Who closed the review of an emergency, what they found, when; or until when it is due. */
function ReviewOf({ line: { at, review, followed }, now }: Pick<RowParts, 'line' | 'now'>) {
  const t = proofTexts.value;
  if (!review && followed) return <span>{t.followed}</span>;
  if (!review) {
    const due = reviewDueOf(at);
    return (
      <span>
        <Chip kind="caution">{now > due ? t.late(whenSays(due)) : t.due(whenSays(due))}</Chip>
      </span>
    );
  }
  return <SaidOf at={review} says={t.reviewed} />;
}

/** What somebody signed about an emergency, who and when, and whether the log has it. */
function SaidOf({ at, says }: { at: PastEntry; says: (when: string, who: string) => string }) {
  const t = proofTexts.value;
  const [who] = at.people;
  const words = at.why ? reasonSaid(at.why) : foundSaid(at.review?.found ?? '');
  return (
    <span class="reviewed">
      {says(whenSays(at.entry.time), who ? whoSays(who) : t.somebody('?'))}: {words} ·{' '}
      {t.place(String(at.index))} <Chip kind={VERDICTS[at.verdict]}>{t[at.verdict]}</Chip>
    </span>
  );
}

/** Does the entry stand in the log that the witnesses have seen? */
function EntryVerdict({ at: { verdict } }: { at: PastEntry }) {
  const t = proofTexts.value;
  const says = { VERIFIED: t.inLog, FAILED: t.notInLog, 'NOT CHECKED': t.notYet };
  return (
    <div class="proof">
      <Chip kind={VERDICTS[verdict]}>{t[verdict]}</Chip>
      <p class="small">{says[verdict]}</p>
    </div>
  );
}

/** The verdict on the evidence of a command. What was not checked is never green. */
function CommandVerdict({ line: { at, what }, proof, prove }: Omit<RowParts, 'now'>) {
  const t = proofTexts.value;
  if (at.verdict === 'FAILED') return <EntryVerdict at={at} />;
  if (proof === undefined)
    return (
      <div class="proof">
        <Button onClick={prove}>{t.check}</Button>
      </div>
    );
  if (proof === 'checking')
    return (
      <div class="proof" role="status">
        <Chip kind="busy">{t.checking}</Chip>
      </div>
    );
  const { checks, other } = proof;
  // What was refused on its way is proven by its place in the log: there is nothing more to be had.
  const refused = what === 'refused' && neverAnswered(checks);
  const verdict = refused ? at.verdict : proof.verdict;
  const passed = checks.filter((one) => one.verdict === 'PASS').length;
  const says = other
    ? t.other
    : checks.length === 0
      ? t.none1
      : (refused ? t.passedRefused : t.passed)(String(passed), String(checks.length));
  return (
    <div class="proof" role="status">
      <Chip kind={VERDICTS[verdict]}>{t[verdict]}</Chip>
      {checks.length === 0 ? (
        <p class="small">{says}</p>
      ) : (
        <details>
          <summary>{says}</summary>
          <CheckList checks={checks} />
        </details>
      )}
      {verdict === 'NOT CHECKED' && !refused && <Button onClick={prove}>{t.again}</Button>}
    </div>
  );
}
