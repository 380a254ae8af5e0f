import { Notice } from '../../common/page/chip.tsx';
import { colleagueTexts } from './texts.ts';
import { type Colleague, hasMissed } from './word.ts';

/** The second clinician entered something else, or said no: who, why, and what comes next. */
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
  return hasMissed(said) ? (
    <Notice kind="caution" loud title={t.differs(who)}>
      <p>{t.differsSays(String(said.attemptsLeft))}</p>
    </Notice>
  ) : null;
}
