import * as z from 'zod/mini';

// Without this zod tries whether it may compile code, and the page's policy refuses that, aloud.
z.config({ jitless: true });

/** Reads what a server said. Throws Error naming what does not fit, never what was said. */
export function read<T>(schema: z.ZodMiniType<T>, said: unknown, what: string): T {
  const result = z.safeParse(schema, said);
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join('.') ?? '';
  throw new Error(`${what} is not what this page expects${where === '' ? '' : ` (${where})`}`);
}
