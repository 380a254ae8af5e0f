import type { Screen } from '../screen.ts';
import { Notice } from '../../common/page/chip.tsx';
import { clock, minuteOf, span, texts } from '../words.ts';
import { changeTexts } from './texts.ts';

/** With less than this (ms) two people are hardly done: the second one comes, enters the values, and signs. */
const SHORT_MS = 5 * 60_000;

/**
 * How long the device still waits for a signature (ms); and, when that began anew, since when and why. It gives no more
 * time while its nonce lives, however often it is read: two people with little of it are told when it does.
 */
export function TimeLeft({ state, left, two }: Pick<Screen, 'state'> & { left: number; two: boolean }) {
  const { change } = texts.value;
  const t = changeTexts.value;
  const { value: renewed } = state.renewed;
  return (
    <>
      {two && left > 0 && left < SHORT_MS ? (
        <Notice kind="caution" title={t.short(span(left))}>
          <p class="small">{t.shortSays(minuteOf(state.now.value + left + 60_000))}</p>
        </Notice>
      ) : (
        <p class="small">{left > 0 ? change.valid(span(left)) : change.late}</p>
      )}
      {renewed && left > 0 && (
        <p class="small" role="status">
          <b>{(renewed.late ? t.late : t.renewed)(span(renewed.life), clock(renewed.at))}</b>
        </p>
      )}
    </>
  );
}
