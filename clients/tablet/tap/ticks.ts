import { effect } from '@preact/signals';
import type { TapPhase } from '../../../server/protocol/link/tap-phase.ts';
import type { State } from '../state.ts';

/** A tone: pitch (Hz), length (s). Far below what monitors use for alarms, in loudness and in length. */
interface Tone {
  readonly pitch: number;
  readonly seconds: number;
}
const TICK: Tone = { pitch: 1_200, seconds: 0.04 };
const LOSS: Tone = { pitch: 330, seconds: 0.25 };
const LOUDNESS = 0.05;
const ON_ITS_WAY: readonly TapPhase[] = ['found', 'authenticated', 'reading', 'read'];

/**
 * A short tick for each step of a tap, and another, lower sound when it ended before it was read: whoever holds a reader over a
 * patient looks at the patient. Alarms have no sound here.
 *
 * @param sounding told of each tone
 */
export function tickTaps(
  state: Pick<State, 'tap' | 'view'>,
  sounding: (tone: Tone) => void = speaker(),
): void {
  let before = '';
  effect(() => {
    const tap = state.tap.value;
    const now = tap ? `${tap.phase} ${tap.step}` : '';
    if (now === before) return;
    before = now;
    if (tap && state.view.peek().at !== 'locked') sounding(ON_ITS_WAY.includes(tap.phase) ? TICK : LOSS);
  });
}

/** Made at the first tone: before anybody pressed anything a browser lets no page sound, and that is no fault. */
function speaker(): (tone: Tone) => void {
  let audio: AudioContext | undefined;
  return ({ pitch, seconds }) => {
    audio ??= new AudioContext();
    void audio.resume().catch(() => undefined);
    const [source, gain] = [audio.createOscillator(), audio.createGain()];
    source.frequency.value = pitch;
    gain.gain.value = LOUDNESS;
    source.connect(gain).connect(audio.destination);
    source.start();
    source.stop(audio.currentTime + seconds);
  };
}
