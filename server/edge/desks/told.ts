/** Somebody in whose list something stands that has to be looked at. */
export interface ToldPerson {
  readonly subject: string;
  readonly name: string | undefined;
  /** May they review it? */
  readonly reviews: boolean;
  /** Signed in somewhere at this moment: it is on their screen; the others find it when they sign in. */
  readonly here: boolean;
}

export interface ToldPeople {
  readonly people: readonly ToldPerson[];
  /** So many more, who are not named. */
  readonly more: number;
}
