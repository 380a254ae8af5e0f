import { Notice } from '../../common/page/chip.tsx';
import { colleagueTexts } from './texts.ts';
import { type Colleague, hasMissed } from './word.ts';

/** The second clinician entered something else, said no, or looks at the values: who, why, and what comes next. */
export function ColleagueNotice({ said }: { said: Colleague }) {
  const t = colleagueTexts.value;
  const who = said.secondName ?? t.somebody;
  if (said.state === 'declined')
    return (
      <Notice kind="blocked" loud level="h1" title={t.declined(who)}>
        {said.why !== undefined && <p>{t.why(said.why)}</p>}
        <p>{t.declinedSays}</p>
      </Notice>
    );
  if (said.state === 'differs')
    return (
      <Notice kind="blocked" loud level="h1" title={t.closed}>
        <p>{t.closedSays}</p>
      </Notice>
    );
  if (said.state === 'matched' && said.check === 'primed')
    return (
      <Notice kind="caution" title={t.looks(who)}>
        <p>{t.looksSays}</p>
      </Notice>
    );
  return hasMissed(said) ? (
    <Notice kind="caution" loud title={t.differs(who)}>
      <p>{t.differsSays(String(said.attemptsLeft))}</p>
    </Notice>
  ) : null;
}

/** Once it is done: who checked it, and by which kind of check. Nothing where this tablet did not hear of it. */
export function SecondPerson({ said }: { said: Colleague | undefined }) {
  const t = colleagueTexts.value;
  return said?.check ? <p>{t.was(said.secondName ?? t.somebody, t.kind[said.check])}</p> : null;
}

/** The step of the second person, by what is known of it: nobody is said to have entered what they were shown. */
export function secondStep(
  said: Colleague | undefined,
  isOver: boolean,
): { title: string; says: string } | undefined {
  const t = colleagueTexts.value;
  if (said?.check === 'primed') return { title: t.primed, says: t.primedSays };
  return isOver && said?.check === undefined ? { title: t.signed, says: t.signedSays } : undefined;
}
