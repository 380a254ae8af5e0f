import type { Parameter, Profile } from '../../../server/protocol/profile.ts';
import type { Receipt } from '../../../server/protocol/receipt.ts';

/** A setting before a command, as it was asked for, and as the device read it back. */
export interface Moved {
  readonly of: Parameter;
  readonly before: number | undefined;
  readonly asked: number | undefined;
  readonly after: number | undefined;
}

type Settings = ReadonlyMap<number, number>;

/** What was asked, and whatever else moved: a stop names no setting. */
export function movedIn(
  { parameters }: Pick<Profile, 'parameters'>,
  settings: Settings,
  asked: Settings,
  answer: Pick<Receipt, 'before' | 'readBack'> | undefined,
): readonly Moved[] {
  const isSet = (code: number): boolean => parameters.some((one) => one.code === code && one.programmed);
  const codes = new Set(asked.keys());
  if (answer)
    for (const [code, value] of answer.readBack)
      if (answer.before.get(code) !== value && isSet(code)) codes.add(code);
  return parameters
    .filter(({ code }) => codes.has(code))
    .map((of): Moved => {
      const { code } = of;
      const before = answer?.before.get(code) ?? settings.get(code);
      return { of, before, asked: asked.get(code), after: answer?.readBack.get(code) };
    });
}
