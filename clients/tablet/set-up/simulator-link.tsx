import type { Screen } from '../screen.ts';
import { texts } from '../words.ts';

/** Only in a simulation: the page on which a visitor plays the patients, and reads their wristbands. */
export function SimulatorLink({ state }: Pick<Screen, 'state'>) {
  const url = state.simulator.value;
  return url === undefined ? null : (
    <a class="button simulator" href={url} target="_blank" rel="noopener noreferrer">
      {texts.value.frame.simulator}
    </a>
  );
}
