import { base64, hex, unbase64 } from '../../server/protocol/encoding/bytes.ts';
import { DEVICE, identity, openSide } from './bench.ts';

// The gateway's side of monitoring in a process of its own, so that it can be killed. Messages come and go as base64.

const [, , folder = ''] = process.argv;
const clock = { now: Date.now() };
const side = openSide(folder, clock, identity);
side.intake.arrived(hex(DEVICE), (message) => process.send?.(base64(message)));
process.on('message', (message: unknown) => {
  clock.now = Date.now();
  side.intake.receive(hex(DEVICE), unbase64(message as string));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
