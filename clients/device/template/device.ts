import { runDevice } from '../run-device.ts';
import { SimulatedTherapy } from '../sdk/therapy.ts';

// What treats the patient. Replace SimulatedTherapy by a class of your own with the same three methods:
//
//   stage(settings)           put settings into shadow registers, read back what they then hold
//   activate(settings, mode)  make stored settings the ones that act, in one step
//   confirmedAtDevice()       did somebody press the key at the device just now?
//
// Settings are integers by their code in profile.json: 50 mL/h with a scale of 1 is 500.
const therapy = new SimulatedTherapy();

await runDevice({
  name: 'NAME',
  firmware: 'NAME 0.1',
  therapy,
  onConfirm: () => therapy.pressConfirm(),
});
