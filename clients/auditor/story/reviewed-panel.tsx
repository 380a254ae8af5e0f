import { Chip } from '../../common/page/chip.tsx';
import type { Reviewed } from './reviewed.ts';
import type { Opened } from '../state.ts';
import { dayAndClock, offsetText } from '../frame/times.ts';
import { personName, texts } from '../words.ts';

/** Why an emergency was used, by whoever did; who looked at it, when, and what they found; or that nobody has. */
export function ReviewedPanel({ opened: { story, reason, review } }: { opened: Opened }) {
  const { reviewed: t, why } = texts.value;
  if (story.action !== 'safe-mode') return null;
  return (
    <>
      <SaidPanel id="why" t={why} there={story.reason !== undefined} said={reason} />
      <SaidPanel id="reviewed" t={t} there={story.review !== undefined} said={review} />
    </>
  );
}

interface SaidParts {
  readonly id: string;
  readonly t: {
    readonly title: string;
    readonly open: string;
    readonly unread: string;
    readonly by: string;
    readonly when: string;
    readonly found: string;
    readonly words: Readonly<Record<string, string>>;
  };
  /** The log has one. */
  readonly there: boolean;
  /** Undefined while there is none, or where it could not be read. */
  readonly said: Reviewed | undefined;
}

function SaidPanel({ id, t, there, said }: SaidParts) {
  const { verdicts } = texts.value.reviewed;
  return (
    <section class="reviewed" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{t.title}</h2>
      {!said ? (
        <Chip kind={there ? 'unknown' : 'caution'}>{there ? t.unread : t.open}</Chip>
      ) : (
        <>
          <Chip kind={KINDS[said.verdict]}>{verdicts[said.verdict](String(said.index))}</Chip>
          <dl class="facts">
            {factsOf(t, said).map(([name, value]) => (
              <div key={name} class="whole">
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}

const KINDS = { VERIFIED: 'verified', FAILED: 'blocked', 'NOT CHECKED': 'waiting' } as const;

const factsOf = (
  t: SaidParts['t'],
  { by, time, found }: Reviewed,
): readonly (readonly [string, string])[] => [
  [t.by, personName(by)],
  [t.when, `${dayAndClock(time)} ${offsetText(time)}`],
  [t.found, foundSays(t.words, found)],
];

/** A word of the form, and their own text as they wrote it. */
function foundSays(words: SaidParts['t']['words'], found: string): string {
  const [word = '', ...more] = found.split(': ');
  return [words[word] ?? word, ...more].join(': ');
}
