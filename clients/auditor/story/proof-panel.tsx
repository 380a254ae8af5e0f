import { CheckList } from '../../common/page/checks.tsx';
import { Chip, Notice } from '../../common/page/chip.tsx';
import type { Opened } from '../state.ts';
import { clock } from '../frame/times.ts';
import { texts } from '../words.ts';

/** The verdict in a word, beside the title. Not checked is never green. */
export function VerdictChip({ proof }: Pick<Opened, 'proof'>) {
  const { proof: t } = texts.value;
  if (proof === 'checking') return <Chip kind="busy">{t.checking}</Chip>;
  if (proof === 'none') return <Chip kind="waiting">{t.none}</Chip>;
  if (proof === 'pending') return <Chip kind="waiting">{t.pending}</Chip>;
  if (proof === 'unreachable') return <Chip kind="unknown">{t.unreachable}</Chip>;
  const { checks, verdict } = proof.report;
  const passed = checks.filter((check) => check.verdict === 'PASS').length;
  const kind = verdict === 'VERIFIED' ? 'verified' : verdict === 'FAILED' ? 'blocked' : 'unknown';
  return <Chip kind={kind}>{t.all(String(passed))}</Chip>;
}

/** Nine checks, made here, each with what was found and how anybody can make it. There is no way to leave one out. */
export function ProofPanel({ proof }: Pick<Opened, 'proof'>) {
  const { proof: t } = texts.value;
  if (proof === 'checking')
    return (
      <p class="quiet" role="status">
        {t.checking}
      </p>
    );
  if (proof === 'none') return <p class="quiet">{t.noneSays}</p>;
  if (proof === 'pending') return <p class="quiet">{t.pendingSays}</p>;
  if (proof === 'unreachable')
    return (
      <Notice kind="unknown" title={t.unreachable}>
        <p>{t.unreachableSays}</p>
      </Notice>
    );
  const { checks } = proof.report;
  const forked = checks.some(({ id, verdict }) => id === 'checkpoint' && verdict === 'FAIL');
  return (
    <>
      <h2>{t.title}</h2>
      {forked && <Notice kind="blocked" loud title={t.forked} />}
      <CheckList checks={checks} />
      <p class="quiet">{t.at(clock(proof.at))}</p>
    </>
  );
}
