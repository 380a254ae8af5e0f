import type { Parameter } from '../../../server/protocol/profile.ts';
import type { Fault, Problem } from './entry.ts';
import { number, texts, unitOf } from '../words.ts';

const whole = (text: string, of: Parameter): string => {
  const unit = unitOf(of);
  return unit === '' ? text : `${text} ${unit}`;
};

/** Why what stands in the field is no value to take. */
export function faultSays(fault: Fault, of: Parameter): string {
  const { edit } = texts.value;
  switch (fault) {
    case 'range':
      return edit.range(number(of.min, of.scale), whole(number(of.max, of.scale), of));
    case 'step':
      return edit.step(whole(number(of.step, of.scale), of));
    case 'change':
      return edit.tooMuch(whole(number(of.maxChange, of.scale), of));
    default:
      return edit[fault];
  }
}

/** Why the last key did nothing. */
export function problemSays(problem: Problem, of: Parameter): string {
  const { edit } = texts.value;
  return problem === 'decimals' ? edit.decimals(String(of.scale)) : edit[problem];
}
