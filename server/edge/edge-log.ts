/** Where the edge reports what it cannot answer for. A part of what the programs' own log can do. */
export interface EdgeLog {
  error(event: string, fields: EdgeFacts): void;
}

/** The facts a line may carry; none has room for what a stranger sent. */
export interface EdgeFacts {
  readonly name: string;
  readonly reason: string;
}

/** What is known about something thrown that is no Refusal. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'something that is no Error was thrown';
