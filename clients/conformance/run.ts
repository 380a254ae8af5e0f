import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseProfileFile } from '../../certs/profile-file.ts';
import { equal, hex } from '../../server/protocol/encoding/bytes.ts';
import { encodeProfile, openProfile } from '../../server/protocol/profile.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { Bench, type Exchange, TICK_MS } from './bench.ts';
import { acceptedCases } from './cases/accepted.ts';
import { anchorsCases } from './cases/anchors.ts';
import { budgetCases } from './cases/budget.ts';
import type { Case, Need } from './cases/case.ts';
import { conversationCases } from './cases/conversation.ts';
import { emergencyCases } from './cases/emergency.ts';
import { fuzzCases } from './cases/fuzz.ts';
import { linkCases } from './cases/link.ts';
import { powerCases } from './cases/power.ts';
import { rateCases } from './cases/rates.ts';
import { peopleCases } from './cases/rejected-people.ts';
import { placeCases } from './cases/rejected-place.ts';
import { proofCases } from './cases/rejected-proof.ts';
import { tapCases } from './cases/tap.ts';
import { telemetryCases } from './cases/telemetry.ts';
import type { Declaration } from './declaration.ts';
import { DeviceProcess } from './links/device-process.ts';
import { outcomeOf } from './outcome.ts';
import { Place } from './place.ts';
import type { Outcome, Report } from './report/report.ts';
import type { Trace } from './report/trace.ts';
import { openHospital } from './world/hospital.ts';
import { KitLog } from './world/kit-log.ts';
import { People } from './world/people.ts';

export interface RunOptions {
  readonly declaration: Declaration;
  readonly seed?: number;
  /** Damaged messages. */
  readonly fuzz: number;
  /** Cases whose id begins with one of these; all when empty. */
  readonly only: readonly string[];
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly trace: Trace;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** Everything one run leaves: what was found, and the log that holds it. */
export interface Run {
  readonly report: Report;
  readonly log: KitLog;
}

/** In the order in which they run: what is needed first, what uses something up last. */
export const casesOf = (seed: number, fuzz: number): readonly Case[] => [
  ...linkCases,
  ...tapCases,
  ...conversationCases,
  ...telemetryCases,
  ...acceptedCases,
  ...placeCases,
  ...proofCases,
  ...peopleCases,
  ...anchorsCases,
  ...powerCases,
  ...fuzzCases(seed, fuzz),
  ...emergencyCases,
  ...rateCases,
  ...budgetCases,
];

/** Runs every case that applies to the declared device. Rejects when no device came, or the kit itself is at fault. */
export async function run(options: RunOptions): Promise<Run> {
  const { declaration, clock } = options;
  const seed = options.seed ?? randomInt(2 ** 31);
  const hospital = openHospital(declaration.keys);
  const { profile, hash } = await openProfile(
    nodeCrypto,
    new Uint8Array(readFileSync(join(declaration.keys, 'trust', 'profile.bin'))),
    [hospital.anchors.profileMaker],
  );
  const written = parseProfileFile(readFileSync(declaration.profile, 'utf8'), declaration.profile);
  if (!equal(nodeCrypto.sha256(encodeProfile(written)), hash))
    throw new Error(
      `${declaration.profile} has changed since it was signed: run countersign conformance keys again`,
    );

  const started = clock();
  const now = Math.floor(started / 1000);
  const log = new KitLog({
    origin: hospital.anchors.log.origin,
    log: hospital.signer('log'),
    witnessName: hospital.witnessName,
    witness: hospital.signer('witness'),
  });
  log.load(join(declaration.keys, 'log'));
  log.append({ type: 'start', time: now * 1000, digest: hash });
  const people = new People(hospital.signer('authority'), log, now);
  const device = new DeviceProcess(declaration, join(declaration.keys, 'logs', 'device.log'));
  device.forget();
  const place = await Place.open(declaration, hospital, log, now);
  const exchanges: Exchange[] = [];
  try {
    device.start();
    const bench = new Bench({
      declaration,
      hospital,
      log,
      people,
      first: await people.enrol({ page: 0 }),
      second: await people.enrol({ page: 1 }),
      profile,
      profileHash: hash,
      place,
      process: device,
      now,
      onExchange: (exchange) => {
        exchanges.push(exchange);
        options.trace.write(exchange);
      },
    });
    await bench.contact();
    await pause(TICK_MS);
    const outcomes: Outcome[] = [];
    for (const each of casesOf(seed, options.fuzz)) {
      if (options.only.length > 0 && !options.only.some((start) => each.id.startsWith(start))) continue;
      exchanges.length = 0;
      const lacking = each.needs?.find((need) =>
        need === 'restart' ? declaration.start === undefined : need !== declaration.link,
      );
      const outcome = await outcomeOf({
        ...each,
        lacking: lacking && SKIPPED[lacking],
        run: () => each.run(bench),
        upset: () => bench.hangUp(),
        exchanges,
        answerMs: declaration.answerMs,
      });
      outcomes.push(outcome);
      if (outcome.verdict === 'fail' || outcome.verdict === 'error') await bench.renew();
      options.onOutcome(outcome);
    }
    const { firmware } = await bench.open().catch(() => ({ firmware: new Uint8Array() }));
    return {
      log,
      report: {
        kit: options.version,
        protocol: 1,
        started: new Date(started).toISOString(),
        ms: clock() - started,
        seed,
        subject: 'device',
        device: {
          id: declaration.device,
          name: declaration.name,
          link: declaration.link,
          firmware: hex(firmware),
        },
        profile: { model: profile.model, maker: profile.maker, version: profile.version, hash: hex(hash) },
        complete: options.only.length === 0,
        outcomes,
      },
    };
  } finally {
    await device.stop();
    await place.close();
  }
}

const SKIPPED: Readonly<Record<Need, string>> = {
  websocket: 'the device under test is on a card reader',
  nfc: 'the device under test is on the network',
  restart: 'its power cannot be cut: declare `start`',
};
