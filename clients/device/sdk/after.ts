import { parseAssociation } from '../../../server/protocol/association.ts';
import type { Mode } from '../../../server/protocol/attestation.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { type Command, OPERATION } from '../../../server/protocol/command.ts';
import type { Profile } from '../../../server/protocol/profile.ts';
import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import type { Accepted, Standing } from './judge.ts';
import type { Change, DeviceState } from './state.ts';

type Settings = ReadonlyMap<number, number>;

/** The state after an accepted command: the ratchets move here, and only here, once every check has passed. */
export function stateAfter(
  { command, tier, status, witnessedAt }: Accepted,
  companion: Bytes | undefined,
  readBack: Settings,
  { state, tick, profile }: { readonly state: DeviceState; readonly tick: number; readonly profile: Profile },
): DeviceState {
  return {
    ...state,
    ...(command.operation === OPERATION.associate && companion && parseAssociation(companion)),
    settings: readBack,
    mode: modeAfter(command.operation, state.mode),
    counter: command.counter,
    time: Math.max(state.time + (tick - state.timeTick), witnessedAt),
    timeTick: tick,
    ...(status && { statusVersion: status.list.version, revoked: status.list.revoked }),
    history: historyAfter(state, readBack, tick, profile),
    baselines: tier === 2 ? agreedUpon(state, command, readBack) : state.baselines,
  };
}

/** Two people agreed on the settings they changed; for the others the last agreement stands. */
function agreedUpon(state: DeviceState, { changes }: Command, settings: Settings): Settings {
  const agreed = [...changes.keys()].map((code) => [code, settings.get(code) ?? 0] as const);
  return new Map([...state.baselines, ...agreed]);
}

function modeAfter(operation: number, mode: Mode): Mode {
  if (operation === OPERATION.stop) return 'stopped';
  if (operation === OPERATION.resume) return 'running';
  return mode;
}

/** A window is counted in this many parts, so that what has to be remembered does not grow with use. */
const PARTS = 32;

/** Changes that still count against a window, with the ones just made; a part counts until its last tick is out. */
function historyAfter(
  state: DeviceState,
  settings: Settings,
  tick: number,
  profile: Profile,
): readonly Change[] {
  const history: Change[] = [];
  for (const { code, window, options } of profile.parameters) {
    const part = Math.max(1, Math.ceil(window.ticks / PARTS));
    const now = tick - (tick % part) + part - 1;
    const before = state.settings.get(code) ?? 0;
    const after = settings.get(code) ?? before;
    const named = options.has(before) || options.has(after);
    const change = named ? 0 : Math.abs(after - before);
    const kept = state.history.filter((past) => past.code === code && past.tick > tick - window.ticks);
    const current = kept.find((past) => past.tick === now)?.size ?? 0;
    history.push(...kept.filter((past) => past.tick !== now));
    if (current + change > 0) history.push({ code, tick: now, size: current + change });
  }
  return history;
}

/** The state after an emergency: the device's own safe state, and a nonce for the next one. */
export const safeAfter = (state: DeviceState, settings: Settings, emergencyNonce: Bytes): DeviceState => ({
  ...state,
  settings,
  mode: 'safe-mode',
  emergencyNonce,
});

/** What the receipt of a refusal says: nothing changed, why, and whose command it was. */
export function refusalWord(code: RefusalCode, { grant, kids }: Standing, settings: Settings) {
  return {
    result: 'refused' as const,
    code,
    command: grant?.command ?? new Uint8Array(32),
    ...(grant && { grant: grant.id, intentLeaf: grant.intentLeaf }),
    kids,
    after: settings,
    readBack: settings,
  };
}

export const sameSettings = (a: Settings, b: Settings): boolean =>
  a.size === b.size && [...a].every(([code, value]) => b.get(code) === value);
