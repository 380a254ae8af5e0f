import type { Page } from 'playwright-core';

/** Every address that a page, its windows and its worker ask for, as a network or a log between them would see it. */
export function addressesOf(page: Page): string[] {
  const seen: string[] = [];
  page.context().on('request', (request) => {
    const referrer = request.headers()['referer'] ?? '';
    seen.push(`${request.url()} ${referrer}`);
  });
  return seen;
}

/** Everything that a page leaves on its tablet or shows to the browser around it, as one text. */
export const leftBy = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const shown = (value: unknown): unknown => {
      if (value instanceof Uint8Array) return new TextDecoder('latin1').decode(value);
      if (value instanceof CryptoKey) return value.type;
      if (Array.isArray(value)) return value.map(shown);
      if (value instanceof Map) return [...value].map(shown);
      if (typeof value === 'object' && value !== null)
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one)]));
      return value;
    };
    const settled = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)));
    const kept: unknown[] = [];
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const from = database.transaction(store).objectStore(store);
        kept.push(name, store, await settled(from.getAllKeys()), shown(await settled(from.getAll())));
      }
      database.close();
    }
    for (const name of await caches.keys())
      for (const request of await (await caches.open(name)).keys()) kept.push(request.url);
    return JSON.stringify([
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      document.cookie,
      document.title,
      location.href,
      history.state,
      'Notification' in window && Notification.permission,
      kept,
    ]);
  });
