/**
 * A card in a process of its own, as it has to be: argv[2] is the card socket; 'insert' and 'remove' come as
 * messages. The first byte of a message says what the card does with it; it answers with the rest reversed.
 */
import { virtualCard } from '../../../clients/device/virtual-card.ts';
import { Applet } from '../../../server/protocol/link/applet.ts';
import { DO } from './card-actions.ts';

const tell = (message: object): void => void process.send?.(message);
let messages = 0; // the card's persistent state: it survives power loss
const applet = new Applet({
  onSelect: () => tell({ event: 'select' }),
  onPowerLoss: () => tell({ event: 'power loss' }),
  async onMessage([what, ...rest]) {
    messages++;
    switch (what) {
      case DO.LEAVE:
        card.remove();
        break;
      case DO.HANG:
        await new Promise(() => undefined);
        break;
      case DO.SLOW:
        await new Promise((done) => setTimeout(done, 400));
        break;
      case DO.COUNT:
        return Uint8Array.of(messages);
      case DO.LONG:
        return new Uint8Array(8 * 1024).fill(rest[0] ?? 0);
      default:
    }
    return Uint8Array.from(rest.reverse());
  },
});
const card = virtualCard(process.argv[2] ?? '', applet, () => tell({ event: 'removed' }));

process.on('message', (what) => {
  if (what === 'remove') card.remove();
  if (what !== 'insert') return;
  card.insert().then(
    () => tell({ event: 'inserted' }),
    (error: unknown) => tell({ event: 'failed', why: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
tell({ event: 'ready' });
