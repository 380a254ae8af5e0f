import { render } from 'preact';
import { loadPlace } from '../common/page/gate/place.ts';
import { language, LANGUAGES } from '../common/page/texts.ts';
import { webCrypto } from '../common/page/web-crypto.ts';
import { App } from './app.tsx';
import { linkIn } from './link.ts';
import { texts } from './words.ts';

const root = document.querySelector('#app');
const wanted = navigator.language.slice(0, 2);
language.value = LANGUAGES.find(({ code }) => code === wanted)?.code ?? 'en';
document.documentElement.lang = language.value;
if (matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.dataset['theme'] = 'dark';
if (root) {
  const place = await loadPlace().catch(() => undefined);
  if (place?.environment === 'simulation')
    document.title = `${texts.value.simulation} · ${texts.value.title}`;
  render(
    place ? (
      <App place={place} link={linkIn(location.hash)} crypto={webCrypto(crypto.subtle)} />
    ) : (
      <p role="alert">{texts.value.away}</p>
    ),
    root,
  );
}
