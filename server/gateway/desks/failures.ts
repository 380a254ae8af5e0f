import { LogInconsistent, QuorumUnavailable } from '../../audit/errors.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { StoreConflict, StoreUnavailable } from '../../store/errors.ts';

/** What went wrong inside, as the refusal a person gets; anything unforeseen stays what it is. */
export function asRefusal(error: unknown): unknown {
  if (error instanceof LogInconsistent) return new Refusal('E_LOG_INCONSISTENT', error.message, 'log');
  if (error instanceof QuorumUnavailable)
    return new Refusal('E_AUDIT_UNAVAILABLE', error.message, 'witnesses');
  if (error instanceof StoreUnavailable) return new Refusal('E_AUDIT_UNAVAILABLE', error.message, 'store');
  if (error instanceof StoreConflict)
    return new Refusal('E_GRANT_USED', 'this command was already taken', 'command');
  return error;
}

/** Runs work whose failures people have to understand. */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asRefusal(error);
  }
}
