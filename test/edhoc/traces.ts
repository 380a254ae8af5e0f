import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { z } from 'zod';
import { type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';

const FILE = z.array(
  z.object({ section: z.string(), values: z.array(z.object({ name: z.string(), hex: z.string() })) }),
);
const folder =
  process.env['COUNTERSIGN_VECTORS'] ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const file = join(folder, 'edhoc/traces.json');

/** The traces of RFC 9529, or undefined where they are not at hand. */
export function traces(): z.infer<typeof FILE> | undefined {
  if (!existsSync(file)) return undefined;
  return FILE.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Values of trace 2 (method 3, suite 2) by section and name, without what stands in brackets. */
export function traceTwo(all: z.infer<typeof FILE>): (section: string, name: string) => Bytes {
  const start = all.findIndex(({ section }) => section.startsWith('message_1 (first time)'));
  const end = all.findIndex(({ section }) => section.startsWith('Surplus array encoding of message'));
  const mine = all.slice(start, end);
  return (section, name) => {
    const found = mine
      .find((each) => each.section.startsWith(section))
      ?.values.find((each) => each.name.startsWith(name));
    if (!found) throw new Error(`the trace has no ${name} in ${section}`);
    return unhex(found.hex);
  };
}
