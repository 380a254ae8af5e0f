import { useEffect } from 'preact/hooks';
import type { State } from '../state.ts';
import { texts } from '../words.ts';

/** Simulation or real, in a word: on every screen, on paper and in the title, so that neither is taken for the other. */
export function useEnvironment({ environment }: State): string {
  const { frame } = texts.value;
  const word = environment.value === 'simulation' ? frame.simulation : frame.production;
  useEffect(() => void (document.title = `${word} · ${frame.product}`), [word, frame]);
  return word;
}
