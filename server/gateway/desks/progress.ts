import { type CompleteCommand, type Ending, run, type Stages } from '../../ceremony.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { ProgressDesk } from '../../edge/desks/progress-desk.ts';
import { LIMITS } from '../../limits.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { parseCommand } from '../../protocol/command.ts';
import type { CommandProgress, CommandState, WaitsFor } from '../../protocol/command-progress.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { Stage } from '../../protocol/stream.ts';

export interface ProgressParts {
  readonly sha256: Sha256;
  readonly now: () => number;
  readonly maySee: (session: Session, device: string) => boolean;
}

type Watcher = (progress: CommandProgress) => void;

/** Whom each step waits for, and how long at most (ms); `cooling` has its length from the policy. */
const WAITS: Readonly<Record<Stage, readonly [WaitsFor, number]>> = {
  checked: ['witnesses', LIMITS.quorumWait.max],
  cooling: ['signers', 0],
  logged: ['gateway', 0],
  granted: ['gateway', LIMITS.grantLife.max],
  sent: ['device', LIMITS.exchange.max],
  answered: ['witnesses', LIMITS.quorumWait.max],
};

/**
 * Walks commands through the ceremony and tells everybody who may see the device how far each is: the first clinician
 * waits at another tablet than the second, whose signature starts it. Told from there on only, because before that the
 * command's hash would give its values away to who has to enter them blind.
 */
export class Progress implements ProgressDesk {
  readonly #parts: ProgressParts;
  readonly #watchers = new Set<Watcher>();
  /** Commands under way, and when their present step runs out; one per device at most. */
  readonly #open = new Map<string, { readonly progress: CommandProgress; readonly until: number }>();

  constructor(parts: ProgressParts) {
    this.#parts = parts;
  }

  watch(session: Session, tell: Watcher): () => void {
    const mine: Watcher = (progress) => {
      if (this.#parts.maySee(session, hex(progress.device))) tell(progress);
    };
    this.#watchers.add(mine);
    for (const { progress, until } of this.#open.values())
      mine({ ...progress, left: Math.max(0, until - this.#parts.now()) });
    return () => this.#watchers.delete(mine);
  }

  /** The ceremony of one complete command. Throws what it throws. */
  async through(signed: CompleteCommand, stages: Stages, tell: (stage: Stage) => void): Promise<Ending> {
    const about = { command: this.#parts.sha256(signed.bytes), device: parseCommand(signed.bytes).device };
    let window = 0;
    const watched: Stages = {
      ...stages,
      async authorize(request) {
        const may = await stages.authorize(request);
        window = may.cancelWindow;
        return may;
      },
    };
    try {
      const ending = await run(signed, watched, (stage) => {
        tell(stage);
        const [waitsFor, most] = WAITS[stage];
        this.#say({ ...about, state: stage, waitsFor, left: stage === 'cooling' ? window : most, code: '' });
      });
      this.ended(about.device, ending);
      return ending;
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'E_STORAGE';
      this.#end(about, 'refused', 'nobody', code);
      throw error;
    }
  }

  /** What came of a command, at once or after its device was asked. */
  ended(device: Bytes, ending: Ending): void {
    if (ending.kind === 'unknown') this.#end({ command: ending.command, device }, 'unknown', 'reader', '');
    else this.#end({ command: ending.sealed.command, device }, 'sealed', 'nobody', ending.sealed.code);
  }

  #end(
    about: Pick<CommandProgress, 'command' | 'device'>,
    state: CommandState,
    waitsFor: WaitsFor,
    code: string,
  ) {
    this.#say({ ...about, state, waitsFor, left: 0, code });
    this.#open.delete(hex(about.command));
  }

  #say(progress: CommandProgress): void {
    this.#open.set(hex(progress.command), { progress, until: this.#parts.now() + progress.left });
    for (const watcher of this.#watchers) watcher(progress);
  }
}
