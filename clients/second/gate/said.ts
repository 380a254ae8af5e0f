/** Reading what servers say in JSON: a member is there and of its kind, or the answer is not used at all. */
export type Said = Readonly<Record<string, unknown>>;

/** A server said something that this page does not understand. */
export class NotUnderstood extends Error {
  constructor(what: string) {
    super(`The answer is not what this page expects (${what}).`);
  }
}

export function object(said: unknown, what: string): Said {
  if (typeof said !== 'object' || said === null || Array.isArray(said)) throw new NotUnderstood(what);
  return Object.fromEntries(Object.entries(said));
}

export function textIn(said: Said, name: string): string {
  const value = said[name];
  if (typeof value !== 'string') throw new NotUnderstood(name);
  return value;
}

export function numberIn(said: Said, name: string): number {
  const value = said[name];
  if (typeof value !== 'number') throw new NotUnderstood(name);
  return value;
}

export function listIn(said: Said, name: string): readonly unknown[] {
  const value: unknown = said[name];
  if (!Array.isArray(value)) throw new NotUnderstood(name);
  return Array.from<unknown>(value);
}

/** Whom the hospital gave a device to, and where they lie; undefined when it does not say. */
export function placeIn(said: Said): { readonly name: string; readonly bed: string } | undefined {
  if (said['patient'] === undefined) return undefined;
  const patient = object(said['patient'], 'patient');
  return { name: `${textIn(patient, 'family')}, ${textIn(patient, 'given')}`, bed: textIn(patient, 'bed') };
}

/** An origin and nothing more. */
export function originIn(said: Said, name: string): string {
  const value = textIn(said, name);
  if (!/^https?:\/\/[a-z0-9.-]+(?::\d+)?$/u.test(value)) throw new NotUnderstood(name);
  return value;
}
