import type { Receipt } from '../../../server/protocol/receipt.ts';
import { movedIn } from '../../common/page/moved.ts';
import type { KnownDevice } from '../device/known-devices.ts';
import { ReadBackTable } from '../command/read-back-table.tsx';

/** What the safe mode changed: before, by the maker's profile, and as the device reads it back. Its signature was checked. */
export const AfterEmergency = ({ known: { profile }, receipt }: { known: KnownDevice; receipt: Receipt }) => (
  <ReadBackTable moved={movedIn(profile, receipt.before, profile.safeState, receipt)} />
);
