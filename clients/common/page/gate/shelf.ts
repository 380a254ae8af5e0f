/** A few things that stay on this device: keys that nothing can read, and public bytes. Never anything about a patient. */
export interface Shelf {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
}

const STORE = 'kept';

/** Opens the page's own store (IndexedDB); other pages see nothing of it. Throws when the browser keeps nothing. */
export async function openShelf(factory: IDBFactory, name = 'countersign'): Promise<Shelf> {
  const opening = factory.open(name, 1);
  opening.addEventListener('upgradeneeded', () => void opening.result.createObjectStore(STORE));
  const database = await settled(opening);
  const store = (mode: IDBTransactionMode): IDBObjectStore =>
    database.transaction(STORE, mode).objectStore(STORE);
  return {
    get: (key) => settled<unknown>(store('readonly').get(key)),
    put: async (key, value) => void (await settled(store('readwrite').put(value, key))),
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () =>
      reject(new Error('this browser keeps nothing: allow it to store data for this page')),
    );
  });
}
