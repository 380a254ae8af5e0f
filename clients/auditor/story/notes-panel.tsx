import { useState } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import type { Screen } from '../screen.ts';
import { dayAndClock, offsetText } from '../frame/times.ts';
import { texts } from '../words.ts';

const KINDS = ['note', 'tag', 'sign-off', 'hold', 'release'] as const;
export type NoteKind = (typeof KINDS)[number];
const isKind = (text: string): text is NoteKind => KINDS.some((kind) => kind === text);
const MAX_TEXT = 1_000;

/** What people noted about a command: signed, in order, never changed and never taken back. */
export function NotesPanel({ state, act }: Screen) {
  const { notes: t } = texts.value;
  const [text, setText] = useState('');
  const [kind, setKind] = useState<NoteKind>('note');
  const notes = state.notes.value;
  const add = async (): Promise<void> => {
    if (await act.note(kind, text.trim())) setText('');
  };
  return (
    <section class="notes" aria-labelledby="notes-title">
      <h2 id="notes-title">{t.title}</h2>
      {notes === 'failed' && <p>{t.failed}</p>}
      {typeof notes === 'object' && notes.length === 0 && <p class="quiet">{t.none}</p>}
      {typeof notes === 'object' && (
        <ol>
          {notes.map((note) => (
            <li key={`${note.time} ${note.text}`}>
              <strong>{isKind(note.kind) ? t.kinds[note.kind] : note.kind}</strong> {note.text}
              <p class="small">
                {dayAndClock(note.time)} {offsetText(note.time)} ·{' '}
                <span class="mono">{note.by.slice(0, 8)}</span>
              </p>
            </li>
          ))}
        </ol>
      )}
      <div class="row no-print">
        <label class="field-inline">
          {t.kind}
          <select
            class="input"
            value={kind}
            onChange={({ currentTarget }) => isKind(currentTarget.value) && setKind(currentTarget.value)}
          >
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {t.kinds[one]}
              </option>
            ))}
          </select>
        </label>
        <label class="field-inline grow">
          {t.text}
          <input
            class="input grow"
            maxLength={MAX_TEXT}
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <Button onClick={add} off={text.trim() === '' ? t.empty : undefined}>
          {t.sign}
        </Button>
      </div>
    </section>
  );
}
