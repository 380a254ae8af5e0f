import { makeHistory } from '../browser/support/auditor.ts';
import type { PageWard } from '../browser/support/ward.ts';

const made = new WeakMap<PageWard, Promise<void>>();

/** What was done in a ward before somebody looks: the same for all pictures of it. */
export function historyOf(ward: PageWard): Promise<void> {
  const history = made.get(ward) ?? makeHistory(ward);
  made.set(ward, history);
  return history;
}
