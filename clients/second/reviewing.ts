import type { Desk } from './gate/desk.ts';
import { type BrokenGlass, closeGlass } from './gate/glass.ts';
import { closeReview, type OpenReview } from './gate/reviews.ts';
import { glassReviewedView, glassView } from './page/glass.ts';
import { reviewedView, reviewView } from './page/review.ts';
import type { Shell, View } from './page/shell.ts';
import { aboutOf, sentence } from './page/words-for-people.ts';

/** What somebody did who had no second person then, opened for who looks at it now. @param home back to the list, with what is to be told */
export function reviewing(shell: Shell, desk: Desk, home: (said?: string) => Promise<void>) {
  const back = (): void => void home();
  const closing =
    (close: (found: string) => Promise<void>, after: () => View) =>
    async (found: string): Promise<string | undefined> => {
      try {
        await close(found);
      } catch (error) {
        return sentence(error);
      }
      shell.show(after());
      return undefined;
    };
  return {
    async emergency(one: OpenReview): Promise<void> {
      desk.stream.changed = () => undefined;
      try {
        const known = await desk.known(one.device);
        const receipt = await desk.rescue(one, known).catch(sentence);
        const now = await desk.read(one.device).then(({ now }) => now, sentence);
        const close = closing(
          (found) => closeReview(desk, one, found),
          () => reviewedView(one, back),
        );
        shell.about(aboutOf(one));
        shell.show(reviewView(one, { profile: known.profile, receipt, now }, close, back));
      } catch (error) {
        await home(sentence(error));
      }
    },
    glass(one: BrokenGlass): void {
      desk.stream.changed = () => undefined;
      const close = closing(
        (found) => closeGlass(desk, one, found),
        () => glassReviewedView(one, back),
      );
      shell.show(glassView(one, close, back));
    },
  };
}
