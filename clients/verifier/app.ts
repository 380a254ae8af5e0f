import type { Crypto } from '../../server/protocol/crypto.ts';
import { BUNDLE_LIMITS } from '../../server/protocol/verify/bundle-files.ts';
import { readFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import type { Kind } from '../common/page/icon.tsx';
import { icon, type Inside, make } from './dom.ts';
import { exitCode, judge, type Judged } from './judge.ts';
import type { Memory } from './memory.ts';
import { reportOf } from './report.ts';
import { texts as t } from './words.ts';

/** A file, a fingerprint, and a verdict: nothing to skip, nothing to sign up for. */
export function fillPage(root: HTMLElement, crypto: Crypto, memory: Memory): void {
  const file = make('input', { id: 'file', class: 'input', type: 'file', accept: '.zip,.cbor,.bin' });
  const fingerprint = fingerprintInput();
  const wrong = make('p', { role: 'alert' }, t.badFingerprint);
  const fingerprintField = make(
    'div',
    { class: 'field' },
    make('label', { for: 'fingerprint' }, t.fingerprint),
    fingerprint,
    make('p', { id: 'fingerprint-says', class: 'small' }, t.fingerprintSays),
  );
  const page = make(
    'main',
    { class: 'page' },
    make('h1', {}, t.title),
    make('p', {}, t.lead),
    make('div', { class: 'field' }, make('label', { for: 'file' }, t.file), file),
    fingerprintField,
  );
  let shown: readonly Element[] = [];
  const show = (...result: readonly Element[]): void => {
    for (const old of shown) old.remove();
    shown = result;
    page.append(...result);
  };
  let latest = 0;
  const check = async (): Promise<void> => {
    const turn = (latest += 1);
    const chosen = file.files?.[0];
    if (!chosen) return show();
    if (chosen.size > BUNDLE_LIMITS.packed) return show(verdictOf('blocked', t.tooLarge));
    show(make('p', { role: 'status' }, t.checking));
    const trust = {
      fingerprint: readFingerprint(fingerprint.value),
      remembered: (origin: string) => memory.of(origin),
    };
    const bytes = await chosen.arrayBuffer().catch(() => undefined);
    const judged = bytes && (await judge(crypto, new Uint8Array(bytes), trust));
    if (turn !== latest) return; // another file, or another fingerprint, is being checked by now
    if (judged) show(...resultOf(judged, memory));
    else show(verdictOf('unknown', t.unreadable));
  };
  file.addEventListener('change', () => void check());
  fingerprint.addEventListener('input', () => {
    const bad = fingerprint.value.trim() !== '' && readFingerprint(fingerprint.value) === undefined;
    fingerprint.setAttribute('aria-invalid', String(bad));
    if (!bad) wrong.remove();
    else if (!wrong.isConnected) fingerprintField.append(wrong);
    void check();
  });
  root.append(page);
}

const fingerprintInput = (): HTMLInputElement =>
  make('input', {
    id: 'fingerprint',
    class: 'input mono',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '64',
    'aria-describedby': 'fingerprint-says',
    'aria-invalid': 'false',
  });

const SHAPE = { VERIFIED: 'verified', FAILED: 'blocked', INCOMPLETE: 'unknown' } as const;

/** The verdict and what led to it. What was verified is remembered, and the page says whether that worked. */
function resultOf({ report, kind, raw }: Judged, memory: Memory): readonly Element[] {
  const { verdict, checkpoint, says } = report;
  const kept = checkpoint && memory.keep(checkpoint);
  return [
    verdictOf(
      SHAPE[verdict],
      t.verdict[verdict],
      kind === 'bundle' ? make('p', { lang: 'en' }, says) : make('p', {}, t.evidence[verdict]),
      make('p', { class: 'small' }, t.exit(String(exitCode(verdict)))),
      checkpoint && make('p', { class: 'small' }, kept ? t.remembers(String(checkpoint.size)) : t.forgets),
    ),
    ...reportOf(report, raw),
  ];
}

/** The answer first, as a heading that is read out at once. */
const verdictOf = (kind: Kind, title: string, ...lines: readonly Inside[]): Element =>
  make(
    'section',
    { class: `notice ${kind}`, role: 'alert' },
    icon(kind, '24'),
    make('div', {}, make('h2', {}, title), ...lines),
  );
