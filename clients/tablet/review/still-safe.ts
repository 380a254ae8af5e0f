import { effect } from '@preact/signals';
import { OPERATION } from '../../../server/protocol/command.ts';
import type { Profile } from '../../../server/protocol/profile.ts';
import type { State } from '../state.ts';
import type { Before } from './before-safe.ts';

/** A device whose safe mode was ended from this tablet. */
export interface AfterSafe {
  readonly id: string;
  readonly profile: Pick<Profile, 'parameters'>;
  /** What was set before the emergency, as this tablet proved it. */
  readonly before: Before;
  /** What it reads now, by its newest word that this tablet has. */
  readonly reads: ReadonlyMap<number, number>;
}

/** Names of the settings that are other than before the emergency. */
export const differsFrom = ({ profile, before, reads }: AfterSafe): string[] =>
  profile.parameters
    .filter(({ code }) => before.has(code) && before.get(code) !== reads.get(code))
    .map(({ name }) => name);

/** Remembers, as long as the patient is open, whether the values of a safe mode that was ended stand there still. */
export function watchStillSafe({ run, reading, patient, afterSafe }: State): void {
  effect(() => {
    const [ended, now, known] = [run.value, reading.value, afterSafe.peek()];
    const before = ended?.draft.back;
    if (!patient.value) afterSafe.value = undefined;
    else if (ended?.outcome.kind === 'done' && before && ended.draft.operation === OPERATION.resume) {
      const { id, profile } = ended.reading;
      const reads = ended.outcome.receipt.readBack;
      if (known?.reads !== reads) afterSafe.value = { id, profile, before, reads };
    } else if (known && now?.id === known.id && now.attestation.settings !== known.reads)
      afterSafe.value = { ...known, reads: now.attestation.settings };
  });
}
