import type { Screen } from '../screen.ts';
import { clock, span, texts } from '../words.ts';
import { changeTexts } from './texts.ts';

/** How long the device still waits for a signature (ms); and, when that began anew, since when and why. */
export function TimeLeft({ state, left }: Pick<Screen, 'state'> & { left: number }) {
  const { change } = texts.value;
  const t = changeTexts.value;
  const { value: renewed } = state.renewed;
  return (
    <>
      <p class="small">{left > 0 ? change.valid(span(left)) : change.late}</p>
      {renewed && left > 0 && (
        <p class="small" role="status">
          <b>{(renewed.late ? t.late : t.renewed)(span(renewed.life), clock(renewed.at))}</b>
        </p>
      )}
    </>
  );
}
