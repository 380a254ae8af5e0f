import * as z from 'zod/mini';
import type { GatewayHttp } from '../../common/page/gate/gateway-http.ts';
import { read } from '../../common/page/gate/json.ts';
import { type ShownAlarm, worseFirst } from '../../common/page/vitals/alarms.ts';
import type { LiveBed } from '../../common/page/vitals/bed.ts';
import type { Feed } from '../../common/page/vitals/feed.ts';
import { SAFETY } from '../patients.ts';
import { PRESENCE, PRIORITY } from '../../../server/protocol/telemetry-content.ts';

const ROW = z.object({
  device: z.string().check(z.regex(/^[0-9a-f]{16}$/u)),
  name: z.string(),
  model: z.string(),
  ...SAFETY,
  patient: z.optional(
    z.object({ id: z.string(), ward: z.string(), bed: z.string(), name: z.optional(z.string()) }),
  ),
});
const WARD = z.object({ ward: z.array(ROW) });

/** A device, the bed it stands at, and as much of a name as a board may show. */
export type WardRow = z.infer<typeof ROW>;

/** Who lies where, of whom this person may see. Throws Refusal, Unreachable. */
export const readWard = async (http: GatewayHttp): Promise<readonly WardRow[]> =>
  read(WARD, await http.json('GET', '/v1/monitor/ward'), 'the ward').ward;

/** One tile of the board: a bed with everything that reports there. */
export interface Place {
  /** Opaque id of the patient; of the device where nobody is assigned to it. */
  readonly key: string;
  readonly patient: WardRow['patient'];
  readonly rows: readonly WardRow[];
  readonly beds: readonly LiveBed[];
  /** What is not off at this bed, the worst first. */
  readonly alarms: readonly ShownAlarm[];
  /** Devices that should be heard, and are not. */
  readonly silent: readonly LiveBed[];
}

/**
 * The places of a ward, the worst first; of two that are alike, by bed, so that nothing moves without a reason. A device that
 * fell silent stands above those that are well: nobody knows how its patient is.
 */
export function placesOf(rows: readonly WardRow[], feed: Feed): readonly Place[] {
  const groups = Map.groupBy(rows, ({ device, patient }) => patient?.id ?? device);
  return [...groups]
    .map(([key, group]): Place => {
      const beds = group.flatMap(({ device }) => feed.beds.get(device) ?? []);
      const silent = beds.filter((bed) => expected(bed) && !bed.fresh(feed.clock));
      const alarms = beds.flatMap((bed) => bed.alarms).toSorted(worseFirst);
      return { key, patient: group[0]?.patient, rows: group, beds, alarms, silent };
    })
    .toSorted((a, b) => severity(b) - severity(a) || byBed(a, b));
}

/** An implant nobody holds a reader to is not silent: it has nothing to say. */
const expected = ({ contact }: LiveBed): boolean => contact === 'live' || contact === 'silent';

/** Higher is worse: priority first, then what nobody has answered. Silence counts as a medium alarm that stands. */
export function severity({ alarms, silent }: Pick<Place, 'alarms' | 'silent'>): number {
  const [worst] = alarms;
  const said = worst ? (PRIORITY.indexOf(worst.priority) + 1) * 10 - PRESENCE.indexOf(worst.presence) : 0;
  return Math.max(said, silent.length > 0 ? (PRIORITY.indexOf('medium') + 1) * 10 : 0);
}

const byBed = (a: Place, b: Place): number => collator.compare(placeSaid(a), placeSaid(b));
const collator = new Intl.Collator('en', { numeric: true });

/** The bed, or the device where nobody knows of a bed. */
export const placeSaid = ({ patient, rows }: Pick<Place, 'patient' | 'rows'>): string =>
  patient?.bed || rows.map(({ name }) => name).join(', ');
