import { BEDSIDE_MUTANTS } from './bedside.ts';
import { auditMutants } from './audit.ts';
import { deviceMutants } from './device.ts';
import { emergencyMutants } from './emergency.ts';
import { GATEWAY_MUTANTS } from './gateway-mutants.ts';
import { judgeMutants } from './judge.ts';
import { loadMutants } from './load.ts';
import type { Mutant } from './mutant.ts';
import { monitoringMutants } from './monitoring.ts';
import { pageMutants } from './pages.ts';
import { peopleMutants } from './people.ts';
import { primedMutants } from './primed.ts';
import { protocolMutants } from './protocol.ts';
import { refusalMutants } from './refusals.ts';
import { signInMutants } from './sign-in.ts';
import { SITE_MUTANTS } from './site.ts';
import { tapMutants } from './tap.ts';
import { tokenMutants } from './tokens.ts';

/** Every check that a device, the gateway or a page makes, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  ...judgeMutants,
  ...peopleMutants,
  ...primedMutants,
  ...deviceMutants,
  ...protocolMutants,
  ...tapMutants,
  ...emergencyMutants,
  ...loadMutants,
  ...tokenMutants,
  ...signInMutants,
  ...auditMutants,
  ...monitoringMutants,
  ...GATEWAY_MUTANTS,
  ...BEDSIDE_MUTANTS,
  ...SITE_MUTANTS,
  ...pageMutants,
  ...refusalMutants,
];
