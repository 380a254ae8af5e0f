import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import type { Exchange } from '../bench.ts';
import { outcomeOf } from '../outcome.ts';
import type { Outcome } from '../report/report.ts';
import type { Run, RunOptions } from '../run.ts';
import { makeHospital } from '../world/hospital.ts';
import { KitLog } from '../world/kit-log.ts';
import { GatewayBench } from './bench.ts';
import { type GatewayCase, type GatewayNeed, LACKING } from './case.ts';
import { commandCases } from './cases/commands.ts';
import { beatCase, doorCases } from './cases/door.ts';
import { openCases, openFuzz } from './cases/open.ts';
import { signingCases } from './cases/signing.ts';
import { stationCases } from './cases/station.ts';
import { telemetryCases, telemetryFuzz } from './cases/telemetry.ts';
import type { GatewayDeclaration } from './declaration.ts';

/** In the order in which they run. */
export const gatewayCasesOf = (seed: number, fuzz: number): readonly GatewayCase[] => [
  ...doorCases,
  ...openCases,
  ...telemetryCases,
  ...stationCases,
  ...commandCases,
  ...signingCases,
  openFuzz(seed, fuzz),
  telemetryFuzz(seed, fuzz),
  beatCase,
];

export interface GatewayRunOptions extends Omit<RunOptions, 'declaration'> {
  readonly declared: GatewayDeclaration;
}

/** Runs every case that applies to the declared gateway. Rejects when the kit itself is at fault. */
export async function runGateway(options: GatewayRunOptions): Promise<Run> {
  const { declared, clock, only } = options;
  const seed = options.seed ?? randomInt(2 ** 31);
  const started = clock();
  const now = Math.floor(started / 1000);
  const { profile, profileHash, hex: id } = declared.device;
  // The tester's keys and log, and the strangers that a gateway must not let in.
  const hospital = await makeHospital(declared.keys, profile, id, now);
  const log = new KitLog({
    origin: hospital.anchors.log.origin,
    log: hospital.signer('log'),
    witnessName: hospital.witnessName,
    witness: hospital.signer('witness'),
  });
  log.load(join(declared.keys, 'log'));
  log.append({ type: 'start', time: now * 1000, digest: declared.anchorsHash });
  const exchanges: Exchange[] = [];
  const bench = new GatewayBench({
    declared,
    hospital,
    seed,
    onExchange: (exchange) => {
      exchanges.push(exchange);
      options.trace.write(exchange);
    },
  });
  try {
    const outcomes: Outcome[] = [];
    for (const each of gatewayCasesOf(seed, options.fuzz)) {
      if (only.length > 0 && !only.some((start) => each.id.startsWith(start))) continue;
      exchanges.length = 0;
      const outcome = await outcomeOf({
        ...each,
        lacking: lackingFor(each, declared),
        run: () => each.run(bench),
        upset: () => bench.hangUp(),
        exchanges,
        answerMs: declared.answerMs,
      });
      outcomes.push(outcome);
      options.onOutcome(outcome);
    }
    return {
      log,
      report: {
        kit: options.version,
        protocol: 1,
        started: new Date(started).toISOString(),
        ms: clock() - started,
        seed,
        subject: 'gateway',
        anchors: hex(declared.anchorsHash),
        device: { id, name: declared.name, link: 'websocket', firmware: '' },
        profile: {
          model: profile.model,
          maker: profile.maker,
          version: profile.version,
          hash: hex(profileHash),
        },
        complete: only.length === 0,
        outcomes,
      },
    };
  } finally {
    await bench.close();
  }
}

function lackingFor({ needs = [] }: GatewayCase, declared: GatewayDeclaration): string | undefined {
  const { unenrolled, station, card, seats } = declared;
  const there = { unenrolled, station, card, clinician: seats.first, second: seats.second };
  const missing: GatewayNeed | undefined = needs.find((need) => there[need] === undefined);
  return missing && LACKING[missing];
}
