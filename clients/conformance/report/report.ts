/** What became of one case. `error` is a fault of the kit or of the place, never of the device. */
export type Verdict = 'pass' | 'fail' | 'warn' | 'skip' | 'error';

/** Everything that is needed to understand a failure without running it again. */
export interface Failure {
  readonly rule: string;
  readonly expected: string;
  readonly got: string;
  /** Where in the message or the answer. */
  readonly field: string;
  /** The last message of the case and what came back, in hexadecimal; empty where there was none. */
  readonly sent: string;
  readonly received: string;
}

export interface Outcome {
  readonly id: string;
  readonly says: string;
  /** Section of PROTOCOL.md. */
  readonly section: string;
  readonly verdict: Verdict;
  readonly ms: number;
  /** Why it was skipped, warned of, or could not be tried. */
  readonly note?: string;
  readonly failure?: Failure;
}

/** What was tested. */
export type Subject = 'device' | 'gateway';

/** One run, as every view of it is made from: text, HTML, JUnit and the signed statement. */
export interface Report {
  readonly kit: string;
  readonly protocol: number;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly ms: number;
  readonly seed: number;
  readonly subject: Subject;
  /** Of a gateway: digest of the anchors it stands under. */
  readonly anchors?: string;
  /** The device under test; of a gateway, its own name and the device that the kit played for it. */
  readonly device: {
    readonly id: string;
    readonly name: string;
    readonly link: string;
    readonly firmware: string;
  };
  readonly profile: {
    readonly model: string;
    readonly maker: string;
    readonly version: number;
    readonly hash: string;
  };
  /** False when only some cases were asked for: such a run says nothing of the whole. */
  readonly complete: boolean;
  readonly outcomes: readonly Outcome[];
}

export type Tally = Readonly<Record<Verdict, number>>;

export function tally({ outcomes }: Pick<Report, 'outcomes'>): Tally {
  const count = (verdict: Verdict): number => outcomes.filter((each) => each.verdict === verdict).length;
  return {
    pass: count('pass'),
    fail: count('fail'),
    warn: count('warn'),
    skip: count('skip'),
    error: count('error'),
  };
}

export type Judgement = 'CONFORMS' | 'DOES NOT CONFORM' | 'NOT DECIDED';

/** One fault is enough; a run in part, or with an error of the kit, decides nothing. */
export function judgementOf(report: Report): Judgement {
  const { fail, error } = tally(report);
  if (fail > 0) return 'DOES NOT CONFORM';
  return error > 0 || !report.complete ? 'NOT DECIDED' : 'CONFORMS';
}
