/** FHIR resources that a scope can open for reading, alone. */
export const READABLE = ['Observation', 'Device', 'DeviceMetric'] as const;
export type Readable = (typeof READABLE)[number];

/** What may be asked for beside `read` and `command`: scopes of SMART App Launch 2.2. */
export const SMART_SCOPES: readonly string[] = ['user/*.rs', ...READABLE.map((name) => `user/${name}.rs`)];

/** Reading and searching, in the order of the letters; `.read` is how version 1 said it. A scope that asks for more gives no more. */
const READS = /^user\/(\*|[A-Za-z]+)\.(?:c?ru?d?s|read)$/u;

/**
 * What a session with these scopes may read of measurements. `read` is all of it, and everything else a person may read;
 * a scope of SMART opens its own resource and nothing beside it. One that narrows a resource further (`?category=...`) opens
 * nothing: what is not understood is not granted.
 */
export function readableBy(scope: ReadonlySet<string>): ReadonlySet<Readable> {
  if (scope.has('read')) return new Set(READABLE);
  const named = new Set([...scope].map((one) => READS.exec(one)?.[1]));
  return new Set(READABLE.filter((name) => named.has('*') || named.has(name)));
}
