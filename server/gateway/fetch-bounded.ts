import { type Bytes, concat } from '../protocol/bytes.ts';

/** An issuer on the same network answers within this, or is asked again later. */
const PATIENCE_MS = 3_000;

/** Reads a document of at most `most` bytes, following no redirect. Throws Error saying which address, and why not. */
export async function fetchBounded(url: string, most: number): Promise<Bytes> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch((error: unknown) => {
    throw new Error(`${url} does not answer`, { cause: error });
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`${url} answers with ${response.status}`);
  }
  const parts: Bytes[] = [];
  let size = 0;
  for await (const part of response.body) {
    size += part.length;
    if (size > most) throw new Error(`${url} is longer than ${most} bytes`);
    parts.push(part);
  }
  return concat(...parts);
}
