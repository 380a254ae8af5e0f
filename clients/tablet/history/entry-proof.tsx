import { useSignal } from '@preact/signals';
import { Button } from '../../common/page/button.tsx';
import { CheckList } from '../../common/page/checks.tsx';
import { Chip } from '../../common/page/chip.tsx';
import type { Kind } from '../../common/page/icon.tsx';
import type { Judged } from './judge.ts';
import { proofTexts } from './texts.ts';

const KINDS: Readonly<Record<Judged['verdict'], Kind>> = {
  VERIFIED: 'verified',
  FAILED: 'blocked',
  'NOT CHECKED': 'unknown',
};

/** The way from an entry to the verdict on its proof. What was not checked is never green. */
export function EntryProof({ prove }: { prove: () => Promise<Judged> }) {
  const t = proofTexts.value;
  const judged = useSignal<Judged | 'ready' | 'checking'>('ready');
  const check = async (): Promise<void> => {
    judged.value = 'checking';
    judged.value = await prove();
  };
  const now = judged.value;
  if (now === 'ready') return <Button onClick={check}>{t.check}</Button>;
  if (now === 'checking')
    return (
      <span role="status">
        <Chip kind="busy">{t.checking}</Chip>
      </span>
    );
  const { verdict, checks, other } = now;
  const passed = checks.filter((one) => one.verdict === 'PASS').length;
  const says = other
    ? t.other
    : checks.length === 0
      ? t.none
      : t.passed(String(passed), String(checks.length));
  return (
    <div class="proof" role="status">
      <Chip kind={KINDS[verdict]}>{t[verdict]}</Chip>
      {checks.length === 0 ? (
        <p class="small">{says}</p>
      ) : (
        <details>
          <summary>{says}</summary>
          <CheckList checks={checks} />
        </details>
      )}
    </div>
  );
}
