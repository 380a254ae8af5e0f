import type { Moved } from '../../common/page/moved.ts';
import { Chip } from '../../common/page/chip.tsx';
import { Value } from '../frame/value.tsx';
import { texts } from '../words.ts';

/** Therapy as a whole, where a command was about that: how it was, and what was asked. */
export interface TherapyRow {
  readonly before: string;
  readonly asked: string;
}

/** Setting by setting: before, as it was asked, and as the device reads it now. */
export function ReadBackTable({
  moved,
  therapy,
}: {
  moved: readonly Moved[];
  therapy?: TherapyRow | undefined;
}) {
  const { change, command } = texts.value;
  return (
    <table class="table change">
      <caption class="aloud">{command.readBack}</caption>
      <thead>
        <tr>
          <th scope="col">{change.setting}</th>
          <th scope="col">{command.before}</th>
          <th scope="col">{command.asked}</th>
          <th scope="col">{command.reads}</th>
          <th scope="col">{change.check}</th>
        </tr>
      </thead>
      <tbody>
        {therapy && (
          <tr>
            <th scope="row">{command.therapy}</th>
            <td class="says">{therapy.before}</td>
            <td class="says">{therapy.asked}</td>
            <td class="says">{command.taken}</td>
            <td>
              <Chip kind="verified">{command.equal}</Chip>
            </td>
          </tr>
        )}
        {moved.map(({ of, before, asked, after }) => (
          <tr key={of.code}>
            <th scope="row">{of.name}</th>
            {[before, asked, after].map((value, i) => (
              <td key={i}>{value === undefined ? '–' : <Value of={of} value={value} />}</td>
            ))}
            <td>
              {asked === undefined ? (
                <Chip kind="waiting">{before === after ? command.stayed : command.withIt}</Chip>
              ) : asked === after ? (
                <Chip kind="verified">{command.equal}</Chip>
              ) : (
                <Chip kind="caution">{command.other}</Chip>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
