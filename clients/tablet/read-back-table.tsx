import type { Parameter } from '../../server/protocol/profile.ts';
import { Chip } from '../common/page/chip.tsx';
import { Value } from './value.tsx';
import { texts } from './words.ts';

type Values = ReadonlyMap<number, number>;

/** What was asked beside what the device reads now, setting by setting. */
export function ReadBackTable({
  of,
  asked,
  reads,
}: {
  of: readonly Parameter[];
  asked: Values;
  reads: Values;
}) {
  const { change, command } = texts.value;
  return (
    <table class="table change">
      <caption class="aloud">{command.readBack}</caption>
      <thead>
        <tr>
          <th scope="col">{change.setting}</th>
          <th scope="col">{command.asked}</th>
          <th scope="col">{command.reads}</th>
          <th scope="col">{change.check}</th>
        </tr>
      </thead>
      <tbody>
        {of
          .filter(({ code }) => asked.has(code))
          .map((one) => {
            const [wanted, is] = [asked.get(one.code) ?? 0, reads.get(one.code) ?? 0];
            return (
              <tr key={one.code}>
                <th scope="row">{one.name}</th>
                <td>
                  <Value of={one} value={wanted} />
                </td>
                <td>
                  <Value of={one} value={is} />
                </td>
                <td>
                  {wanted === is ? (
                    <Chip kind="verified">{command.equal}</Chip>
                  ) : (
                    <Chip kind="caution">{command.other}</Chip>
                  )}
                </td>
              </tr>
            );
          })}
      </tbody>
    </table>
  );
}
