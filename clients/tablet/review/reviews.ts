import { computed, type ReadonlySignal, signal } from '@preact/signals';
import * as z from 'zod/mini';
import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../../server/protocol/encoding/cbor.ts';
import { read } from '../../common/page/gate/json.ts';
import { signedStatement } from '../../common/page/gate/statements.ts';
import type { World } from '../../common/page/gate/world.ts';
import type { Staff } from '../actions.ts';
import { TOLD } from '../frame/told.ts';
import { noteReading, type State, type Trouble } from '../state.ts';
import { troubleOf } from '../trouble.ts';
import type { RescueReason } from './reasons.ts';

const OPEN = z.object({
  reviews: z.array(
    z.object({
      device: z.string(),
      deviceName: z.string(),
      patient: z.optional(z.object({ family: z.string(), given: z.string(), bed: z.string() })),
      command: z.string(),
      by: z.optional(z.string()),
      byName: z.optional(z.string()),
      own: z.boolean(),
      since: z.optional(z.number()),
      due: z.optional(z.number()),
      reason: z.optional(z.object({ reason: z.string(), text: z.string() })),
      told: TOLD,
    }),
  ),
});

/** An emergency that nobody has reviewed yet, as the gateway tells of it. */
export type OpenReview = z.infer<typeof OPEN>['reviews'][number];

export interface Reviews {
  /** All that this person may know of, as it was asked for last. */
  readonly open: ReadonlySignal<readonly OpenReview[]>;
  /** Those of others that came since this person signed in, until they have seen them. */
  readonly news: ReadonlySignal<readonly OpenReview[]>;
  seen(one: OpenReview): void;
  /** Asks the gateway again. Never throws: what is known stays. */
  look(): Promise<void>;
  /** Something happened to a device. */
  heard(event: string): void;
  /** The one of this command (hexadecimal); undefined when the gateway knows of none. Throws like any request. */
  of(command: string): Promise<OpenReview | undefined>;
  /** Signs what somebody found who reviewed it; what went wrong, if anything did. */
  sign(device: string, command: string, found: string): Promise<Trouble | undefined>;
  /** Signs why this person used the door; what went wrong, if anything did. */
  explain(device: string, command: string, reason: RescueReason, text: string): Promise<Trouble | undefined>;
}

/** Who hears of nothing, because a stream broke, finds it after this time. */
const LOOK_MS = 30_000;

/** Who used the emergency door and why, who is told, until when somebody else looks at it, and the signature of who did. */
export function newReviews(
  { passkey }: Pick<World, 'passkey'>,
  state: State,
  staff: Pick<Staff, 'gateway' | 'stream'>,
): Reviews {
  const open = signal<readonly OpenReview[]>([]);
  /** Commands that were there at sign-in, or were seen since. */
  const old = signal<ReadonlySet<string> | undefined>(undefined);
  const news = computed(() =>
    open.value.filter(({ own, command }) => !own && old.value?.has(command) === false),
  );
  const subject = computed(() => state.person.value?.subject);

  const all = async (): Promise<readonly OpenReview[]> => {
    const who = subject.peek();
    const { reviews } = read(OPEN, await staff.gateway?.http.json('GET', '/v1/reviews'), 'open reviews');
    if (who !== subject.peek()) return reviews;
    open.value = reviews;
    old.value ??= new Set(reviews.map(({ command }) => command));
    return reviews;
  };
  const look = async (): Promise<void> => {
    if (!staff.gateway || state.view.peek().at === 'locked') return;
    await staff.stream().catch(() => undefined); // whoever is told is told there
    await all().catch(() => undefined);
  };
  const put = async (
    path: string,
    purpose: 'review' | 'reason',
    detail: readonly (readonly [number, Cbor])[],
  ): Promise<Trouble | undefined> => {
    if (!staff.gateway) return { kind: 'ended' };
    const { http } = staff.gateway;
    try {
      await http.json('POST', path, await signedStatement(http, passkey, purpose, new Map(detail)));
    } catch (error) {
      return troubleOf(error);
    }
    await look();
    state.sheet.value = undefined;
    return undefined;
  };

  const works = computed(() => state.view.value.at !== 'locked' && subject.value !== undefined);
  subject.subscribe(() => ([open.value, old.value] = [[], undefined]));
  works.subscribe((there) => there && void look());
  setInterval(() => void look(), LOOK_MS);

  return {
    open,
    news,
    seen: ({ command }) => void (old.value = new Set(old.value).add(command)),
    look,
    heard(event) {
      if (event === 'emergency' || event === 'review') void look();
    },
    of: async (command) => (await all()).find((one) => one.command === command),
    async sign(device, command, found) {
      const trouble = await put('/v1/reviews', 'review', [
        [1, unhex(device)],
        [2, unhex(command)],
        [3, found],
      ]);
      const reading = state.reading.value;
      if (!trouble && reading?.review === command)
        noteReading(state, { ...reading, review: undefined, reviewDue: undefined, rescuer: undefined });
      return trouble;
    },
    explain: (device, command, reason, text) =>
      put('/v1/emergency-reasons', 'reason', [
        [1, unhex(device)],
        [2, unhex(command)],
        [3, reason],
        [4, text],
      ]),
  };
}
