import type { Session } from '../../edge/desks/desk.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';

type Tell = (event: string, device: Bytes) => void;

/** Who watches what happens to devices, from now on until they leave. */
export class Watchers {
  readonly #all = new Set<{ readonly session: Session; readonly tell: Tell }>();

  /** Gives what ends it. */
  add(session: Session, tell: Tell): () => void {
    const mine = { session, tell };
    this.#all.add(mine);
    return () => this.#all.delete(mine);
  }

  /** Tells those whom it is for. */
  tell(event: string, device: Bytes, isFor: (session: Session) => boolean): void {
    for (const { session, tell } of this.#all) if (isFor(session)) tell(event, device);
  }
}
