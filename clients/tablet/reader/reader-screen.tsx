import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import { Scanner } from '../camera/scanner.tsx';
import { Chip, Notice } from '../../common/page/chip.tsx';
import { takeFocus } from '../../common/page/focus.ts';
import { LabelTap } from '../label/label-tap.tsx';
import type { ReaderRow } from './readers.ts';
import type { Screen } from '../screen.ts';
import { ReaderLabel } from '../set-up/samples.tsx';
import { Stage } from '../frame/stage.tsx';
import { tapTexts } from '../tap/texts.ts';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { clock, texts } from '../words.ts';

/** Binds this tablet to the reader beside it: by the label on the reader, and by seeing that this one answers. */
export function ReaderScreen({ state, act }: Screen) {
  const { reader } = texts.value;
  const label = useSignal('');
  const binding = state.binding.value;
  useEffect(() => void act.readReaders(), []);
  const bar =
    binding && !binding.confirmed ? (
      <>
        <Button tall onClick={act.releaseReader}>
          {reader.wrong}
        </Button>
        <Button tall onClick={act.showReader}>
          {reader.again}
        </Button>
        <Button kind="main" tall focus onClick={act.blinked}>
          {binding.signal === 'shown' ? reader.blinked : reader.sure}
        </Button>
      </>
    ) : (
      <Button tall onClick={() => act.go(state.patient.value ? 'devices' : 'patients')}>
        {reader.back}
      </Button>
    );
  const bind = (event: Event): void => {
    event.preventDefault();
    if (label.value.trim() !== '') void act.bindReader(label.value.trim());
  };
  const isOurs = (code: string): boolean => state.readers.value?.some((row) => row.label === code) === true;
  const take = (code: string) => act.bindReader((label.value = code));
  return (
    <Stage state={state} act={act} bar={bar}>
      <h1>{reader.title}</h1>
      <p class="quiet">{reader.lead}</p>
      <TroubleNotice state={state} />
      {binding && !binding.confirmed ? (
        <Notice kind="busy" title={reader.which(binding.label)}>
          <p>{binding.signal === 'shown' ? reader.look : reader.unable}</p>
          {binding.signal === 'shown' && state.simulator.value !== undefined && <p>{reader.simulated}</p>}
        </Notice>
      ) : (
        <>
          <form class="panel scan" onSubmit={bind}>
            <div class="field grow">
              <label for="reader-label">{reader.label}</label>
              <input
                id="reader-label"
                class="input big"
                autocomplete="off"
                ref={takeFocus}
                value={label.value}
                onInput={({ currentTarget }) => (label.value = currentTarget.value)}
              />
            </div>
            <button type="submit" class="button primary tall">
              {reader.bind}
            </button>
          </form>
          <Scanner fits={isOurs} found={take} />
          <LabelTap fits={isOurs} found={take} />
          <ReaderLabel state={state} act={act} />
          <Readers state={state} act={act} />
        </>
      )}
    </Stage>
  );
}

function Readers({ state, act }: Screen) {
  const { reader } = texts.value;
  const readers = state.readers.value;
  if (readers === undefined) return <p role="status">{reader.looking}</p>;
  if (readers.length === 0) return <Notice kind="unknown" title={reader.none} />;
  return (
    <section>
      <h2>{reader.all}</h2>
      <ul class="list">
        {readers.map((row) => (
          <ReaderLine key={row.label} row={row} act={act} />
        ))}
      </ul>
    </section>
  );
}

function ReaderLine({ row, act }: { row: ReaderRow; act: Screen['act'] }) {
  const { reader } = texts.value;
  const t = tapTexts.value;
  const busy = row.busy && !row.busy.mine;
  const wrong = row.wrongWard === true ? t.wrongWard(row.ward ?? '') : undefined;
  const off = wrong ?? (busy ? reader.busy(row.busy?.tablet ?? '') : row.linked ? undefined : reader.away);
  return (
    <li class="row">
      <div class="grow">
        <h3>{row.label}</h3>
        {row.ward !== undefined && <p class="small">{t.standsOn(row.ward)}</p>}
        {row.lastSeen !== undefined && <p class="small">{reader.seen(clock(row.lastSeen))}</p>}
        {row.trouble !== undefined && <p class="small">{row.trouble}</p>}
      </div>
      {row.wrongWard === true ? (
        <Chip kind="blocked">{t.otherWard}</Chip>
      ) : row.linked ? (
        <Chip kind="verified">{reader.linked}</Chip>
      ) : (
        <Chip kind="unknown">{reader.silent}</Chip>
      )}
      <Button off={off} onClick={() => act.bindReader(row.label)}>
        {reader.bind}
        <span class="aloud"> {row.label}</span>
      </Button>
    </li>
  );
}
