import type { GatewayBench } from './bench.ts';

/** What a case cannot do without, as the declaration has it. */
export type GatewayNeed = 'clinician' | 'second' | 'station' | 'card' | 'unenrolled';

/** One thing a gateway has to do, or must not do. */
export interface GatewayCase {
  /** Group and name; it never changes its meaning. */
  readonly id: string;
  /** The rule, as a sentence about the gateway. */
  readonly says: string;
  /** Section of PROTOCOL.md. */
  readonly section: string;
  readonly needs?: readonly GatewayNeed[];
  readonly run: (bench: GatewayBench) => Promise<void>;
}

export const LACKING: Readonly<Record<GatewayNeed, string>> = {
  clinician: 'nobody can sign in: declare `clinicians`',
  second: 'nobody can sign as the second person: declare `clinicians.second`',
  station: 'no reader station: declare `station`',
  card: 'no implant to lay on a reader: declare `station` and `card`',
  unenrolled: 'no certificate that nobody enrolled: declare `unenrolled`',
};
