/**
 * The service worker: it keeps the page itself, so that the tablet opens without its host, and nothing else. Values, answers
 * of the gateway, place and anchors never pass through it. A new version waits until a person takes it on the sign-in screen.
 */
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
declare function skipWaiting(): Promise<void>;
interface Listed {
  readonly build: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

const KEPT = `shell-${BUILD}`;
/** Where the page itself stands, whatever is behind it. */
const PAGES = ['/', '/signed-in'];
/** Files of a build. Whatever the host says of the place is no such file, and is always asked for. */
const FILE = /^\/[\w-]+\.(?:js|css|svg|webmanifest)$/u;

const isLasting = (event: Event): event is Lasting => 'waitUntil' in event;
const isFetching = (event: Event): event is Fetching => 'respondWith' in event;
const isListed = (said: unknown): said is Listed =>
  typeof said === 'object' &&
  said !== null &&
  'build' in said &&
  'files' in said &&
  Array.isArray(said.files);

/** Takes each file in only when it is byte for byte the one that was built with this worker. */
async function keepShell(): Promise<void> {
  const answer = await fetch('/shell.json', { cache: 'no-store' });
  const listed: unknown = await answer.json();
  if (!isListed(listed) || listed.build !== BUILD) throw new Error('the host serves another version by now');
  const cache = await caches.open(KEPT);
  await Promise.all(
    listed.files.map(async ({ name, sha256 }) => {
      const path = name === 'index.html' ? '/' : `/${name}`;
      const file = await fetch(path, { cache: 'no-store', integrity: `sha256-${sha256}` });
      if (!file.ok) throw new Error(`${path} is not there`);
      await cache.put(path, file);
    }),
  );
}

async function dropOld(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name)));
}

async function kept(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(KEPT);
  return (await cache.match(path)) ?? fetch(request);
}

addEventListener('install', (event) => isLasting(event) && event.waitUntil(keepShell()));
addEventListener('activate', (event) => isLasting(event) && event.waitUntil(dropOld()));
addEventListener('fetch', (event) => {
  if (!isFetching(event)) return;
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== location.origin) return;
  if (mode === 'navigate' && PAGES.includes(pathname)) event.respondWith(kept('/', event.request));
  else if (FILE.test(pathname)) event.respondWith(kept(pathname, event.request));
});
addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (data === 'take') void skipWaiting();
});
