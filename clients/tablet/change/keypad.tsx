import { useEffect } from 'preact/hooks';
import type { Parameter } from '../../../server/protocol/profile.ts';
import { type Entry, type Key, press as pressed } from './entry.ts';
import { problemSays } from './entry-words.ts';
import { texts } from '../words.ts';

const ROWS: readonly (readonly Key[])[] = [
  ['7', '8', '9'],
  ['4', '5', '6'],
  ['1', '2', '3'],
  ['mark', '0', 'back'],
];
/** Both marks mean the decimal one; nothing here groups digits. */
const TYPED: ReadonlyMap<string, Key> = new Map<string, Key>([
  ...(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const).map((key): [string, Key] => [key, key]),
  ['.', 'mark'],
  [',', 'mark'],
  ['Backspace', 'back'],
  ['Delete', 'clear'],
]);

/** Keys of 20 mm for numbers; a keyboard does the same. Held keys do not repeat. */
export function Keypad({ entry, of, press }: { entry: Entry; of: Parameter; press: (next: Entry) => void }) {
  const { edit } = texts.value;
  const hit = (key: Key): void => press(pressed(entry, key, performance.now(), of.scale));
  useEffect(() => {
    const typed = (event: KeyboardEvent): void => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = TYPED.get(event.key);
      if (key === undefined) return;
      event.preventDefault();
      hit(key);
    };
    addEventListener('keydown', typed);
    return () => removeEventListener('keydown', typed);
  });
  const names: Readonly<Partial<Record<Key, string>>> = { mark: '.', back: '⌫', clear: edit.clear };
  return (
    <div class="keypad" role="group" aria-label={edit.keys}>
      {ROWS.flat().map((key) => (
        <button
          key={key}
          type="button"
          class="key"
          aria-label={key === 'back' ? edit.back : undefined}
          onClick={() => hit(key)}
        >
          {names[key] ?? key}
        </button>
      ))}
      <button type="button" class="button wide" onClick={() => hit('clear')}>
        {edit.clear}
      </button>
      <p class="small problem" role="status">
        {entry.problem === undefined ? '' : problemSays(entry.problem, of)}
      </p>
    </div>
  );
}
