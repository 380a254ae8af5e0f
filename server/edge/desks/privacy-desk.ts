/** Who a command was about and why, shown to one auditor for a short time. */
export interface Unmasked {
  /** Until when it may be shown (Unix ms); asking again before that is not logged again. */
  readonly until: number;
  /** The patient as the hospital's directory has them; undefined where it has them no more. */
  readonly patient: { readonly name: string; readonly mrn: string; readonly birthDate: string } | undefined;
  /** The patient's whole pseudonym on this device: what an operator's signed erasure names. */
  readonly pseudonym: string;
  /** Pseudonyms of the people who signed. */
  readonly people: readonly string[];
  readonly reason: string;
  readonly note: string;
  readonly order: string;
  readonly tablets: readonly string[];
}

/** That a person was erased: when (Unix ms), and by whose signed word. */
export interface Erased {
  readonly when: number;
  readonly by: string;
}

export interface RetentionRow {
  readonly class: string;
  readonly years: number;
  readonly basis: string;
}

/** What is kept how long, what a legal hold keeps longer, and who was erased. Nothing of it happens by itself. */
export interface RetentionView {
  readonly retention: readonly RetentionRow[];
  readonly holds: readonly {
    readonly about: string;
    readonly time: number;
    readonly by: string;
    readonly text: string;
  }[];
  /** The first eight digits of each patient's pseudonym. */
  readonly erased: readonly (Erased & { readonly patient: string })[];
}

/** One entry that a person's own passkey signed. */
export interface KeyUse {
  readonly entry: number;
  readonly time: number;
  readonly kid: string;
  readonly kind: string;
  readonly action: string;
  readonly outcome: string;
  readonly device: string | undefined;
  readonly command: string | undefined;
}
