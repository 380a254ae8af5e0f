import { Chip } from '../common/page/chip.tsx';
import type { Opened } from './state.ts';
import { dayAndClock, offsetText } from './times.ts';
import { personName, texts } from './words.ts';

/** Who looked at an emergency, when, and what they found; or that nobody has. */
export function ReviewedPanel({ opened: { story, review } }: { opened: Opened }) {
  const { reviewed: t } = texts.value;
  if (story.action !== 'safe-mode') return null;
  if (story.review === undefined)
    return (
      <section class="reviewed" aria-labelledby="reviewed-title">
        <h2 id="reviewed-title">{t.title}</h2>
        <Chip kind="caution">{t.open}</Chip>
      </section>
    );
  if (review === undefined)
    return (
      <section class="reviewed" aria-labelledby="reviewed-title">
        <h2 id="reviewed-title">{t.title}</h2>
        <Chip kind="unknown">{t.unread}</Chip>
      </section>
    );
  const { verdict, by, time, found, index } = review;
  const kind = verdict === 'VERIFIED' ? 'verified' : verdict === 'FAILED' ? 'blocked' : 'waiting';
  const facts: readonly (readonly [string, string])[] = [
    [t.by, personName(by)],
    [t.when, `${dayAndClock(time)} ${offsetText(time)}`],
    [t.found, foundSays(found)],
  ];
  return (
    <section class="reviewed" aria-labelledby="reviewed-title">
      <h2 id="reviewed-title">{t.title}</h2>
      <Chip kind={kind}>{t.verdicts[verdict](String(index))}</Chip>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name} class="whole">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A word of the tablet's form, and the reviewer's own text as they wrote it. */
function foundSays(found: string): string {
  const known: Readonly<Record<string, string>> = texts.value.reviewed.words;
  const [word = '', ...more] = found.split(': ');
  return [known[word] ?? word, ...more].join(': ');
}
