import type { Refusals } from '../../broker/refusals.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { RefusalDesk, RefusedNow, SeenRefusal } from '../../edge/desks/refusal-desk.ts';
import { LIMITS } from '../../limits.ts';
import { ROLE } from '../../protocol/credential.ts';
import { Refusal } from '../../protocol/refusal.ts';

export interface SeenRefusalsParts {
  readonly refusals: Pick<Refusals, 'watch'>;
  readonly now: () => number;
  /** May messages themselves be kept? They can hold what concerns a patient, wherever it is no simulation. */
  readonly keepsMessages: () => boolean;
}

/** The last refusals, in memory: what a maker looks at to see why. The log has its own account of them. */
export class SeenRefusals implements RefusalDesk {
  readonly #parts: SeenRefusalsParts;
  readonly #seen: SeenRefusal[] = [];
  #number = 0;
  #bytes = 0;

  constructor(parts: SeenRefusalsParts) {
    this.#parts = parts;
    parts.refusals.watch(({ code, device, detail = '' }, { why, ...more }) =>
      this.note({ code, place: placeIn(detail, why), device, why, ...more }),
    );
  }

  note({ message, ...refused }: RefusedNow): void {
    const size = message?.length ?? 0;
    const kept = this.#parts.keepsMessages() ? message : undefined;
    this.#seen.push({ ...refused, number: ++this.#number, at: this.#parts.now(), size, message: kept });
    this.#bytes += kept?.length ?? 0;
    while (this.#seen.length > LIMITS.seenRefusals.max || this.#bytes > LIMITS.seenRefusalBytes.max)
      this.#bytes -= this.#seen.shift()?.message?.length ?? 0;
  }

  list({ roles }: Session, after: number): readonly SeenRefusal[] {
    if ((roles & ROLE.operator) === 0)
      throw new Refusal('E_ROLE', 'what was refused is for operators', 'session');
    return this.#seen.filter(({ number }) => number > after);
  }
}

/** The log says place and reason in one; here the reason has a line of its own. */
const placeIn = (detail: string, why: string): string =>
  why !== '' && detail.endsWith(`: ${why}`) ? detail.slice(0, -why.length - 2) : detail;
