import { render } from 'preact';
import { language, LANGUAGES } from '../common/page/texts.ts';
import { webCrypto } from '../common/page/web-crypto.ts';
import { App } from './app.tsx';
import { memoryIn } from './memory.ts';

const root = document.querySelector('#app');
const wanted = navigator.language.slice(0, 2);
language.value = LANGUAGES.find(({ code }) => code === wanted)?.code ?? 'en';
document.documentElement.lang = language.value;
if (matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.dataset['theme'] = 'dark';
if (root) render(<App crypto={webCrypto(crypto.subtle)} memory={memoryIn(() => localStorage)} />, root);
