import * as z from 'zod/mini';
import type { GatewayHttp } from '../../common/page/gate/gateway-http.ts';
import { read } from '../../common/page/gate/json.ts';
import { answered, graver, type ShownAlarm, worseFirst } from '../../common/page/vitals/alarms.ts';
import type { LiveBed } from '../../common/page/vitals/bed.ts';
import type { Feed } from '../../common/page/vitals/feed.ts';
import { SAFETY } from '../patient/patients.ts';
import { PRIORITY } from '../../../server/protocol/telemetry/telemetry-content.ts';

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
 * The places of a ward, the worst first, in the order of the alarms themselves; of two that are alike, by bed, so that nothing
 * moves without a reason. A device that
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
    .toSorted((a, b) => severity(b) - severity(a) || byWorst(a, b) || byBed(a, b));
}

/** Of two beds that are as bad, the one whose alarm the strip names first; an alarm stands before silence. */
function byWorst({ alarms: [a] }: Place, { alarms: [b] }: Place): number {
  return a && b ? graver(a, b) : Number(!a) - Number(!b);
}

/** An implant nobody holds a reader to is not silent: it has nothing to say. */
const expected = ({ contact }: LiveBed): boolean => contact === 'live' || contact === 'silent';

/** Higher is worse: priority first, then what nobody has answered. Silence counts as a medium alarm that stands. */
export function severity({ alarms, silent }: Pick<Place, 'alarms' | 'silent'>): number {
  const [worst] = alarms;
  const said = worst ? (PRIORITY.indexOf(worst.priority) + 1) * 10 - answered(worst) : 0;
  return Math.max(said, silent.length > 0 ? (PRIORITY.indexOf('medium') + 1) * 10 : 0);
}

/**
 * What stands of the devices that are followed, in the order of their places: the strip names the alarm of the first tile.
 *
 * @param rows the ward while its board is open; undefined with a patient at hand
 */
export function standing(feed: Feed, rows: readonly WardRow[] | undefined) {
  const beds = [...feed.beds.values()];
  const monitored = beds.filter(({ contact }) => contact !== 'away' && contact !== 'never');
  const silent = monitored.filter((bed) => !bed.fresh(feed.clock));
  const all = rows
    ? placesOf(rows, feed).flatMap(({ alarms }) => alarms)
    : beds.flatMap(({ alarms }) => alarms).toSorted(worseFirst);
  // What a device said before it fell silent may have changed since.
  const known = all.filter(
    ({ owner, device }) => owner === 'device' && silent.some(({ id }) => id === device),
  );
  const now = all.filter((alarm) => !known.includes(alarm)).toSorted(graver);
  return { monitored, silent, known, now };
}

const byBed = (a: Place, b: Place): number => collator.compare(placeSaid(a), placeSaid(b));
const collator = new Intl.Collator('en', { numeric: true });

/** The bed, or the device where nobody knows of a bed. */
export const placeSaid = ({ patient, rows }: Pick<Place, 'patient' | 'rows'>): string =>
  patient?.bed || rows.map(({ name }) => name).join(', ');
