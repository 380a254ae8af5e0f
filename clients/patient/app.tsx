import { useEffect, useState } from 'preact/hooks';
import type { Crypto } from '../../server/protocol/crypto.ts';
import { type EvidenceFileReport, verifyEvidenceFile } from '../../server/protocol/verify/evidence-file.ts';
import { Button } from '../common/page/button.tsx';
import { CheckList } from '../common/page/checks.tsx';
import { Chip } from '../common/page/chip.tsx';
import type { Place as Hospital } from '../common/page/gate/place.ts';
import { askEvidence, askPage, type Change, NoAnswer, type PatientPage } from './hospital.ts';
import type { Link } from './link.ts';
import { dayOf, momentOf, outcomeOf, reasonOf, texts } from './words.ts';

interface Place {
  readonly gateway: string;
  readonly link: Link;
  readonly crypto: Crypto;
}

interface AppProps {
  readonly place: Pick<Hospital, 'gateway' | 'environment'>;
  readonly link: Link | undefined;
  readonly crypto: Crypto;
}

/** What was done to somebody's device, for that person. */
export function App({ place: { gateway, environment }, link, crypto }: AppProps) {
  const t = texts.value;
  const [page, setPage] = useState<PatientPage | 'loading' | 'ended' | 'away'>('loading');
  useEffect(() => {
    if (!link) return;
    askPage(gateway, link).then(setPage, (error: unknown) =>
      setPage(error instanceof NoAnswer ? error.why : 'away'),
    );
  }, [gateway, link]);
  return (
    <main class="page">
      {environment === 'simulation' && (
        <>
          <p>
            <span class="badge simulation">{t.simulation}</span>
          </p>
          <p>{t.simulated}</p>
        </>
      )}
      <h1>{t.title}</h1>
      {!link && <p role="alert">{t.noLink}</p>}
      {link && page === 'loading' && <p role="status">{t.loading}</p>}
      {page === 'ended' && <p role="alert">{t.ended}</p>}
      {page === 'away' && <p role="alert">{t.away}</p>}
      {link && typeof page === 'object' && <List page={page} place={{ gateway, link, crypto }} />}
    </main>
  );
}

function List({ page, place }: { page: PatientPage; place: Place }) {
  const t = texts.value;
  const { changes, total } = page;
  return (
    <>
      <p>{t.lead(page.device)}</p>
      {changes.length === 0 && <p>{t.none}</p>}
      <ol class="changes">
        {changes.map((change) => (
          <Entry key={change.command} change={change} place={place} />
        ))}
      </ol>
      {total > changes.length && <p class="quiet">{t.more(String(changes.length), String(total))}</p>}
      <p class="quiet">{t.why}</p>
      <p class="quiet">{t.until(dayOf(page.until))}</p>
    </>
  );
}

type Checked = EvidenceFileReport | 'no' | 'checking' | 'none' | 'away';

function Entry({ change, place }: { change: Change; place: Place }) {
  const t = texts.value;
  const [checked, setChecked] = useState<Checked>('no');
  const check = async (): Promise<void> => {
    setChecked('checking');
    const { gateway, link, crypto } = place;
    try {
      const evidence = await askEvidence(gateway, link, change.command);
      const trust = { fingerprint: link.fingerprint, remembered: () => undefined };
      setChecked(await verifyEvidenceFile(crypto, evidence, trust));
    } catch (error) {
      setChecked(error instanceof NoAnswer && error.why === 'ended' ? 'none' : 'away');
    }
  };
  const people = change.people >= 2 ? 2 : change.people === 1 ? 1 : 0;
  return (
    <li class="panel change">
      <h2>{momentOf(change.time)}</h2>
      <ul>
        {change.changes.map(({ name, before, after }) => (
          <li key={name}>{t.change(name, before, after)}</li>
        ))}
      </ul>
      <p>
        {t.by[people]}. {outcomeOf(change.outcome)}
      </p>
      {change.reason !== '' && <p>{reasonOf(change.reason)}</p>}
      <Verdict checked={checked} />
      {checked !== 'checking' && typeof checked !== 'object' && <Button onClick={check}>{t.check}</Button>}
    </li>
  );
}

function Verdict({ checked }: { checked: Checked }) {
  const t = texts.value;
  if (checked === 'no') return null;
  if (checked === 'checking') return <p role="status">{t.checking}</p>;
  if (checked === 'none') return <p role="status">{t.noEvidence}</p>;
  if (checked === 'away') return <p role="alert">{t.away}</p>;
  const { verdict, checks } = checked;
  const says = { VERIFIED: t.verified, FAILED: t.failed, INCOMPLETE: t.incomplete }[verdict];
  const kind = { VERIFIED: 'verified', FAILED: 'blocked', INCOMPLETE: 'unknown' } as const;
  return (
    <div role="status">
      <Chip kind={kind[verdict]}>{says}</Chip>
      <p class="small">{t.how}</p>
      <details>
        <summary>{t.details}</summary>
        <CheckList checks={checks} />
      </details>
    </div>
  );
}
