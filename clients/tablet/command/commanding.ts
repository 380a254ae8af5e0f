import { effect } from '@preact/signals';
import { equal } from '../../../server/protocol/encoding/bytes.ts';
import { challengeFor, parseCommand } from '../../../server/protocol/command.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { renderCommand } from '../../../server/protocol/render.ts';
import { type Reply, type SealedOutcome, type Stage, STAGES } from '../../../server/protocol/stream.ts';
import type { CommandProgress } from '../../../server/protocol/command-progress.ts';
import type { Actions, Staff } from '../actions.ts';
import type { Screens } from '../later.ts';
import { type Draft, isMoved, newDraft, peopleFor, withValue } from '../change/draft.ts';
import type { Reading } from '../device/reading.ts';
import type { Outcome, Run, State } from '../state.ts';
import { troubleOf } from '../trouble.ts';
import type { World } from '../../common/page/gate/world.ts';

type CommandActions = Pick<
  Actions,
  'openSigning' | 'sign' | 'signInAgain' | 'cancel' | 'resolve' | 'settle' | 'undo' | 'finish'
>;

/** The gateway takes signatures of people who signed in less than five minutes ago; a little less leaves time to sign. */
export const FRESH_MS = 4.5 * 60_000;

const isStage = (step: string): step is Stage => STAGES.some((stage) => stage === step);

/** From a draft to a verified outcome. */
export function commandActions(
  world: World,
  state: State,
  staff: Staff,
  readNow: (id: string) => Promise<Reading>,
): CommandActions & {
  readonly heard: (event: string) => Promise<void>;
  readonly followed: (progress: CommandProgress) => void;
} {
  const { crypto, passkey } = world;

  /** What builds and judges commands comes with the screens: without them there is nothing to sign. */
  const screens = (): Screens => {
    const { value } = state.screens;
    if (!value) throw new Error('the rest of the page is not here yet');
    return value;
  };

  const mark = (stage: Stage | 'signed' | 'second' | 'verified'): void => {
    const run = state.run.value;
    if (!run || run.stages.has(stage)) return;
    state.run.value = { ...run, stages: new Map(run.stages).set(stage, Date.now()) };
  };
  const end = (outcome: Outcome): void => {
    if (state.run.value) state.run.value = { ...state.run.value, outcome };
    if (outcome.kind === 'done') state.report.value = 'open';
    state.unknown.value = outcome.kind === 'unknown';
  };
  /** What the second clinician has done with it so far, from the first moment on. */
  const askColleague = async (run: Run): Promise<void> => {
    const [screens, http] = [state.screens.value, staff.gateway?.http];
    const colleague =
      http &&
      (await screens?.readColleague(http, crypto.sha256(run.bytes), run.colleague).catch(() => undefined));
    if (state.run.value?.bytes === run.bytes) state.run.value = { ...state.run.value, colleague };
  };
  /** What a reply is worth, is found out here, by this tablet. */
  const settle = async (run: Run, reply: Reply): Promise<void> => {
    if (reply.kind === 'awaiting-second') {
      end({ kind: 'awaiting-second', draft: reply.draft });
      return askColleague(run);
    }
    if (reply.kind === 'unknown') return end({ kind: 'unknown' });
    if (reply.kind !== 'sealed') throw new Refusal('E_CMD_MALFORMED', `unexpected reply ${reply.kind}`);
    end(await judged(run, reply.sealed));
    if (state.run.value?.outcome.kind === 'done') mark('verified');
    await readNow(run.reading.id).then(
      (reading) => (state.reading.value = reading),
      () => (state.reading.value = undefined), // old values are not shown for new ones
    );
  };
  const judged = async (run: Run, sealed: SealedOutcome): Promise<Outcome> => {
    try {
      const found = await screens().verifySealed(
        crypto,
        run.bytes,
        sealed,
        run.reading.identity,
        world.anchors,
      );
      if (found.kind === 'refused') {
        const { code, receipt } = found;
        if (receipt) return { kind: 'refused', code, receipt, device: 'unchanged' };
        return await refusedBy(run, new Refusal(code, ''));
      }
      const { receipt, modified } = found;
      return { kind: 'done', receipt, modified, index: sealed.proof.index };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (await world.renew()) return judged(run, sealed);
      const readBack = screens().differing(run, sealed);
      return readBack ? { kind: 'differs', readBack } : { kind: 'unverified', code: error.code };
    }
  };
  /** Asks again what became of it, with a stream that may be a new one. */
  const ask = async (run: Run): Promise<void> => {
    const stream = await staff.stream();
    const reply = await stream.call({ kind: 'resolve', device: run.reading.device });
    if (reply.kind === 'sealed' && !equal(reply.sealed.command, crypto.sha256(run.bytes)))
      throw new Refusal('E_DRAFT', 'the outcome of another command');
    await settle(run, reply);
  };
  /** A refusal is the gateway's word alone: the device is asked whether it took a command all the same. */
  const refusedBy = async (run: Run, { code, why }: Refusal): Promise<Outcome> => {
    const now = await readNow(run.reading.id).catch(() => undefined);
    state.reading.value = now;
    const same = now?.attestation.counter === run.reading.attestation.counter;
    const device = !now ? 'not-asked' : same ? 'unchanged' : 'changed';
    return { kind: 'refused', code, detail: why, receipt: undefined, device };
  };
  const failed = async (run: Run, error: unknown): Promise<void> => {
    // Contact lost between send and receipt: what is certain is that nobody knows.
    end(error instanceof Refusal ? await refusedBy(run, error) : { kind: 'unknown' });
  };

  /** Who signed in too long ago is told before the key is touched, not after. */
  const isStale = (): boolean => (staff.tokens?.age() ?? 0) > FRESH_MS;

  return {
    cancel: (late) => screens().takeBack({ state, staff, sha256: crypto.sha256, refusedBy, end }, late),
    /** Something happened to the device at hand: if it was this command, what came of it is verified here. */
    async heard(event) {
      const run = state.run.value;
      const waits = run?.outcome.kind === 'awaiting-second' || run?.outcome.kind === 'unknown';
      if (!run || !waits) return;
      if (event === 'draft') return askColleague(run);
      if (event === 'unknown') return end({ kind: 'unknown' });
      await ask(run).catch(() => undefined); // not ours, or not settled yet: another event follows
    },
    /** How far a command is that others carry on: the second person's signature starts it. */
    followed({ command, state: step, waitsFor, left }) {
      const run = state.run.value;
      if (!run || !equal(command, crypto.sha256(run.bytes))) return;
      if (run.people === 2) mark('second');
      if (isStage(step)) mark(step);
      const until = left > 0 ? Date.now() + left : undefined;
      if (state.run.value) state.run.value = { ...state.run.value, waits: { for: waitsFor, until } };
    },
    async openSigning(keep = false) {
      const reading = state.reading.value;
      if (!reading || !state.draft.value || state.busy.value) return;
      const { year = '', wristband = '', ticked = new Set<string>() } = (keep && state.signing.value) || {};
      state.signing.value = {
        year,
        wristband,
        ticked,
        state: 'reading',
        stale: isStale(),
        trouble: undefined,
      };
      state.sheet.value = { kind: 'sign' };
      try {
        const fresh = await readNow(reading.id);
        state.reading.value = fresh;
        await staff.gateway?.demandAllowedBuild();
        const moved = isMoved(fresh, state.draft.value);
        signing({ state: moved ? 'moved' : 'ready', stale: isStale() });
      } catch (error) {
        signing({ trouble: troubleOf(error) });
      }
    },
    async signInAgain() {
      const { gateway } = staff;
      if (!gateway) return;
      signing({ state: 'waiting', trouble: undefined });
      try {
        const tokens = await staff.window(new AbortController().signal);
        if (tokens.name() !== state.person.value?.name) throw new Refusal('E_ASSERTION', 'another person');
        staff.renew(tokens);
        await staff.gateway?.carryOn();
        signing({ state: 'ready', stale: false });
      } catch (error) {
        signing({ state: 'ready', trouble: troubleOf(error) });
      }
    },
    async sign() {
      if (isStale()) return signing({ stale: true });
      const [reading, draft, given, patient] = [
        state.reading.value,
        state.draft.value,
        state.signing.value,
        state.patient.value,
      ];
      if (!reading || !draft || !given || !patient || given.state !== 'ready') return;
      if (!screens().allTicked(reading, draft, given.ticked)) return;
      signing({ state: 'signing', trouble: undefined });
      const gone = new AbortController();
      const watching = effect(() => {
        if (!state.signing.value) gone.abort();
      });
      try {
        const mrn = patient.wristband ?? given.wristband;
        const wish = { operation: draft.operation, changes: draft.changes };
        const who = { mrn, birthYear: Number(given.year) };
        const { bytes } = screens().prepareCommand(crypto.sha256, reading, who, wish);
        const { settings } = reading.attestation;
        const rendering = renderCommand(crypto.sha256, bytes, reading.profile, settings);
        const approval = await passkey.approve(challengeFor(crypto.sha256, 'command', bytes), gone.signal);
        // Whoever went back has not signed, whatever the key did afterwards.
        if (state.signing.value?.state !== 'signing') return;
        const { reason, note, order } = draft;
        const run: Run = {
          bytes,
          reading,
          draft,
          rendering,
          people: peopleFor(reading, draft),
          stages: new Map([['signed', Date.now()]]),
          outcome: { kind: 'running' },
        };
        state.run.value = run;
        watching();
        state.sheet.value = undefined;
        state.signing.value = undefined;
        state.view.value = { at: 'command' };
        const stream = await staff.stream();
        const call = { kind: 'sign', command: bytes, approval, context: { reason, note, order } } as const;
        const reply = await stream.call(call, mark);
        await settle(run, reply);
      } catch (error) {
        const run = state.run.value;
        if (run?.outcome.kind === 'running') await failed(run, error);
        else signing({ state: 'ready', trouble: troubleOf(error) });
      } finally {
        watching();
      }
    },
    async resolve() {
      const run = state.run.value;
      state.trouble.value = undefined;
      if (!run) return;
      try {
        await ask(run);
      } catch (error) {
        state.trouble.value = troubleOf(error);
      }
    },
    async settle() {
      const reading = state.reading.value;
      state.trouble.value = undefined;
      if (!reading) return;
      try {
        const stream = await staff.stream();
        const reply = await stream.call({ kind: 'resolve', device: reading.device });
        if (reply.kind === 'unknown') throw new Refusal('E_UNKNOWN_OUTCOME', 'the device was not reached');
        state.reading.value = await readNow(reading.id);
        state.unknown.value = false;
      } catch (error) {
        state.trouble.value = troubleOf(error);
      }
    },
    async undo() {
      const run = state.run.value;
      if (run?.outcome.kind !== 'done') return;
      const { back } = run.draft;
      const { before } = run.outcome.receipt;
      try {
        const reading = await readNow(run.reading.id);
        let draft: Draft = { ...newDraft(reading), reason: back ? 'before' : 'undo' };
        for (const code of (back ?? parseCommand(run.bytes).changes).keys())
          draft = withValue(draft, code, (back ?? before).get(code) ?? 0);
        state.reading.value = reading;
        state.draft.value = draft;
        state.run.value = undefined;
        state.view.value = { at: 'change' };
      } catch (error) {
        state.trouble.value = troubleOf(error);
      }
    },
    async finish() {
      const run = state.run.value;
      if (state.busy.value) return;
      state.run.value = undefined;
      state.draft.value = undefined;
      state.view.value = { at: 'overview' };
      if (run && !state.reading.value)
        await readNow(run.reading.id).then(
          (reading) => (state.reading.value = reading),
          (error: unknown) => (state.trouble.value = troubleOf(error)),
        );
    },
  };

  function signing(part: Partial<NonNullable<typeof state.signing.value>>): void {
    if (state.signing.value) state.signing.value = { ...state.signing.value, ...part };
  }
}
