import { Button } from '../../common/page/button.tsx';
import { Chip, Notice } from '../../common/page/chip.tsx';
import type { AssignedDevice } from '../patient/patients.ts';
import { SafetyMarks } from '../safety/safety-marks.tsx';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import { ReaderOther } from '../tap/tap-screen.tsx';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { endOf, texts } from '../words.ts';

/** Which of the patient's devices: each says openly what it waits for. */
export function DevicesScreen({ state, act }: Screen) {
  const { devices, overview, reader } = texts.value;
  const assigned = state.patient.value?.assigned ?? [];
  const bar = (
    <>
      <Button tall onClick={() => act.go('end')}>
        {overview.end}
      </Button>
      {state.binding.value && (
        <Button tall onClick={() => act.go('reader')}>
          {reader.wrong}
        </Button>
      )}
      <Button tall onClick={act.leavePatient}>
        {devices.leave}
      </Button>
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <h1>{devices.title}</h1>
      <p class="quiet">{devices.lead}</p>
      <TroubleNotice state={state} />
      <ReaderOther state={state} />
      {assigned.length === 0 && <Notice kind="unknown" title={devices.none} />}
      <ul class="list">
        {assigned.map((device) => (
          <DeviceLine key={device.id} device={device} act={act} now={state.now.value} />
        ))}
      </ul>
    </Stage>
  );
}

function DeviceLine({ device, act, now }: { device: AssignedDevice; act: Screen['act']; now: number }) {
  const { devices } = texts.value;
  return (
    <li class="row">
      <div class="grow">
        <h2>
          {device.model} …{endOf(device.id)}
        </h2>
        <p class="quiet">
          {device.name} · {device.transport === 'nfc' ? devices.implant : devices.network}
        </p>
        <p class="chips">
          {device.connected ? (
            <Chip kind="verified">{devices.connected}</Chip>
          ) : (
            <Chip kind="unknown">{devices.away}</Chip>
          )}
          {device.unknown !== undefined && <Chip kind="unknown">{devices.unknown}</Chip>}
          <SafetyMarks of={device} now={now} />
        </p>
      </div>
      <Button onClick={() => void act.chooseDevice(device.id)}>
        {devices.choose}
        <span class="aloud"> {device.name}</span>
      </Button>
    </li>
  );
}
