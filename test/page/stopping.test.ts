import assert from 'node:assert/strict';
import { takeBack as stop } from '../../clients/tablet/command/stopping.ts';
import { deadlineOf, watchDeadline } from '../../clients/tablet/command/deadline.ts';
import { differsFrom, watchStillSafe } from '../../clients/tablet/review/still-safe.ts';
import { type Outcome, newState, type Run, type State } from '../../clients/tablet/state.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { Refusal, type RefusalCode } from '../../server/protocol/refusal.ts';

const AT = 1_790_000_000_000;
const LIFE_S = 900;
const UNCHANGED: Outcome = { kind: 'refused', code: 'E_DRAFT', receipt: undefined, device: 'unchanged' };

/** A change that one person signed, and nobody yet a second time. */
const waiting = (): Run =>
  ({
    bytes: new Uint8Array([1]),
    reading: { id: 'heart', at: AT, attestation: { ticksLeft: LIFE_S } },
    draft: { operation: OPERATION.program, changes: new Map() },
    people: 2,
    stages: new Map([['signed', AT]]),
    outcome: { kind: 'awaiting-second', draft: '1' },
  }) as unknown as Run;

/** Takes it back at a gateway that refuses so; `meanwhile` happens while the device is asked. */
async function takeBack(refusal: RefusalCode | undefined, late = false, meanwhile?: (state: State) => void) {
  const state = newState();
  state.run.value = waiting();
  const stream = {
    call: () => (refusal ? Promise.reject(new Refusal(refusal, 'no')) : Promise.resolve({})),
  } as never;
  const asked: string[] = [];
  const parts = {
    state,
    staff: { stream: () => Promise.resolve(stream) },
    sha256: (bytes: Bytes) => bytes,
    refusedBy: (_: Run, { code }: Refusal) => {
      asked.push(code);
      meanwhile?.(state);
      return Promise.resolve({ ...UNCHANGED, code } as Outcome);
    },
    end: (outcome: Outcome) => {
      if (state.run.value) state.run.value = { ...state.run.value, outcome };
    },
  };
  await stop(parts, late);
  return { asked, outcome: state.run.value.outcome, trouble: state.trouble.value };
}

describe('a change that waits for a second person', () => {
  it('ends when the gateway knows of it no more: the device is asked, and nobody is sent to break-glass', async () => {
    const ended = { asked: ['E_DRAFT'], outcome: UNCHANGED, trouble: undefined };
    assert.deepEqual(await takeBack('E_SCOPE'), ended);
    assert.deepEqual(await takeBack('E_SCOPE', true), ended);
    assert.deepEqual(await takeBack(undefined, true), ended, 'or when the gateway still had it');
  });

  it('is not called over when the second signature came in that very moment', async () => {
    const { outcome, trouble } = await takeBack('E_SCOPE', true, ({ run }) => {
      if (run.value) run.value = { ...run.value, stages: new Map([['second', AT]]) };
    });
    assert.deepEqual([outcome.kind, trouble], ['awaiting-second', undefined]);
  });

  it('says what is wrong when it cannot be taken back, and nothing where nobody pressed', async () => {
    assert.deepEqual((await takeBack('E_CLOCK')).trouble, { kind: 'refused', code: 'E_CLOCK', detail: 'no' });
    const quiet = await takeBack('E_CLOCK', true);
    assert.deepEqual([quiet.trouble, quiet.outcome.kind], [undefined, 'awaiting-second']);
  });

  it('ends by itself when the device waits no longer, is asked again after a while, and not once it goes on', () => {
    const state = newState();
    state.now.value = AT;
    const asked: (boolean | undefined)[] = [];
    watchDeadline(state, { cancel: (late) => void asked.push(late) });
    const run = (state.run.value = waiting());
    const until = deadlineOf(run);
    assert.equal(until, AT + LIFE_S * 1_000);
    const at = (ms: number): number => {
      state.now.value = ms;
      return asked.length;
    };
    assert.deepEqual([at(until - 1), at(until), at(until + 1_000), at(until + 6_000)], [0, 1, 1, 2]);
    assert.deepEqual(asked, [true, true]);
    state.run.value = { ...run, stages: new Map([...run.stages, ['second', AT]]) };
    assert.equal(at(until + 60_000), 2);
  });
});

describe('what the end of a safe mode leaves behind', () => {
  it('is told until the device reads the values from before, and forgotten with the patient', () => {
    const state = newState();
    watchStillSafe(state);
    const profile = { parameters: [{ code: 1, name: 'Lower rate' }, { code: 2, name: 'Mode' }] }; // prettier-ignore
    const names = (): string[] | undefined => state.afterSafe.value && differsFrom(state.afterSafe.value);
    const reads = (rate: number) =>
      ({ id: 'heart', profile, attestation: { settings: new Map([[1, rate], [2, 0]]) } }) as never; // prettier-ignore
    state.patient.value = {} as never;
    state.reading.value = reads(70);
    const draft = { operation: OPERATION.resume, back: new Map([[1, 60]]) };
    const receipt = { readBack: new Map([[1, 70], [2, 0]]) }; // prettier-ignore
    state.run.value = { reading: state.reading.value, draft, outcome: { kind: 'done', receipt } } as never;
    assert.deepEqual(names(), ['Lower rate']);
    state.run.value = undefined;
    assert.deepEqual(names(), ['Lower rate'], 'back at the device');
    state.reading.value = { ...(reads(60) as object), id: 'pump' } as never;
    assert.deepEqual(names(), ['Lower rate'], 'another device says nothing of this one');
    state.reading.value = reads(60);
    assert.deepEqual(names(), []);
    state.patient.value = undefined;
    assert.equal(state.afterSafe.value, undefined);
  });
});

describe('N1: an implant of somebody else on the reader', () => {
  it('stops what goes through the reader, and nothing of a device on the network', () => {
    const state = newState();
    const stops = (assigned: readonly [string, 'nfc' | 'websocket'][], wanted?: string): boolean => {
      state.patient.value = { assigned: assigned.map(([id, transport]) => ({ id, transport })) } as never;
      state.wanted.value = wanted;
      return state.mismatch.value;
    };
    const [heart, pump] = [['heart', 'nfc'], ['pump', 'websocket']] as const; // prettier-ignore
    assert.equal(stops([[...heart]], 'heart'), false, 'nothing lies there');
    state.tap.value = { phase: 'mismatch', reader: '1', device: undefined, step: 0, of: 0 };
    assert.deepEqual([stops([[...heart]]), stops([[...heart]], 'heart')], [true, true]);
    assert.deepEqual([stops([[...heart], [...pump]]), stops([[...heart], [...pump]], 'pump')], [true, false]);
    assert.deepEqual([stops([[...pump]]), stops([[...pump]], 'pump'), stops([])], [false, false, false]);
  });
});
