/** One record of a tag (Web NFC, W3C Community Group), as far as it is looked at here. */
interface NdefRecord {
  readonly recordType: string;
  readonly encoding?: string | null | undefined;
  readonly data?: DataView | null | undefined;
}
/** What a tag holds. */
export interface NdefMessage {
  readonly records: readonly NdefRecord[];
}
interface NdefReader extends EventTarget {
  scan(options: { readonly signal: AbortSignal }): Promise<void>;
}
type NdefReaderClass = new () => NdefReader;

const isClass = (found: unknown): found is NdefReaderClass => typeof found === 'function';

/** The browser's own reader of tags: Chrome on Android has it. Undefined elsewhere: then the camera or typing has to do. */
export function tagReader(): NdefReaderClass | undefined {
  const found: unknown = Reflect.get(globalThis, 'NDEFReader');
  return isClass(found) ? found : undefined;
}

/** A label is a short name: what looks like an address or a sentence is none. */
const LABEL = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u;
/** More bytes than a label can have. */
const MOST_BYTES = 40;

/**
 * The label on a tag: its one record, a text in UTF-8 (NFC Forum Text RTD), and nothing beside it. Undefined for anything
 * else: a tag that says two things says nothing here.
 */
export function labelOf({ records }: NdefMessage): string | undefined {
  const [only, ...others] = records;
  if (only?.recordType !== 'text' || others.length > 0 || !only.data) return undefined;
  if ((only.encoding ?? 'utf-8') !== 'utf-8') return undefined;
  if (only.data.byteLength > MOST_BYTES) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(only.data);
    return LABEL.test(text) ? text : undefined;
  } catch {
    return undefined; // bytes that are no text
  }
}

/** How far it is: `other` is a tag that is no label of this hospital, `unreadable` one that could not be read. */
export type Tapping = 'asking' | 'waiting' | 'other' | 'unreadable' | 'denied' | 'none';

/**
 * Waits until the tablet is held to a label that fits, or until it is aborted; then nothing is read any more. The tag is only
 * read, never written.
 *
 * @param fits is it a label of this hospital? @param told how far it is
 * @returns the label; undefined when it was aborted or there is no reader of tags
 */
export async function tapLabel(
  Reader: NdefReaderClass,
  fits: (label: string) => boolean,
  told: (how: Tapping) => void,
  stopped: AbortSignal,
): Promise<string | undefined> {
  const done = new AbortController();
  const signal = AbortSignal.any([stopped, done.signal]);
  told('asking');
  try {
    const reader = new Reader();
    const found = untilFits(reader, fits, told, signal);
    await reader.scan({ signal });
    if (!signal.aborted) told('waiting');
    return await found;
  } catch (error) {
    if (!stopped.aborted)
      told(error instanceof DOMException && error.name === 'NotAllowedError' ? 'denied' : 'none');
    return undefined;
  } finally {
    done.abort();
  }
}

function untilFits(
  reader: NdefReader,
  fits: (label: string) => boolean,
  told: (how: Tapping) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    reader.addEventListener('readingerror', () => told('unreadable'), { signal });
    reader.addEventListener(
      'reading',
      (event) => {
        const message = messageOf(event);
        const label = message && labelOf(message);
        if (label !== undefined && fits(label)) resolve(label);
        else told('other');
      },
      { signal },
    );
  });
}

const isMessage = (value: unknown): value is NdefMessage =>
  typeof value === 'object' && value !== null && Array.isArray(Reflect.get(value, 'records'));

/** Browsers make the event; a test's stand-in makes one of the same shape. */
function messageOf(event: Event): NdefMessage | undefined {
  const message: unknown = Reflect.get(event, 'message');
  return isMessage(message) ? message : undefined;
}
