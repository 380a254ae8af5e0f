import { ChangeScreen } from '../change/change-screen.tsx';
import { CommandScreen } from '../command/command-screen.tsx';
import { DevicesScreen } from './devices-screen.tsx';
import { HistoryScreen } from '../history/history-screen.tsx';
import { NotRead } from './not-read.tsx';
import { OverviewScreen } from './overview-screen.tsx';
import { ReaderScreen } from '../reader/reader-screen.tsx';
import type { Screen } from '../screen.ts';
import { EndScreen } from '../session/session-screens.tsx';
import { SettingsScreen } from './settings-screen.tsx';
import { Stage } from '../frame/stage.tsx';
import type { Place } from '../state.ts';
import { ReaderMismatch, TapScreen } from '../tap/tap-screen.tsx';

/** Where nothing goes on while the implant on the reader is somebody else's. */
const STOPPED: readonly Place[] = ['devices', 'tap', 'overview', 'settings', 'change', 'history'];

/** What stands on the tablet once there is a patient: fetched when the page is open, since nobody needs it before. */
export function BedsideScreen({ state, act, at }: Screen & { at: Exclude<Place, 'patients'> }) {
  const reading = state.reading.value;
  const run = state.run.value;
  const screen = { state, act };
  if (state.mismatch.value && !state.busy.value && STOPPED.includes(at))
    return <ReaderMismatch {...screen} />;
  switch (at) {
    case 'devices':
      return <DevicesScreen {...screen} />;
    case 'reader':
      return <ReaderScreen {...screen} />;
    case 'tap':
      return <TapScreen {...screen} />;
    case 'command':
      return run ? <CommandScreen {...screen} run={run} /> : <NotRead {...screen} />;
    case 'history':
      return <HistoryScreen {...screen} />;
    case 'live':
      return state.vitals.value ? <state.vitals.value.Live {...screen} /> : <Stage {...screen}>{null}</Stage>;
    case 'end':
      return <EndScreen {...screen} />;
    default:
      break;
  }
  if (!reading) return <NotRead {...screen} />;
  if (!reading.belongs) return <TapScreen {...screen} />;
  switch (at) {
    case 'overview':
      return <OverviewScreen {...screen} reading={reading} />;
    case 'settings':
      return <SettingsScreen {...screen} reading={reading} />;
    case 'change':
      return <ChangeScreen {...screen} reading={reading} />;
    default:
      return at satisfies never;
  }
}
