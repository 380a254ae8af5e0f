import type { ComponentChildren } from 'preact';
import { OPERATION } from '../../../server/protocol/command.ts';
import type { Parameter } from '../../../server/protocol/profile.ts';
import { Button } from '../../common/page/button.tsx';
import { Chip, Notice } from '../../common/page/chip.tsx';
import { Blocked } from './blocked.tsx';
import { blockedBy, blockedSays } from './blocks.ts';
import { BatteryNotice } from '../cautions/caution-parts.tsx';
import { DeviceFacts, LastChange } from '../history/last-change.tsx';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import type { Reading } from './reading.ts';
import { StillSafe } from '../review/still-safe-notice.tsx';
import { ReaderOther, TwoAtReader } from '../tap/tap-screen.tsx';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { Value } from '../frame/value.tsx';
import { clock, modeSays, texts } from '../words.ts';

/** As many settings as fit on the screen, the maker's first ones first. */
const SET = 8;

/** Settings or measurements with their values, two in a row. */
function Facts({
  reading,
  title,
  of,
  children,
}: {
  reading: Reading;
  title: string;
  of: readonly Parameter[];
  children?: ComponentChildren;
}) {
  return (
    <section class="panel">
      <h2>{title}</h2>
      <dl class="facts">
        {of.map((one) => (
          <div key={one.code}>
            <dt>{one.name}</dt>
            <dd>
              <Value of={one} value={reading.attestation.settings.get(one.code) ?? 0} />
            </dd>
          </div>
        ))}
      </dl>
      {children}
    </section>
  );
}

/** The quick look: what matters before anything is changed. */
export function OverviewScreen({ state, act, reading }: Screen & { reading: Reading }) {
  const { overview } = texts.value;
  const { attestation, profile } = reading;
  const { mode } = attestation;
  const programmed = profile.parameters.filter((one) => one.programmed);
  const measured = profile.parameters.filter((one) => !one.programmed);
  const lost = reading.transport === 'nfc' ? state.lostAt.value : undefined;
  const { review } = reading;
  const { change } = texts.value;
  const off = state.busy.value ? change.needOutcome : blockedSays(state, reading);
  const may = (operation: number): boolean => profile.operations.some((one) => one.operation === operation);
  const bar = (
    <>
      {/* Two buttons lie between the stop and the change: a thumb that slips meets neither. */}
      {mode === 'running' && (!off || blockedBy(state, reading) === 'battery') && may(OPERATION.stop) && (
        <Button kind="danger" tall onClick={() => act.startChange(OPERATION.stop)}>
          {overview.stop}
        </Button>
      )}
      <Button tall onClick={() => act.go('end')}>
        {overview.end}
      </Button>
      <Button tall onClick={act.readAgain}>
        {overview.again}
      </Button>
      {mode !== 'running' && off !== change.needOutcome && may(OPERATION.resume) && (
        <Button tall off={review && ''} onClick={() => act.startChange(OPERATION.resume)}>
          {mode === 'safe-mode' ? overview.endSafe : overview.resume}
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
        <span class="quiet grow">{overview.read(clock(reading.at))}</span>
        {/* A device that only measures has no therapy that could run. */}
        {(mode !== 'running' || may(OPERATION.stop) || may(OPERATION.safeMode)) && (
          <Chip kind={mode === 'running' ? 'verified' : 'caution'}>{modeSays(mode)}</Chip>
        )}
      </div>
      <TroubleNotice state={state} />
      {lost !== undefined && <Notice kind="unknown" title={overview.lost(clock(lost))} />}
      <TwoAtReader state={state} transport={reading.transport} />
      {blockedBy(state, reading) !== 'battery' && <BatteryNotice reading={reading} />}
      {blockedBy(state, reading) !== 'safe' && <Blocked state={state} act={act} reading={reading} />}
      <StillSafe state={state} of={reading.id} />
      <ReaderOther state={state} />
      <LastChange state={state} reading={reading} />
      <Facts reading={reading} title={overview.set} of={programmed.slice(0, SET)}>
        {programmed.length > SET && <p class="small">{overview.more(String(programmed.length - SET))}</p>}
      </Facts>
      {measured.length > 0 && <Facts reading={reading} title={overview.measured} of={measured} />}
      <DeviceFacts reading={reading} />
    </Stage>
  );
}
