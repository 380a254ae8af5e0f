import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { Call, Reply } from '../../protocol/stream.ts';
import type { Desk, Session } from './desk.ts';
import { expectPlainContext } from '../plain-context.ts';

/** Calls that are asked of the desk and end with one reply. */
export type DeskCall = Exclude<Call, { kind: 'hello' } | { kind: 'watch' | 'monitor' }>;

/**
 * Asks the desk; gives the reply that ends the call. Throws what the desk throws.
 *
 * @param build the version of the page that asks; undefined for a program
 */
export async function dispatch(
  desk: Desk,
  session: Session,
  call: DeskCall,
  tell: (reply: Reply) => void,
  build: Bytes | undefined,
): Promise<Reply> {
  if (call.kind === 'sign' || call.kind === 'approve') desk.builds.maySign(session, build);
  const progress = (stage: Extract<Reply, { kind: 'stage' }>['stage']): void =>
    tell({ kind: 'stage', stage });
  switch (call.kind) {
    case 'open':
      return { kind: 'opened', attestation: await desk.open(session, call.device) };
    case 'sign': {
      const { kind: _, ...wish } = call;
      expectPlainContext(wish.context);
      return desk.sign(session, wish, progress);
    }
    case 'enter': {
      const outcome = await desk.enter(session, call.draft, call.command);
      return outcome.kind === 'matched' ? { kind: 'matched', draft: call.draft } : outcome;
    }
    case 'approve':
      return desk.approve(session, call.draft, call.approval, progress);
    case 'cancel':
      await desk.cancel(session, call.command);
      return { kind: 'done' };
    case 'resolve':
      return desk.resolve(session, call.device);
    default:
      return call satisfies never;
  }
}
