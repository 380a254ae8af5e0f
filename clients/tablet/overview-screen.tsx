import { hex } from '../../server/protocol/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { Button } from '../common/page/button.tsx';
import { Chip, Notice } from '../common/page/chip.tsx';
import { ReviewDue } from './review/review-sheet.tsx';
import type { Screen } from './screen.ts';
import { Stage } from './stage.tsx';
import type { Reading } from './reading.ts';
import { TroubleNotice } from './trouble-notice.tsx';
import { Value } from './value.tsx';
import { clock, duration, texts } from './words.ts';

/** The quick look: what matters before anything is changed. */
export function OverviewScreen({ state, act, reading }: Screen & { reading: Reading }) {
  const { overview } = texts.value;
  const { attestation, profile } = reading;
  const { mode, settings } = attestation;
  const measured = profile.parameters.filter(({ programmed }) => !programmed);
  const modes = { running: overview.running, stopped: overview.stopped, 'safe-mode': overview.safe } as const;
  const review = state.patient.value?.assigned.find(({ id }) => id === reading.id)?.review;
  const off = state.unknown.value || state.busy.value ? texts.value.change.needOutcome : undefined;
  const may = (operation: number): boolean => profile.operations.some((one) => one.operation === operation);
  const bar = (
    <>
      <Button tall onClick={() => act.go('end')}>
        {overview.end}
      </Button>
      <Button tall onClick={act.readAgain}>
        {overview.again}
      </Button>
      {mode === 'running' && !off && may(OPERATION.stop) && (
        <Button tall onClick={() => act.startChange(OPERATION.stop)}>
          {overview.stop}
        </Button>
      )}
      {mode !== 'running' && !off && may(OPERATION.resume) && (
        <Button tall onClick={() => act.startChange(OPERATION.resume)}>
          {overview.resume}
        </Button>
      )}
      <Button kind="main" tall off={off} onClick={() => act.startChange()}>
        {overview.change}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="heading">
        <h1>{overview.title}</h1>
        <span class="quiet">{overview.read(clock(reading.at))}</span>
      </div>
      <TroubleNotice state={state} />
      {state.unknown.value && (
        <Notice kind="unknown" title={overview.unknownTitle}>
          <p>{overview.unknownSays}</p>
          <Button onClick={act.settle}>{overview.ask}</Button>
        </Notice>
      )}
      {review !== undefined && (
        <Notice kind="caution" title={overview.reviewTitle}>
          <p>{overview.reviewSays}</p>
          <ReviewDue state={state} device={reading.id} command={review} />
        </Notice>
      )}
      <div class="tiles">
        <section class="panel tile">
          <h2>{overview.mode}</h2>
          <Chip kind={mode === 'running' ? 'verified' : 'caution'}>{modes[mode]}</Chip>
        </section>
        {measured.map((parameter) => (
          <section class="panel tile" key={parameter.code}>
            <h2>{parameter.name}</h2>
            <Value of={parameter} value={settings.get(parameter.code) ?? 0} />
            <p class="small">{overview.measured}</p>
          </section>
        ))}
        <section class="panel tile">
          <h2>{overview.counter}</h2>
          <span class="value">
            <b>{attestation.counter}</b>
          </span>
        </section>
        <section class="panel tile">
          <h2>{overview.lastReceipt}</h2>
          <span class="value">
            <b>{attestation.receiptNumber}</b>
          </span>
          <p class="small mono">{hex(attestation.lastReceipt).slice(0, 16)}</p>
        </section>
        <section class="panel tile">
          <h2>{overview.deviceTime}</h2>
          <span class="value">
            <b>{duration(attestation.ticks)}</b>
          </span>
        </section>
      </div>
    </Stage>
  );
}
