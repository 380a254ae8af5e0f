import { Refusal } from '../../../server/protocol/refusal.ts';

/** Does a check pass? A fault that is no Refusal is nobody's verdict, and is thrown on. */
export async function holds(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
