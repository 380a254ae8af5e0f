import type { ExportFormat } from './export-sheet.tsx';
import { nameIn, save } from './download.ts';
import type { Gateway } from '../gateway.ts';
import type { NoteKind } from '../story/notes-panel.tsx';
import type { State } from '../state.ts';
import { offsetAt } from '../frame/times.ts';

/** What somebody takes away, and what they leave behind: files of rows, and signed notes. */
export interface Taking {
  readonly export: (format: ExportFormat, names: boolean) => Promise<void>;
  readonly closeExport: () => void;
  readonly readNotes: (about: string) => Promise<void>;
  /** True when it was signed and kept. */
  readonly note: (kind: NoteKind, text: string) => Promise<boolean>;
}

export function takingActions(
  state: State,
  now: () => Gateway | undefined,
  fail: (error: unknown) => void,
): Taking {
  /** The export that runs; another number means that nobody wants it any more. */
  let run = 0;
  const readNotes = async (about: string): Promise<void> => {
    const gateway = now();
    if (!gateway) return;
    state.notes.value = 'loading';
    try {
      const notes = await gateway.notes(about);
      if (state.opened.value?.story.command === about) state.notes.value = notes;
    } catch {
      state.notes.value = 'failed';
    }
  };
  return {
    readNotes,
    async export(format, names) {
      const gateway = now();
      if (!gateway) return;
      const mine = ++run;
      state.trouble.value = undefined;
      state.export.value = { state: 'running', bytes: 0, rows: 0 };
      let bytes = 0;
      try {
        const offset = offsetAt(Date.now());
        const answer = await gateway.export(state.filters.value, format, names, offset);
        const rows = Number(answer.headers.get('export-rows') ?? 0);
        const parts: Uint8Array<ArrayBuffer>[] = [];
        const reader = answer.body?.getReader();
        for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
          if (mine !== run) {
            await reader?.cancel();
            return;
          }
          parts.push(Uint8Array.from(next.value));
          bytes += next.value.length;
          state.export.value = { state: 'running', bytes, rows };
        }
        const type = answer.headers.get('content-type') ?? 'application/octet-stream';
        save(
          new Blob(parts, { type }),
          nameIn(answer) ?? `countersign.${format === 'fhir' ? 'json' : format}`,
        );
        state.export.value = { state: 'done', bytes, rows };
      } catch (error) {
        if (mine !== run) return;
        // What came before the break is no file: nothing is saved that looks whole and is not.
        state.export.value = bytes > 0 ? { state: 'broken', bytes, rows: 0 } : undefined;
        if (bytes === 0) fail(error);
      }
    },
    closeExport() {
      run += 1;
      state.export.value = undefined;
      state.exportingRows.value = false;
    },
    async note(kind, text) {
      const [gateway, about] = [now(), state.opened.value?.story.command];
      if (!gateway || about === undefined || text === '') return false;
      state.trouble.value = undefined;
      try {
        await gateway.note(about, kind, text);
        await readNotes(about);
        return true;
      } catch (error) {
        fail(error);
        return false;
      }
    },
  };
}
