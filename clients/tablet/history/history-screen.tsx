import { useEffect, useMemo, useRef } from 'preact/hooks';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import type { PublicKey } from '../../../server/protocol/crypto.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import type { Reading } from '../device/reading.ts';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import { Device } from './device-past.ts';
import { LineRow } from './line-row.tsx';
import { proofTexts } from './texts.ts';

/** The key of the device that was read last: while it is read again, its history stays where it is. */
function useKey({ reading, wanted }: Screen['state']): PublicKey | undefined {
  const last = useRef<Pick<Reading, 'id' | 'identity'> | undefined>(undefined);
  if (reading.value) last.current = reading.value;
  return last.current?.id === wanted.value ? last.current?.identity : undefined;
}

/** What was done to this device, newest first: each line proven on this tablet, as far as it can be. */
export function HistoryScreen({ state, act }: Screen) {
  const t = proofTexts.value;
  const past = state.past.value;
  const id = state.wanted.value;
  const key = useKey(state);
  const device = useMemo(
    () => (past && id !== undefined ? new Device(past, id, key) : undefined),
    [past, id, key && hex(key.kid)],
  );
  useEffect(() => {
    void device?.begin();
    return () => device?.stop();
  }, [device]);
  const { value: happened } = state.happened;
  const known = useRef(happened);
  useEffect(() => {
    if (known.current !== happened) void device?.refresh();
    known.current = happened;
  }, [device, happened]);
  const shown = device?.shown.value ?? 'loading';
  const bar = (
    <>
      {typeof shown === 'object' && shown.more && (
        <Button tall onClick={() => void device?.older()}>
          {t.older}
        </Button>
      )}
      <Button tall onClick={() => void device?.begin()}>
        {t.refresh}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <h1>{t.title}</h1>
      {shown === 'loading' ? (
        <p role="status">{t.loading}</p>
      ) : shown === 'failed' ? (
        <Notice kind="blocked" loud title={t.failed} />
      ) : shown.lines.length === 0 ? (
        <Notice kind="unknown" title={t.none} />
      ) : (
        <>
          <ul class="list history">
            {shown.lines.map((line) => (
              <LineRow
                key={line.key}
                line={line}
                now={state.now.value}
                proof={line.hash === undefined ? undefined : device?.proofs.value.get(line.hash)}
                prove={() => void device?.prove(line)}
              />
            ))}
          </ul>
          {!shown.alarms && <p class="small">{t.part}</p>}
          <p class="small">{t.names}</p>
        </>
      )}
    </Stage>
  );
}
