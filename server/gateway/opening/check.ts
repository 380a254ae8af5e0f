import { type Config, readConfig } from '../../config.ts';
import { inspectStore } from '../../store/inspect.ts';
import { parsePolicy } from '../../authorize/policy-file.ts';
import { readTrust } from '../trust/trust.ts';

/**
 * What `--check` prints: whether this gateway would start, without opening anything. One JSON object, no secrets.
 *
 * @returns `{ config: [faults], trust: [faults], store: ... }`
 */
export async function checkInstallation(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<object> {
  let config: Config;
  try {
    config = readConfig(argv, env);
  } catch (error) {
    return { config: said(error).split('\n').slice(1).map((line) => line.trim()) }; // prettier-ignore
  }
  const trust = await readTrust(config)
    .then(({ policy }) => parsePolicy(policy.json))
    .then(
      () => [],
      (error: unknown) => [said(error)],
    );
  try {
    return { config: [], trust, store: inspectStore(config.folder) };
  } catch (error) {
    return { config: [], trust, storeFault: said(error) };
  }
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
