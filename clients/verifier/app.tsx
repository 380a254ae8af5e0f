import { signal } from '@preact/signals';
import type { Crypto } from '../../server/protocol/crypto.ts';
import { BUNDLE_LIMITS } from '../../server/protocol/verify/bundle-files.ts';
import { readFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import type { ComponentChildren } from 'preact';
import { Icon, type Kind } from '../common/page/icon.tsx';
import { exitCode, judge, type Judged } from './judge.ts';
import type { Memory } from './memory.ts';
import { ReportView } from './report.tsx';
import { texts } from './words.ts';

const file = signal<File | undefined>(undefined);
const typed = signal('');
const found = signal<Judged | 'checking' | 'too-large' | 'unreadable' | undefined>(undefined);
const kept = signal<boolean | undefined>(undefined);

/** A file, a fingerprint, and a verdict: nothing to skip, nothing to sign up for. */
export function App({ crypto, memory }: { crypto: Crypto; memory: Memory }) {
  const t = texts.value;
  const bad = typed.value.trim() !== '' && readFingerprint(typed.value) === undefined;
  const check = async (): Promise<void> => {
    const chosen = file.value;
    if (!chosen) return;
    kept.value = undefined;
    if (chosen.size > BUNDLE_LIMITS.packed) return void (found.value = 'too-large');
    found.value = 'checking';
    const bytes = await chosen.arrayBuffer().catch(() => undefined);
    if (!bytes) return void (found.value = 'unreadable');
    const trust = {
      fingerprint: readFingerprint(typed.value),
      remembered: (origin: string) => memory.of(origin),
    };
    const judged = await judge(crypto, new Uint8Array(bytes), trust);
    if (file.value !== chosen) return;
    if (judged.report.checkpoint) kept.value = memory.keep(judged.report.checkpoint);
    found.value = judged;
  };
  return (
    <main class="page">
      <h1>{t.title}</h1>
      <p>{t.lead}</p>
      <div class="field">
        <label for="file">{t.file}</label>
        <input
          id="file"
          class="input"
          type="file"
          accept=".zip,.cbor,.bin"
          onChange={({ currentTarget }) => {
            file.value = currentTarget.files?.[0];
            found.value = undefined;
            void check();
          }}
        />
      </div>
      <div class="field">
        <label for="fingerprint">{t.fingerprint}</label>
        <input
          id="fingerprint"
          class="input mono"
          autocomplete="off"
          spellcheck={false}
          maxLength={64}
          aria-describedby="fingerprint-says"
          aria-invalid={bad}
          value={typed.value}
          onInput={({ currentTarget }) => {
            typed.value = currentTarget.value;
            void check();
          }}
        />
        <p id="fingerprint-says" class="small">
          {t.fingerprintSays}
        </p>
        {bad && <p role="alert">{t.badFingerprint}</p>}
      </div>
      <Result />
    </main>
  );
}

function Result() {
  const t = texts.value;
  const result = found.value;
  if (result === undefined) return null;
  if (result === 'checking') return <p role="status">{t.checking}</p>;
  if (result === 'too-large') return <Verdict kind="blocked" title={t.tooLarge} />;
  if (result === 'unreadable') return <Verdict kind="unknown" title={t.unreadable} />;
  const { report, kind, raw } = result;
  const { verdict, checkpoint } = report;
  const shape = { VERIFIED: 'verified', FAILED: 'blocked', INCOMPLETE: 'unknown' } as const;
  return (
    <>
      <Verdict kind={shape[verdict]} title={t.verdict[verdict]}>
        <p lang={kind === 'bundle' ? 'en' : undefined}>
          {kind === 'bundle' ? report.says : t.evidence[verdict]}
        </p>
        <p class="small">{t.exit(String(exitCode(verdict)))}</p>
        {checkpoint && (
          <p class="small">{kept.value === true ? t.remembers(String(checkpoint.size)) : t.forgets}</p>
        )}
      </Verdict>
      <ReportView report={report} raw={raw} />
    </>
  );
}

/** The answer first, as a heading that is read out at once. */
const Verdict = ({ kind, title, children }: { kind: Kind; title: string; children?: ComponentChildren }) => (
  <section class={`notice ${kind}`} role="alert">
    <Icon kind={kind} size={24} />
    <div>
      <h2>{title}</h2>
      {children}
    </div>
  </section>
);
