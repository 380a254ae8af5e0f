import { buildDriver } from '../../clients/reader/driver/build.mjs';
import { virtualReaderMissing } from '../../clients/reader/virtual-pcscd.ts';
import type { BenchWard } from './bench-ward.ts';
import { ranOn, startClinic } from './ceremony.ts';
import type { Findings } from './report.ts';
import { pause, quantile } from './stats.ts';

/** Ceremonies on the pacemaker: a real pcscd, our reader driver, the reader station, one card. */
export async function nfc(ward: BenchWard, say: (line: string) => void): Promise<Findings> {
  const missing = virtualReaderMissing() ?? failed(buildDriver());
  if (missing !== undefined) {
    say(`  skipped: ${missing}`);
    return {};
  }
  for (const name of ['virtual-reader', 'witness', 'gateway', 'reader-station', 'pacemaker-1'])
    await ward.start(name);
  await pause(2_000); // the station sees the card, and the gateway opens it
  const clinic = await startClinic(ward, 'nfc-clinic', ['pacemaker-1'], 1);
  await ranOn(clinic, 1, 10_000, 10);
  const { sealed, open } = await ranOn(clinic, 1, 30_000, 80);
  await ward.stop();
  return {
    nfcP95Ms: quantile(sealed, 0.95),
    nfcP50Ms: quantile(sealed, 0.5),
    nfcOpenP50Ms: quantile(open, 0.5),
  };
}

const failed = (built: { driver: string } | { missing: string }): string | undefined =>
  'missing' in built ? built.missing : undefined;
