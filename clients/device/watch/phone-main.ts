import { z } from 'zod';
import { runProcess } from '../../common/process/lifecycle.ts';
import { openPhone } from './phone.ts';

const HELP = `The phone of a simulated watch: it carries the watch's bytes to the gateway, and can read none of them.

Configuration (JSON):
  port     where the watch finds it, on loopback
  gateway  port of the gateway's door for devices`;

const port = z.int().min(0).max(65_535);

await runProcess({
  name: 'phone',
  help: HELP,
  async main(context) {
    const phone = await openPhone(context.readConfig(z.strictObject({ port, gateway: port })));
    context.onStop('the phone', () => phone.close());
    process.on('message', (said) => {
      if (said === 'away') phone.away();
      if (said === 'back') phone.back();
    });
    context.ready({ port: phone.port });
  },
});
