import type { Told } from '../frame/told.ts';
import { reviewTexts } from './texts.ts';

/** Whom it has reached and whom it has not, by name; and whom to call where nobody who could review it is signed in. */
export function ToldPeople({ told: { people, more } }: { told: Told }) {
  const t = reviewTexts.value.told;
  const names = (here: boolean): string =>
    people
      .filter((one) => one.here === here)
      .map(({ name = t.nameless, reviews }) => (reviews ? t.reviewer(name) : name))
      .join(', ');
  const [now, later] = [names(true), names(false)];
  return (
    <>
      <p>{now === '' ? t.nobody : t.now(now)}</p>
      {later !== '' && <p>{t.later(later)}</p>}
      {more > 0 && <p>{t.more(String(more))}</p>}
      {!people.some(({ here, reviews }) => here && reviews) && <p>{t.callOne}</p>}
    </>
  );
}
