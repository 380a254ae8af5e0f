import { webCrypto } from '../common/page/web-crypto.ts';
import { fillPage } from './app.ts';
import { memoryIn } from './memory.ts';
import { language } from './words.ts';

const page = document.querySelector<HTMLElement>('#app');
document.documentElement.lang = language;
if (matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.dataset['theme'] = 'dark';
if (page)
  fillPage(
    page,
    webCrypto(crypto.subtle),
    memoryIn(() => localStorage),
  );
