import type { Check } from '../../../server/protocol/verify.ts';
import { CHECK_KINDS, CHECKS_DE, CHECKS_EN } from './checks-texts.ts';
import { Chip } from './chip.tsx';
import { catalogue } from './texts.ts';

const texts = catalogue(CHECKS_EN, CHECKS_DE);

/** Checks with what each found and how anybody can make it. What was not checked is never green. */
export function CheckList({ checks }: { checks: readonly Check[] }) {
  const t = texts.value;
  const words = { PASS: t.pass, FAIL: t.fail, 'NOT CHECKED': t.notChecked };
  return (
    <ol class="checks">
      {checks.map(({ id, verdict, says, how }, i) => (
        <li key={id}>
          <Chip kind={CHECK_KINDS[verdict]}>{words[verdict]}</Chip>
          <div>
            <strong>
              {i + 1}. {t.names[id]}
            </strong>
            <p class="found" lang="en">
              {says}
            </p>
            <details>
              <summary>{t.how}</summary>
              <p lang="en">{how}</p>
            </details>
          </div>
        </li>
      ))}
    </ol>
  );
}
