import * as z from 'zod/mini';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import type { Tap } from '../../../server/protocol/link/tap-phase.ts';
import { read } from '../../common/page/gate/json.ts';
import type { Actions, Staff } from '../actions.ts';
import type { State } from '../state.ts';
import { troubleOf } from '../trouble.ts';

const READER = z.object({
  label: z.string(),
  ward: z.optional(z.string()),
  wrongWard: z.optional(z.literal(true)),
  linked: z.boolean(),
  lastSeen: z.optional(z.number()),
  trouble: z.optional(z.string()),
  busy: z.optional(z.object({ tablet: z.string(), by: z.string(), mine: z.boolean() })),
});
const READERS = z.object({ readers: z.array(READER) });
const BOUND = z.object({ reader: z.string(), signal: z.enum(['shown', 'unable', 'no-reader']) });

/** A card reader of this hospital. */
export type ReaderRow = z.infer<typeof READER>;

/** The reader this tablet works with: bound by its label, and counted only when the person saw it answer. */
export interface Binding {
  readonly label: string;
  readonly signal: 'shown' | 'unable' | 'no-reader';
  readonly confirmed: boolean;
}

type ReaderActions = Pick<Actions, 'readReaders' | 'bindReader' | 'blinked' | 'showReader' | 'releaseReader'>;

/** Which reader lies beside this tablet. @param onward goes on with the device that was chosen */
export function readerActions(state: State, staff: Staff, onward: () => Promise<void>): ReaderActions {
  const http = () => {
    if (!staff.gateway) throw new Error('nobody is signed in');
    return staff.gateway.http;
  };
  const bound = (said: unknown, confirmed: boolean): void => {
    const { reader, signal } = read(BOUND, said, 'the reader');
    state.binding.value = { label: reader, signal, confirmed };
  };
  return {
    async readReaders() {
      try {
        state.readers.value = read(READERS, await http().json('GET', '/v1/readers'), 'the readers').readers;
      } catch (error) {
        state.readers.value = [];
        state.trouble.value = troubleOf(error);
      }
    },
    async bindReader(label) {
      state.trouble.value = undefined;
      try {
        bound(await http().json('POST', '/v1/reader-binding', { label }), false);
      } catch (error) {
        state.trouble.value = troubleOf(error);
      }
    },
    async showReader() {
      try {
        bound(await http().json('POST', '/v1/reader-signal', {}), false);
      } catch (error) {
        state.trouble.value = troubleOf(error);
      }
    },
    async blinked() {
      if (!state.binding.value) return;
      state.binding.value = { ...state.binding.value, confirmed: true };
      state.trouble.value = undefined;
      if (state.wanted.value === undefined) state.view.value = { at: 'patients' };
      else await onward();
    },
    async releaseReader() {
      state.binding.value = undefined;
      state.tap.value = undefined;
      await http()
        .json('DELETE', '/v1/reader-binding')
        .catch(() => undefined); // the session's end lets go of it in any case
    },
  };
}

/** What happens at the bound reader, as it comes. @param read reads the device that was chosen */
export function onTap(state: State, tap: Tap, read: () => Promise<void>): void {
  state.tap.value = tap;
  const wanted = state.wanted.value;
  const mine = tap.device !== undefined && hex(tap.device) === wanted;
  if (state.mismatch.value && !state.busy.value && state.sheet.value?.kind !== 'emergency') {
    state.sheet.value = undefined;
    state.signing.value = undefined;
  }
  if (tap.phase === 'lost') state.lostAt.value = Date.now();
  if (tap.phase === 'read') state.lostAt.value = undefined;
  // Whatever was read through a contact that is gone is not shown as present.
  const { at } = state.view.value;
  const notRead = at === 'tap' || (at === 'overview' && !state.reading.value);
  const waits = notRead && state.readingState.value !== 'reading';
  if (tap.phase === 'read' && mine && waits && !state.busy.value) void read();
}
