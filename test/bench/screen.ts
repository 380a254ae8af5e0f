import { z } from 'zod';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import { BENCH_TABLETS, deviceFile, ownConfig } from './bench-ward.ts';
import { answering } from './processes.ts';
import { pause } from './stats.ts';
import { Desk } from './tablet.ts';

// A screen: asks for live values, and holds the source time of each against the clock when it arrives.

const config = ownConfig({ devices: z.array(z.string()) });
const desk = new Desk(config.folder, config.ports['gateway-clinicians'] ?? 0);
await desk.signIn(BENCH_TABLETS.slice(-1), 1);

answering({
  /** Ages in ms of what arrives within a time: of the oldest sample where there are samples. */
  async watch(args) {
    const { ms } = z.object({ ms: z.number() }).parse(args);
    const ages: number[] = [];
    const devices = config.devices.map((name) => unhex(deviceFile(config.folder, name).id));
    desk.watch({ devices, waves: true }, (live) => {
      if (live.kind !== 'frame') return;
      const oldest = live.frame.contents.reduce(
        (most, content) => (content.kind === 'wave' ? Math.max(most, content.wave.offset) : most),
        0,
      );
      ages.push(Date.now() - live.frame.at + oldest);
    });
    await pause(ms);
    return ages;
  },
});
