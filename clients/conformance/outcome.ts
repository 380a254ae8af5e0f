import { hex } from '../../server/protocol/encoding/bytes.ts';
import type { Exchange } from './bench.ts';
import { CaseFault, Skipped, Warned } from './faults.ts';
import { Lost } from './links/contact.ts';
import type { Failure, Outcome } from './report/report.ts';

/** One case, whatever is tested. */
export interface Tried {
  readonly id: string;
  readonly says: string;
  readonly section: string;
  /** Why it does not apply here. */
  readonly lacking: string | undefined;
  readonly run: () => Promise<void>;
  /** Told when the case ended otherwise than well: nobody knows what the other side is in. */
  readonly upset: () => void;
  /** Everything that went over the link in this case. */
  readonly exchanges: readonly Exchange[];
  /** An answer that takes longer is a warning. */
  readonly answerMs: number;
}

/** Runs one case and says what became of it. Never rejects. */
export async function outcomeOf(tried: Tried): Promise<Outcome> {
  const { id, says, section, lacking, exchanges, answerMs } = tried;
  const since = performance.now();
  const done = (rest: Pick<Outcome, 'verdict'> & Partial<Outcome>): Outcome => ({
    id,
    says,
    section,
    ms: Math.round(performance.now() - since),
    ...rest,
  });
  if (lacking !== undefined) return done({ verdict: 'skip', note: lacking });
  try {
    await tried.run();
  } catch (error) {
    if (error instanceof Skipped) return done({ verdict: 'skip', note: error.message });
    if (error instanceof Warned) return done({ verdict: 'warn', note: error.message });
    tried.upset();
    if (error instanceof CaseFault) return done({ verdict: 'fail', failure: failureOf(error, exchanges) });
    if (error instanceof Lost)
      return done({
        verdict: 'fail',
        failure: failureOf(
          new CaseFault('it answers', { expected: 'an answer', got: error.message }),
          exchanges,
        ),
      });
    return done({ verdict: 'error', note: error instanceof Error ? error.message : String(error) });
  }
  const slowest = Math.round(Math.max(0, ...exchanges.map(({ ms }) => ms)));
  if (slowest > answerMs)
    return done({ verdict: 'warn', note: `an answer took ${slowest} ms; declared are ${answerMs} ms` });
  return done({ verdict: 'pass' });
}

function failureOf({ rule, expected, got, field }: CaseFault, exchanges: readonly Exchange[]): Failure {
  const last = exchanges.at(-1);
  return {
    rule,
    expected,
    got,
    field,
    sent: last ? hex(last.sent) : '',
    received: last?.got ? hex(last.got) : '',
  };
}
