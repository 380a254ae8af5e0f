import type { Lab } from './lab.ts';

/** One attempt within an attack. */
export interface Try {
  /** What the attacker did. */
  readonly what: string;
  readonly refused: boolean;
  /** Who refused it, or whom it succeeded against. */
  readonly by: By;
  /** Code of the refusal; a short word where the other side has no codes of ours. */
  readonly code: string;
}

export const BY = [
  'device', 'gateway', 'witness', 'authority', 'issuer', 'tablet', 'verifier', 'station', 'reader', 'system', 'build',
] as const; // prettier-ignore
export type By = (typeof BY)[number];

/**
 * Where an attack takes place. A ward plays its cases in this order: what breaks the ward comes last.
 * `gateway`: everybody is there. `skin`: the attacker holds a reader to the implant. `wire`: the attacker plays the
 * gateway to the pump, and the real one is stopped. `paper`: nothing runs, files are looked at.
 */
export const SCENES = ['paper', 'gateway', 'skin', 'wire'] as const;
export type Scene = (typeof SCENES)[number];

/** The attempts of one attack, as they are made. */
export type Attempts = AsyncGenerator<Try, void, void>;

/** An attack that can be played today. */
export interface Case {
  /** As in the catalogue. */
  readonly id: string;
  readonly scene: Scene;
  /** Ids of the parties whose hands the attacker has when nothing else is asked for: as much as the check allows. */
  readonly given: readonly string[];
  /** In one sentence: what the attacker wants. */
  readonly aim: string;
  /** Codes that a refusal may have when the attacker has these hands; any other one is a finding. */
  readonly codes: readonly string[];
  /** Needs the legitimate card reader. */
  readonly reader?: boolean;
  /** Leaves a ward behind that is good for nothing else: it gets one of its own. */
  readonly alone?: boolean;
  /** Takes longer than a few seconds. */
  readonly slow?: boolean;
  play(at: Lab): Attempts;
}

export const refused = (what: string, by: By, code: string): Try => ({ what, refused: true, by, code });
export const succeeded = (what: string, by: By, how: string): Try => ({
  what,
  refused: false,
  by,
  code: how,
});
