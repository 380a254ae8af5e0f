import { useState } from 'preact/hooks';
import * as z from 'zod/mini';
import { Button } from '../../common/page/button.tsx';
import type { Shelf } from '../../common/page/gate/shelf.ts';
import { filtersIn, fragmentOf } from './address.ts';
import type { Screen } from '../screen.ts';
import type { State } from '../state.ts';
import { texts } from '../words.ts';

const NAME = 'saved filters';
const SAVED = z.array(z.object({ name: z.string(), fragment: z.string() }));
/** Nobody finds one among more. */
const MAX_SAVED = 50;

/** Filters under a name, on this computer: what may stand in an address, so never a person, a patient or what was typed. */
export interface SavedFilter {
  readonly name: string;
  readonly fragment: string;
}

export interface Saving {
  readonly readSaved: () => Promise<void>;
  readonly saveFilters: (name: string) => Promise<void>;
  readonly dropSaved: (name: string) => Promise<void>;
}

export function savingActions(shelf: Shelf, state: State): Saving {
  const keep = async (saved: readonly SavedFilter[]): Promise<void> => {
    state.saved.value = saved;
    await shelf.put(NAME, saved).catch(() => undefined); // They last for this session then.
  };
  const others = (name: string): readonly SavedFilter[] =>
    state.saved.value.filter((one) => one.name !== name);
  return {
    async readSaved() {
      const read = SAVED.safeParse(await shelf.get(NAME).catch(() => undefined));
      state.saved.value = read.success ? read.data : [];
    },
    async saveFilters(name) {
      const fragment = fragmentOf('commands', state.filters.value);
      await keep([...others(name), { name, fragment }].slice(-MAX_SAVED));
    },
    dropSaved: (name) => keep(others(name)),
  };
}

/** Lists that somebody comes back to. */
export function SavedFilters({ state, act }: Screen) {
  const { saved: t } = texts.value;
  const [name, setName] = useState('');
  const now = fragmentOf('commands', state.filters.value);
  const chosen = state.saved.value.find(({ fragment }) => fragment === now)?.name ?? '';
  return (
    <>
      {state.saved.value.length > 0 && (
        <div class="field">
          <label for="saved">{t.title}</label>
          <select
            id="saved"
            class="input"
            value={chosen}
            onChange={({ currentTarget }) => {
              const one = state.saved.value.find((each) => each.name === currentTarget.value);
              act.filter(one ? filtersIn(one.fragment).filters : {});
            }}
          >
            <option value="">{t.none}</option>
            {state.saved.value.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
          </select>
          {chosen !== '' && <Button onClick={() => act.dropSaved(chosen)}>{t.drop}</Button>}
        </div>
      )}
      <details>
        <summary>{t.save}</summary>
        <div class="field">
          <label for="save-name">{t.name}</label>
          <input
            id="save-name"
            class="input"
            maxLength={40}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
          <p class="small">{t.says}</p>
          <Button
            off={name.trim() === '' ? t.empty : undefined}
            onClick={async () => {
              await act.saveFilters(name.trim());
              setName('');
            }}
          >
            {t.keep}
          </Button>
        </div>
      </details>
    </>
  );
}
