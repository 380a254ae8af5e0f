import type { Person } from '../../authenticate/authenticated.ts';
import type { ToldPeople } from '../../edge/desks/told.ts';
import { LIMITS } from '../../limits.ts';
import { ROLE } from '../../protocol/credential.ts';

export interface ToldParts {
  readonly directory: {
    readonly people: Iterable<Person>;
    readonly status: { readonly list: { readonly revoked: readonly number[] } };
  };
  readonly signIn: { isHere(subject: string): boolean };
  readonly nameOf: (subject: string) => string | undefined;
  /** Unix ms. */
  readonly now: () => number;
}

/** Somebody by what the list of a desk asks of them. */
export interface Listed {
  readonly subject: string;
  readonly roles: number;
}

/** Who treats patients, or sees to it that things are looked at: others have no list to find anything in. */
const HAVE_LISTS = ROLE.clinician | ROLE.second | ROLE.operator;
const REVIEW = ROLE.second | ROLE.operator;

/**
 * Who is told of something that somebody else has to look at: everybody in whose list it stands, by the same question that
 * makes the list. Nobody is told who is not certified now.
 */
export class Told {
  readonly #parts: ToldParts;

  constructor(parts: ToldParts) {
    this.#parts = parts;
  }

  /**
   * Those who may review it first, and of them those who are signed in.
   *
   * @param lists does it stand in this person's list?
   * @param but whoever did it: they need not be told
   */
  of(lists: (one: Listed) => boolean, but: string | undefined): ToldPeople {
    const { signIn, nameOf } = this.#parts;
    const all = this.#certified()
      .filter((one) => (one.roles & HAVE_LISTS) !== 0 && one.subject !== but && lists(one))
      .map(({ subject, roles }) => ({
        subject,
        name: nameOf(subject),
        reviews: (roles & REVIEW) !== 0,
        here: signIn.isHere(subject),
      }))
      .toSorted((a, b) => Number(b.reviews) - Number(a.reviews) || Number(b.here) - Number(a.here));
    const most = LIMITS.toldPeople.max;
    return { people: all.slice(0, most), more: Math.max(0, all.length - most) };
  }

  /** One row for each person, whatever number of passkeys they have. */
  #certified(): readonly Listed[] {
    const { directory, now } = this.#parts;
    const { revoked } = directory.status.list;
    const time = now() / 1000;
    const roles = new Map<string, number>();
    for (const { subject, credential } of directory.people) {
      const { notBefore, notAfter, serial } = credential;
      if (time < notBefore || time > notAfter || revoked.includes(serial)) continue;
      roles.set(subject, (roles.get(subject) ?? 0) | credential.roles);
    }
    return [...roles].map(([subject, of]) => ({ subject, roles: of }));
  }
}
