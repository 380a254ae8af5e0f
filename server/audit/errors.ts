/** fork: a witness saw another root; truncated: it saw more; damaged: stored hashes do not fit; fenced: another gateway took over. */
export type Inconsistency = 'fork' | 'truncated' | 'damaged' | 'fenced';

/** The log does not continue what was witnessed or signed before, so nothing may be granted on it. */
export class LogInconsistent extends Error {
  readonly reason: Inconsistency;
  constructor(reason: Inconsistency, message: string) {
    super(message);
    this.name = 'LogInconsistent';
    this.reason = reason;
  }
}

/** Too few witnesses cosigned in time. The entry stays in the log; what depended on it must not go on. */
export class QuorumUnavailable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuorumUnavailable';
  }
}
