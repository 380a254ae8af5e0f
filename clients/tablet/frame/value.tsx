import type { Parameter } from '../../../server/protocol/profile.ts';
import { valueParts } from '../words.ts';

/** A value and its unit, the number large and the unit in words. */
export function Value({ of, value }: { of: Parameter; value: number }) {
  const { text, unit } = valueParts(of, value);
  return (
    <span class="value">
      <b>{text}</b>
      {unit !== '' && <span>{unit}</span>}
    </span>
  );
}
