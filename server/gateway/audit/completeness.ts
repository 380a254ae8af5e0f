import type { Completeness, SearchWish } from '../../edge/desks/audit-desk.ts';
import type { IndexAnswers } from './search.ts';

const DEVICE_ALONE: readonly (keyof SearchWish)[] = [
  'person',
  'role',
  'patient',
  'action',
  'tier',
  'outcome',
  'code',
  'second',
  'proof',
  'place',
  'link',
  'text',
  'model',
];

/** What an answer proves by itself, and what not: said with each, so that nobody takes a filter for a proof. */
export function completenessOf(
  wish: SearchWish,
  receipts: IndexAnswers['receipts']['answer'],
  { indexed, size }: { readonly indexed: number; readonly size: number },
): Completeness {
  const partial =
    indexed < size ? [`The index has ${indexed} of ${size} entries so far; the answer is partial.`] : [];
  if (wish.device === undefined) return { proven: false, says: [...partial, ...withoutDevice(wish)] };
  if (!receipts)
    return {
      proven: false,
      says: [...partial, 'This device has no receipt in the log yet, so there is nothing to count.'],
    };
  const { first, last, missing, twice } = receipts;
  const narrowed =
    DEVICE_ALONE.some((name) => wish[name] !== undefined) || wish.from !== undefined || wish.to !== undefined;
  const says = [...partial];
  if (missing.length > 0)
    says.push(`Receipts ${missing.join(', ')} of this device are missing from the log: see the gaps.`);
  if (twice.length > 0) says.push(`Two receipts have the number ${twice.join(', ')}: see the gaps.`);
  if (missing.length === 0 && twice.length === 0)
    says.push(
      `Receipts ${first} to ${last} of this device are all in the log: no outcome up to the last one is missing.${first > 1 ? ` Those before ${first} were given before it came here.` : ''}`,
    );
  says.push(
    'Commands that were refused before they reached the device have no receipt; they are counted by the log alone.',
  );
  if (narrowed) says.push('Other filters are on: what they leave out is not shown, but it is in the log.');
  return { proven: missing.length === 0 && twice.length === 0 && indexed === size, says, receipts };
}

function withoutDevice(wish: SearchWish): readonly string[] {
  const says: string[] = [];
  if (wish.person !== undefined || wish.role !== undefined)
    says.push(
      'A person’s rows are found by the passkeys that signed. That there are no others, this answer does not prove: a copy of the whole log does.',
    );
  else if (wish.patient !== undefined)
    says.push(
      'A patient’s rows are found by the pseudonym that the device carried. To prove that none is missing, search for the device.',
    );
  else if (wish.from !== undefined || wish.to !== undefined)
    says.push(
      'A period is proven to be complete by its evidence bundle: there the entries follow each other without a gap.',
    );
  else
    says.push(
      'This answer comes from the gateway’s index. A device’s rows are proven complete by its receipt numbers, a period’s by its bundle, everything by a copy of the log.',
    );
  return says;
}
