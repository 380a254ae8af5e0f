import { goalOf, isAdmitted } from './admitted.ts';
import { type Case, type Scene, SCENES, type Try } from './case.ts';
import { state } from './cases/on-the-skin.ts';
import { deviceFaults, type Looked, lookedAt } from './device-watch.ts';
import { Honest } from './honest.ts';
import { type Violation, Watch } from './invariants.ts';
import { type Lab, Lab as Laboratory } from './lab.ts';
import type { Source } from './log-watch.ts';
import { WardMemory } from './ward-memory.ts';
import { type Party, together } from './parties.ts';
import { openAttackWard } from './ward.ts';

/** What came of one attack by one attacker. */
export interface Result {
  readonly id: string;
  readonly attacker: string;
  /** `admitted`: it succeeded, and SECURITY.md says that this party can. */
  readonly outcome: 'refused' | 'succeeded' | 'admitted' | 'not-applicable' | 'not-played';
  /** Of the deepest attempt. */
  readonly by: string;
  readonly code: string;
  /** Where the log tells of it, when the gateway was there to tell. */
  readonly logIndex: number | null;
  /** Why it was not played, or what else was seen. */
  readonly reason: string;
  readonly tries: readonly Try[];
  readonly violations: readonly Violation[];
  readonly seconds: number;
  /** Whether the same attack gets through once the check it meets is taken out. */
  readonly control?: 'proven' | 'unproven';
}

export interface PlayOptions {
  readonly cases: readonly Case[];
  /** Whose hands the attacker has; each case's own when left out. */
  readonly party?: Party;
  readonly signal: AbortSignal;
  /** @param asked what the attack looked for in the attacker's hands, and whether it was there */
  readonly onResult: (result: Result, asked: ReadonlyMap<string, boolean>) => void;
}

/** Plays cases in a ward of their own, scene after scene. Rejects when the ward does not come up. */
export async function play(options: PlayOptions): Promise<readonly Result[]> {
  const { cases, party, signal, onResult } = options;
  const results: Result[] = [];
  const tell = (result: Result, asked: ReadonlyMap<string, boolean> = new Map()): void => {
    results.push(result);
    onResult(result, asked);
  };
  const ward = await openAttackWard(signal);
  const memory = new WardMemory();
  try {
    const honest = await Honest.of(ward.folder);
    const base = new Laboratory(ward, honest, party ?? together([]), memory);
    const watch = new Watch();
    for (const scene of SCENES) {
      const here = cases.filter((one) => one.scene === scene);
      if (here.length === 0) continue;
      const stage = new Stage(base, memory, watch, scene);
      await stage.enter(party);
      for (const one of here) {
        if (signal.aborted) return results;
        if (one.reader === true && ward.withoutReader !== undefined)
          tell({ ...notPlayed(one, party, ward.withoutReader), outcome: 'not-applicable' });
        else tell(...(await stage.play(one, party ?? together(one.given))));
      }
      await stage.leave();
    }
    return results;
  } finally {
    await memory.close();
    await ward.stop();
  }
}

/** One scene of a ward: who is there, and how the pump is looked at between two attacks. */
class Stage {
  readonly #base: Lab;
  readonly #memory: WardMemory;
  readonly #watch: Watch;
  readonly #scene: Scene;
  /** The implant, when the last attack on it was over. */
  #implant: Looked | undefined;

  constructor(base: Lab, memory: WardMemory, watch: Watch, scene: Scene) {
    this.#base = base;
    this.#memory = memory;
    this.#watch = watch;
    this.#scene = scene;
  }

  async enter(party: Party | undefined): Promise<void> {
    const { ward } = this.#base;
    if (this.#scene === 'skin') ward.skin.take();
    if (this.#scene !== 'wire') return;
    await this.#memory.close();
    await ward.running.stopOne('gateway');
    await this.#base.as(party ?? together(['A5'])).wire();
  }

  async leave(): Promise<void> {
    if (this.#scene === 'skin') this.#base.ward.skin.giveBack();
  }

  /** What came of it, and what it looked for in the attacker's hands. */
  async play(one: Case, party: Party): Promise<[Result, ReadonlyMap<string, boolean>]> {
    const at = this.#base.as(party);
    const began = performance.now();
    const tries: Try[] = [];
    try {
      await this.#begin(at);
      for await (const attempt of one.play(at)) tries.push(attempt);
      const violations = [
        ...(await this.#end(at, tries)),
        ...strangeCodes([...one.codes, ...at.hands.locks], tries),
      ];
      const codes = new Set(tries.map(({ code }) => code));
      const told = await this.#watch.log.tells(at, this.#source, codes);
      return [this.#result(one, party, { tries, violations, told, began }), at.hands.asked];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const result = {
        ...notPlayed(one, party, `could not be played: ${why}`),
        tries,
        seconds: since(began),
      };
      return [result, at.hands.asked];
    }
  }

  async #begin(at: Lab): Promise<void> {
    this.#memory.settled(await this.#watch.begin(at, () => at.look(), this.#source));
    this.#memory.implant = undefined;
    if (this.#scene === 'skin') this.#implant ??= lookedAt(await state(at));
  }

  /** Everything again, as it is now, against what it was. */
  async #end(at: Lab, tries: readonly Try[]): Promise<readonly Violation[]> {
    const memory = this.#memory;
    const pump = await this.#watch.end(at, memory.baseline, () => at.look(), {
      from: this.#source,
      // Over the wire every receipt comes back to the attacker; in a gateway's hands only the pump knows of them.
      spent: () => ({
        receipts: memory.wired ? memory.receipts : tries.some(({ by }) => by === 'device') ? Infinity : 0,
        powerless: memory.powerless,
      }),
    });
    if (this.#scene !== 'skin') return pump;
    const [then, now] = [this.#implant, memory.implant ?? lookedAt(await state(at))];
    this.#implant = now;
    // Whoever got through has it as it is now: that is told as what it is, a success.
    if (!then || tries.some((attempt) => !attempt.refused)) return pump;
    return [...pump, ...deviceFaults(then, now, { receipts: 0, powerless: false })];
  }

  /** The gateway tells of the log, except where the attacker stands in its place. */
  get #source(): Source {
    return this.#scene === 'wire' ? 'disk' : 'gateway';
  }

  #result(
    one: Case,
    party: Party,
    {
      tries,
      violations,
      told,
      began,
    }: {
      readonly tries: readonly Try[];
      readonly violations: readonly Violation[];
      readonly told: number | null;
      readonly began: number;
    },
  ): Result {
    const won = tries.filter((attempt) => !attempt.refused);
    const goal = goalOf(one);
    const beyond = won.find(({ code }) => goal === undefined || !isAdmitted(party.id, goal, code));
    const through = beyond ?? won[0];
    const shown = through ?? tries.at(-1);
    return {
      id: one.id,
      attacker: party.id,
      outcome: outcomeOf(tries, won, beyond),
      by: shown?.by ?? '',
      code: shown?.code ?? '',
      logIndex: told,
      reason: violations.map(({ invariant, what }) => `${invariant}: ${what}`).join('; '),
      tries,
      violations,
      seconds: since(began),
    };
  }
}

function outcomeOf(tries: readonly Try[], won: readonly Try[], beyond: Try | undefined): Result['outcome'] {
  if (tries.length === 0) return 'not-played';
  if (beyond) return 'succeeded';
  return won.length > 0 ? 'admitted' : 'refused';
}

/** I4: each refusal has one of the codes that belong to this attack, or to a lock that these hands cannot open. */
const strangeCodes = (codes: readonly string[], tries: readonly Try[]): Violation[] =>
  tries
    .filter((attempt) => attempt.refused && !codes.includes(attempt.code))
    .map(({ what, code }) => ({ invariant: 'I4', what: `${what}: refused with ${code}` }));

const since = (began: number): number => Math.round(performance.now() - began) / 1000;

function notPlayed({ id }: Pick<Case, 'id'>, party: Party | undefined, reason: string): Result {
  return {
    id,
    attacker: party?.id ?? '',
    outcome: 'not-played',
    by: '',
    code: '',
    logIndex: null,
    reason,
    tries: [],
    violations: [],
    seconds: 0,
  };
}
