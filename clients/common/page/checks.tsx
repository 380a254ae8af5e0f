import type { Check } from '../../../server/protocol/verify/run-checks.ts';
import { CHECK_KINDS, checkName, CHECKS_DE, CHECKS_EN } from './checks-texts.ts';
import { Chip } from './chip.tsx';
import { catalogue } from './texts.ts';

const texts = catalogue(CHECKS_EN, CHECKS_DE);

/** Checks with what each found and how anybody can make it. What was not checked is never green. */
export function CheckList({ checks }: { checks: readonly Check[] }) {
  const t = texts.value;
  const words = { PASS: t.pass, FAIL: t.fail, 'NOT CHECKED': t.notChecked };
  return (
    <ol class="checks">
      {checks.map((check, i) => (
        <li key={check.id}>
          <Chip kind={CHECK_KINDS[check.verdict]}>{words[check.verdict]}</Chip>
          <div>
            <strong>
              {i + 1}. {checkName(t, check)}
            </strong>
            <p class="found" lang="en">
              {check.says}
            </p>
            <details>
              <summary>{t.how}</summary>
              <p lang="en">{check.how}</p>
            </details>
          </div>
        </li>
      ))}
    </ol>
  );
}
