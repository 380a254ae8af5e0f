import { outOfScope } from '../../authorize/care-relation.ts';
import type { Actor, CompleteDraft } from '../../authorize/draft.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { CompleteCommand } from '../../ceremony.ts';
import type { DeviceView, Session } from '../../edge/desks/desk.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { safetyOf } from '../devices/safety.ts';

/** Who a session is, as drafts know people. */
export const actorOf = ({ subject, tablet }: Session): Actor => ({ subject, tablet });

/** A draft with both signatures, as the ceremony takes it from the second person. */
export const completeOf = (
  { command, approvals, context, companion, tablets, primed }: CompleteDraft,
  { subject, roles }: Session,
): CompleteCommand => ({
  bytes: command,
  approvals,
  context,
  tablets,
  signedIn: subject,
  roles,
  primed,
  ...(companion && { companion }),
});

/** A device as a tablet's list shows it. */
export function viewOf(bedside: Bedside, nameOf: (kid: Bytes) => string | undefined): DeviceView {
  const { device, conversation, unknown, review, posture } = bedside;
  return {
    ...safetyOf(bedside, nameOf),
    id: device.hex,
    name: device.name,
    model: device.model,
    transport: device.transport,
    connected: conversation !== undefined && !conversation.link.closed,
    posture,
    reader: conversation?.link.station,
    unknown: unknown && hex(unknown.command),
    review: review && hex(review),
  };
}

/** What is not there and what is not yours look alike. */
export function outside(): never {
  throw outOfScope();
}
