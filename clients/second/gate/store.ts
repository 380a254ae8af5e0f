/** A few things that stay with this browser: a key that nothing can read, and public bytes. Never anything about a patient. */
export interface Kept {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
}

const TABLE = 'kept';

/** Opens what this page keeps. Throws Error when the browser keeps nothing. */
export async function openKept(): Promise<Kept> {
  const opening = indexedDB.open('second-signer', 1);
  opening.addEventListener('upgradeneeded', () => void opening.result.createObjectStore(TABLE));
  const database = await done(opening);
  const table = (mode: IDBTransactionMode) => database.transaction(TABLE, mode).objectStore(TABLE);
  return {
    get: (name) => done<unknown>(table('readonly').get(name)),
    put: async (name, value) => void (await done(table('readwrite').put(value, name))),
  };
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () =>
      reject(new Error('This browser keeps nothing. Allow this page to store data.')),
    );
  });
