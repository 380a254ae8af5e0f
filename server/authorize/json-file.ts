import type { z } from 'zod';
import { type Bytes, text } from '../protocol/encoding/bytes.ts';

/** A file of the hospital's that does not say what it has to say; the message names the place. */
export class FileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FileError';
  }
}

/**
 * Reads a JSON file by a strict schema. Throws FileError that names every wrong field, also for JSON that says
 * one thing twice: JSON.parse takes the last, a person who reviews the file the first.
 *
 * @param what the file, as the message should name it
 * @param max largest size in bytes
 */
export function parseFile<T extends z.ZodType>(
  schema: T,
  file: Bytes,
  what: string,
  max: number,
): z.output<T> {
  if (file.length > max) throw new FileError(`${what}: larger than ${max} bytes.`);
  const source = textOf(file, what);
  const value = valueOf(source, what);
  if (keysWritten(source) !== keysRead(value)) throw new FileError(`${what}: a field is written twice.`);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, MAX_FAULTS).map((issue) => {
    const at = issue.path.map(String).join('.');
    return `  ${at === '' ? '(whole file)' : at}: ${issue.message}`;
  });
  throw new FileError(`${what} cannot be used:\n${faults.join('\n')}`);
}

/** A file can have more faults than a person reads at once. */
const MAX_FAULTS = 20;

function textOf(file: Bytes, what: string): string {
  try {
    return text(file);
  } catch {
    throw new FileError(`${what}: not UTF-8.`);
  }
}

function valueOf(source: string, what: string): unknown {
  try {
    const value: unknown = JSON.parse(source);
    return value;
  } catch (error) {
    throw new FileError(`${what}: not JSON (${error instanceof Error ? error.message : 'unreadable'}).`);
  }
}

/** Fields in JSON text that is known to parse: each string before a colon. */
function keysWritten(source: string): number {
  let count = 0;
  for (const [, colon] of source.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/gu)) if (colon !== undefined) count += 1;
  return count;
}

function keysRead(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members = Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const member of members) count += keysRead(member);
  return count;
}
