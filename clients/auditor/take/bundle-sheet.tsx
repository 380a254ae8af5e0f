import { useState } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import type { Screen } from '../screen.ts';
import { texts } from '../words.ts';

/** Before anything leaves: what it is, how much it shows, and that it is logged. */
export function BundleSheet({ state, act }: Screen) {
  const { bundleSheet: t } = texts.value;
  const [names, setNames] = useState(false);
  return (
    <section class="panel sheet-in" role="dialog" aria-labelledby="bundle-title">
      <h2 id="bundle-title">{t.title}</h2>
      <p>{t.says}</p>
      {[false, true].map((with_) => (
        <label key={String(with_)} class="choice">
          <input type="radio" name="names" checked={names === with_} onChange={() => setNames(with_)} />
          {with_ ? t.named : t.masked}
        </label>
      ))}
      <p>
        {t.fingerprint} <strong class="mono">{state.fingerprint.value}</strong>
      </p>
      <div class="row">
        <Button kind="main" onClick={() => act.bundle(names)}>
          {t.make}
        </Button>
        <a class="button" href="/verifier.html" download="countersign-verifier.html">
          {t.page}
        </a>
        <Button onClick={() => void (state.exporting.value = false)}>{t.close}</Button>
      </div>
    </section>
  );
}
