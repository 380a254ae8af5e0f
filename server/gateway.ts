import { logEntry } from './audit/log-writer.ts';
import type { Sequencer } from './audit/sequencer.ts';
import { tilesServer } from './audit/tiles-server.ts';
import { personBehind, type Passkeys } from './authenticate/authenticate.ts';
import { Directory } from './authenticate/directory.ts';
import { CancelWindows } from './authorize/cancel-window.ts';
import { Drafts } from './authorize/drafts.ts';
import { Locks } from './authorize/locks.ts';
import { RateLimits } from './authorize/rate-limits.ts';
import { Granter } from './broker/granted.ts';
import { reconcile, type ReconcileParts } from './broker/reconcile.ts';
import { Refusals } from './broker/refusals.ts';
import type { Config } from './config.ts';
import { nodeCrypto } from './crypto.ts';
import { tapCrypto } from './tap-crypto.ts';
import { openAudit } from './gateway/audit/open-audit.ts';
import { PatientVault } from './gateway/audit/patient-vault.ts';
import { beating } from './gateway/watch/beats.ts';
import { Closing } from './gateway/opening/closing.ts';
import { Contacts } from './gateway/devices/contacts.ts';
import { Fleet } from './gateway/trust/fleet.ts';
import { openCare } from './gateway/hospital/care-file.ts';
import { FrontDesk } from './gateway/desks/front-desk.ts';
import { Evidence } from './gateway/watch/health.ts';
import { gatewayMetrics, openMetrics } from './gateway/watch/metrics.ts';
import { deciding } from './gateway/devices/deciding.ts';
import { forAuditors } from './gateway/desks/log-files.ts';
import { openGlass } from './gateway/desks/glass.ts';
import { Memory } from './gateway/opening/memory.ts';
import type { Doors, OpenDoors } from './gateway/opening/doors.ts';
import { Records } from './gateway/desks/records.ts';
import { renewAnchors } from './gateway/trust/renew-anchors.ts';
import { emergenciesOf, rescueFrom } from './gateway/devices/rescue.ts';
import { pulling } from './gateway/trust/pulling.ts';
import type { Outside } from './gateway/opening/outside.ts';
import { Reach } from './gateway/desks/reach.ts';
import { refusedAt } from './gateway/desks/refused-at.ts';
import { openRooms } from './gateway/desks/rooms.ts';
import { settling } from './gateway/devices/settling.ts';
import { openSignIn, type SignInRoom } from './gateway/opening/sign-in.ts';
import { stagesOf } from './gateway/opening/stages.ts';
import { LinkProof } from './gateway/trust/link-proof.ts';
import { LiveTrust } from './gateway/trust/live-trust.ts';
import { logReplaced, renewal } from './gateway/trust/renewal.ts';
import { openLog } from './gateway/opening/open-log.ts';
import { takePolicy } from './gateway/hospital/policy.ts';
import { recall } from './gateway/opening/recall.ts';
import { openRecorder } from './gateway/opening/open-recorder.ts';
import { timers } from './gateway/opening/timers.ts';
import { witnessing } from './gateway/watch/witnessing.ts';
import { readTrust } from './gateway/trust/trust.ts';
import { LIMITS } from './limits.ts';
import type { SignedByPeople } from './protocol/command.ts';
import { checkInForce, checkNotRevoked } from './protocol/credential.ts';
import type { SignedStatement } from './protocol/statement.ts';

/** A gateway that is open: its doors, and how to close it. */
export interface Gateway {
  readonly doors: Doors;
  readonly log: Sequencer;
  stop(): Promise<void>;
}

/**
 * Builds the gateway from its configuration: the only place that picks a concrete store, log, signer and
 * transport. Throws Error with one readable sentence when something it needs is missing or does not fit.
 */
export async function openGateway(config: Config, outside: Outside, openDoors: OpenDoors): Promise<Gateway> {
  const closing = new Closing();
  try {
    return await build(config, outside, openDoors, closing);
  } catch (error) {
    await closing.run().catch(() => undefined); // Why it did not open says more than why it did not close.
    throw error;
  }
}

async function build(
  config: Config,
  { now, random, log: program, disk, vitals, configured }: Outside,
  openDoors: OpenDoors,
  closing: Closing,
): Promise<Gateway> {
  const trust = await readTrust(config);
  const metrics = gatewayMetrics(() => performance.now() / 1000);
  const store = metrics.stored(disk(config.folder));
  closing.add(() => store.stop());
  const { sequencer, follow, close } = await openLog(config, trust, store, now, metrics.witness);
  closing.add(close);
  closing.add(() => sequencer.stop());
  const live = new LiveTrust(config, trust, configured);
  const memory = new Memory(store, sequencer, nodeCrypto.sha256, now, witnessing(live));
  await logReplaced(live, memory);

  const fleet = await Fleet.open({ config, live, trust, memory, log: sequencer, program, now });
  const { registry, bedsides, bedside, known, peers } = fleet;
  const directory = new Directory(nodeCrypto, live, memory.keptStatus, memory.issuance);
  const passkeys: Passkeys = { crypto: nodeCrypto, directory, trust: live };
  const refreshPeople = async (): Promise<void> => {
    for (const fault of await directory.refresh(config.trust)) program.warn('directory', { reason: fault });
  };
  await refreshPeople();
  const linkProof = await LinkProof.open(live, memory.issuance, program);

  const verifyStatement = (signed: SignedStatement, label: SignedByPeople) =>
    personBehind(signed.approval, label, signed.statement, passkeys, now(), false);
  const policy = await takePolicy({ config, trust, memory, passkeys, now, registry });
  const { care, refreshCare } = openCare(config, trust.care, program);
  const rates = await RateLimits.open(store, now());
  const cancelWindows = new CancelWindows(timers());
  closing.add(async () => {
    cancelWindows.stop();
    await new Promise((resolve) => void setImmediate(resolve)); // Those who waited are told, and it is logged.
  });
  const signIn: SignInRoom = await openSignIn({
    config,
    memory,
    now,
    random,
    program,
    people: () => directory.people,
    verify: verifyStatement,
    stillAllowed: ({ subject, credential }, tablet) => {
      checkInForce(credential, Math.floor(now() / 1000));
      checkNotRevoked(credential, directory.status.list.revoked);
      locks.checkPresence({ people: [{ subject, roles: credential.roles }], tablets: [tablet] }, now());
    },
    policy: () => policy.policy.sessions,
  });
  const locks = new Locks({
    store,
    sha256: nodeCrypto.sha256,
    random,
    verify: async (signed, purpose) => (await signIn.sessions.statement(signed, purpose)).person,
  });
  const drafts = new Drafts({
    store,
    sha256: nodeCrypto.sha256,
    random,
    rates,
    care,
    bounds: () => policy.policy.drafts,
  });

  const vault = new PatientVault(store, random);
  const recorder = openRecorder({ log: sequencer, store, random, now, bedside: known, vault });
  const granter = new Granter({
    key: () => live.grantKey,
    random,
    now,
    directory,
    bedside: known,
    journal: recorder,
  });
  const surprised = (error: unknown): void => program.error('unforeseen', { reason: said(error) });
  const refusals = new Refusals({ log: sequencer, logEntry, now, failed: surprised });
  closing.add(() => refusals.stop());
  const glass = openGlass(memory, signIn.sessions, nodeCrypto.sha256);
  const rules = { policy, care, glass, locks, rates };
  const anchorsAt = (index: number) => live.at(memory.anchorsAt(index));
  const records = new Records({ store, registry, crypto: nodeCrypto, anchors: anchorsAt, log: memory });
  const audited = { store, records, vault, memory, trust, registry, now, random, hospital: config.hospital };
  const { verifier } = config;
  const auditing = { log: sequencer, live, signIn, directory, closing, verifier, reach: () => reach };
  const audit = await openAudit({ ...audited, ...auditing });
  const evidence = new Evidence({
    log: sequencer,
    store,
    directory,
    bedsides: () => bedsides.values(),
    now,
    quorum: trust.anchors.witnesses.k,
    development: trust.anchors.development,
  });
  closing.add(() => evidence.stop());
  metrics.health(() => evidence.health());
  const unmeasured = stagesOf({
    evidence,
    announced: (command) => records.announced(command),
    passkeys,
    rules,
    cancelWindows,
    recorder,
    granter,
    refusals,
    log: sequencer,
    now,
    bedside,
    surprised,
  });
  const stages = metrics.measured(unmeasured);
  const emergencies = emergenciesOf(memory, bedsides, {
    now,
    verify: async (signed, purpose) => (await signIn.sessions.statement(signed, purpose)).person,
    tell: (event, device) => desk.announce(event, device),
  });
  const found: ReconcileParts['found'] = (at, bytes, receipt) => emergencies.used(at, bytes, receipt);
  const reconciling = { log: sequencer, logEntry, recorder, crypto: nodeCrypto, now, found };
  for (const entry of recall(bedsides, records))
    await recorder.abandon(entry, 'E_GRANT_EXPIRED').catch(surprised);
  fleet.onMeet((id, fresh) => {
    recall(new Map([[id, fresh]]), records);
    emergencies.recall([fresh]);
  });

  const settleOpen = settling(stages, (at, ending) => desk.settled(at.device.id, ending));
  const places = { hospital: config.hospital, memory, bedside, closing, program };
  const { folder, engine } = config;
  const measuring = { folder, engine, registry, refusals, vitals, live, policy: () => policy.policy };
  const means = { log: sequencer, signIn: signIn.desk, sha256: nodeCrypto.sha256, random, now, surprised };
  const reach = new Reach(care, bedside, (who, device) => glass.opens(who, device, now()));
  const around = {
    care,
    rates,
    drafts,
    reach,
    glass,
    directory,
    store,
    emergencies,
    peers: () => peers,
    contacts: () => contacts,
    desk: () => desk,
  };
  const rooms = await openRooms({ ...places, ...means, ...measuring, ...around });
  evidence.also(() => rooms.monitoring.health());
  const desk: FrontDesk = new FrontDesk({
    crypto: nodeCrypto,
    now,
    signIn: signIn.desk,
    rooms,
    registry,
    reach,
    drafts,
    locks,
    cancelWindows,
    stages,
    deciding: deciding(rules),
    log: sequencer,
    reconcile: reconciling,
    records,
    anchors: () => live.bytes,
    health: () => evidence.health(),
    logFile: forAuditors(tilesServer(store)),
    audit,
  });
  const contacts: Contacts = new Contacts({
    crypto: nodeCrypto,
    now,
    exchangeMs: LIMITS.exchange.max,
    tapping: () => ({
      crypto: tapCrypto,
      identity: live.link.identity,
      proof: linkProof.proof,
      anchors: live.history,
    }),
    bedside,
    monitoring: rooms.monitoring,
    returned: (at) => settleOpen(at).catch(surprised),
    arrived: async (at) => {
      await settleOpen(at).catch(surprised);
      if (at.seen && !at.unknown) await reconcile(at, at.seen, reconciling).catch(surprised);
      desk.announce('connected', at.device.id);
    },
    renew: (at, conversation) => renewAnchors(at, conversation, live.history, { crypto: nodeCrypto, now }),
    forEmergencies: () => rescueFrom(directory),
    acted: (record) => emergencies.record(record),
    tapped: (news) => rooms.readers.tapped(news),
    surprised,
    left: (at) => desk.announce('disconnected', at.device.id),
    refused: refusedAt(refusals),
  });
  const reached = { config, trust, live, peers, desk, contacts, refusals, now, program, metrics };
  const doors = await openDoors(reached);
  closing.add(() => doors.close());
  const authority = pulling(config, () => live.anchors, program);
  const replaced = { live, memory, sequencer, directory, linkProof, follow, now, program };
  const renew = renewal({ ...replaced, bedsides: () => bedsides.values(), doors: () => doors });
  const refresh = async (): Promise<void> => {
    for (const slow of [authority, () => signIn.refresh()]) void slow(); // A server that is away keeps nothing here waiting.
    await renew();
    await refreshPeople();
    contacts.prepareStations();
    await fleet.refresh();
    await refreshCare();
    doors.recheck?.();
  };
  const settle = (): void => {
    for (const at of bedsides.values())
      if (at.unknown && at.conversation) void settleOpen(at).catch(surprised);
  };
  closing.add(beating({ refresh, settle, surprised }));
  metrics.sockets(() => doors.sockets?.() ?? {});
  const metricsDoor = await openMetrics(metrics, config.metrics.port, program);
  closing.add(() => metricsDoor?.close());
  return { doors, log: sequencer, stop: () => closing.run() };
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
