/**
 * Every bound in the gateway, with its unit and its reason. A buffer, queue, cache or wait without a row here
 * has no bound, and does not pass review.
 */
export const LIMITS = {
  wsMessage: {
    max: 64 * 1024,
    unit: 'bytes',
    why: 'a bundle with two log proofs is under 16 KiB; ws allows 100 MiB',
  },
  wsFragments: { max: 4, unit: 'count', why: 'nobody here has a reason to fragment; ws allows 131,072' },
  wsBuffered: {
    max: 512 * 1024,
    unit: 'bytes',
    why: 'eight messages; a client that reads slower is cut off',
  },
  deviceMessage: { max: 16 * 1024, unit: 'bytes', why: 'a small device must hold one message in memory' },
  httpBody: { max: 64 * 1024, unit: 'bytes', why: 'the largest request is a policy file' },
  httpHeaders: { max: 16 * 1024, unit: 'bytes', why: 'a token, a proof and what browsers add' },
  headersTimeout: { max: 10_000, unit: 'ms', why: 'a slow client must not hold a socket (slowloris)' },
  requestTimeout: {
    max: 30_000,
    unit: 'ms',
    why: 'the longest request waits for one device exchange and a quorum',
  },
  keepAlive: { max: 60_000, unit: 'ms', why: 'a tablet asks again within a minute or not at all' },
  tlsHandshake: { max: 10_000, unit: 'ms', why: 'a handshake on a poor radio takes 2 s' },
  socketsPerAddress: { max: 64, unit: 'count', why: 'a ward behind one NAT address; more is a flood' },
  sockets: { max: 20_000, unit: 'count', why: '16,000 idle devices per GiB, and the people beside them' },
  devices: { max: 16_000, unit: 'count', why: 'idle mutual-TLS devices measured to fit in 1 GiB' },
  sessions: { max: 4_000, unit: 'count', why: 'signed-in people of one hospital' },
  heartbeat: { max: 10_000, unit: 'ms', why: 'a lost link is noticed after two beats' },
  patients: {
    max: 4_000,
    unit: 'count',
    why: 'beds of the largest hospitals; all of them are kept in memory',
  },
  patientPhoto: {
    max: 256 * 1024,
    unit: 'bytes',
    why: 'a portrait of 500 x 500 points is under 100 KiB; a tablet shows it at 56',
  },
  patientsFound: {
    max: 20,
    unit: 'count',
    why: 'rows that a person looks at one by one; above it another identifier is asked for',
  },
  alikeNamed: {
    max: 5,
    unit: 'count',
    why: 'people with a similar name who are named beside a patient: more of them nobody reads',
  },
  breakGlass: {
    max: 3_600_000,
    unit: 'ms',
    why: 'long enough to treat; after that somebody can be assigned',
  },
  seenRefusals: { max: 200, unit: 'count', why: 'what a maker looks back at; the log has all of them' },
  seenRefusalBytes: {
    max: 1024 * 1024,
    unit: 'bytes',
    why: 'forty of the largest messages, in a simulation',
  },
  toldPeople: { max: 24, unit: 'count', why: 'more names than that nobody reads; the rest is counted' },
  glassList: { max: 200, unit: 'count', why: 'waiting for their review; more means that nobody reviews' },
  draftLife: { max: 15 * 60_000, unit: 'ms', why: 'the device keeps an R2 nonce that long' },
  drafts: {
    max: 1_000,
    unit: 'count',
    why: 'one open draft per device in use; the oldest unsigned one gives way',
  },
  exchange: {
    max: 10_000,
    unit: 'ms',
    why: 'one answer of a device on a poor link; silence after it is unknown',
  },
  signal: { max: 5_000, unit: 'ms', why: 'a reader that did not blink by then is not the one in sight' },
  quorumWait: { max: 2_000, unit: 'ms', why: 'witnesses are a network hop away; no quorum, no command' },
  witnessClock: {
    max: 300_000,
    unit: 'ms',
    why: 'clocks of one hospital are no further apart; devices take their time from witnesses',
  },
  cancelWindow: {
    max: 10_000,
    unit: 'ms',
    why: 'long enough to notice a slip, short enough to stay at the bedside',
  },
  grantLife: { max: 30_000, unit: 'ms', why: 'one delivery and one retry of the transport' },
  laneQueue: {
    max: 4,
    unit: 'count',
    why: 'one command in flight per device; more waiting means a person is confused',
  },
  logEntry: { max: 65_535, unit: 'bytes', why: 'C2SP tlog-tiles entry bundles carry 16-bit lengths' },
  logBatch: { max: 256, unit: 'count', why: 'one entry tile; a batch is one transaction and one checkpoint' },
  logWaiting: {
    max: 10_000,
    unit: 'count',
    why: 'entries waiting for a batch; above it a request is refused at once',
  },
  patientLink: {
    max: 90 * 86_400_000,
    unit: 'ms',
    why: 'from one visit at the clinic to the next; a printed link that is lost does not read for years',
  },
  bundleEntries: {
    max: 20_000,
    unit: 'count',
    why: 'a busy ward’s week in 3 MB; more is a copy of the whole log, which needs no gateway to make it',
  },
  checkpoint: { max: 16 * 1024, unit: 'bytes', why: 'a checkpoint with sixteen cosignatures is under 4 KiB' },
  stationCards: {
    max: 100,
    unit: 'count',
    why: 'cards a station reports within 10 s: more than hands can lay on its sixteen readers',
  },
  stationRecords: {
    max: 2_000,
    unit: 'count',
    why: 'records of its emergency door a station brings within 10 s: it keeps 1,000 at most',
  },
  seenProofs: { max: 100_000, unit: 'count', why: 'token proofs remembered for their 60 s of life' },
  proofsPerKey: {
    max: 2_000,
    unit: 'count',
    why: 'proofs one tablet makes within 60 s; a person cannot make more',
  },
  telemetryFrame: { max: 16_384, unit: 'bytes', why: 'two seconds of six waveforms at 500 Hz' },
  telemetryWindow: {
    max: 32,
    unit: 'count',
    why: 'frames of one device that are not on the disk yet; a device that sends more is cut off',
  },
  telemetryRate: {
    max: 500,
    unit: 'count',
    why: 'frames of one device within a second: a window comes back ten times a second after an outage, no faster',
  },
  telemetryAge: { max: 72 * 3_600_000, unit: 'ms', why: 'a weekend without a network; older is a replay' },
  telemetryAhead: { max: 10_000, unit: 'ms', why: 'clocks differ; a value from the future is not shown' },
  telemetryStore: {
    max: 8 * 1024 * 1024 * 1024,
    unit: 'bytes',
    why: 'the file of measurements; the oldest go first, and commands and the log keep the rest of the disk',
  },
  telemetryPacked: {
    max: 16 * 1024,
    unit: 'bytes',
    why: 'frames packed at once, forty times a second: a millisecond, so that no command waits for thousands of devices',
  },
  telemetryKept: {
    max: 24 * 3_600_000,
    unit: 'ms',
    why: 'every frame; afterwards values by the minute remain',
  },
  trendKept: {
    max: 31 * 24 * 3_600_000,
    unit: 'ms',
    why: 'values by the minute, for trends over a week and more',
  },
  diskReserve: {
    max: 256 * 1024 * 1024,
    unit: 'bytes',
    why: 'of the disk, kept free of measurements: hours of commands and log entries',
  },
  suspect: {
    max: 3_600_000,
    unit: 'ms',
    why: 'a sign of trouble keeps a device from commands, where the policy says so, until somebody has looked',
  },
  unmasked: {
    max: 15 * 60_000,
    unit: 'ms',
    why: 'an auditor reads one patient’s case within it; whoever needs longer says again why',
  },
  listed: {
    max: 10_000_000,
    unit: 'count',
    why: 'rows above one that is asked for by its place in a list: years of a large hospital, stepped over in a second or two',
  },
  readOut: {
    max: 6 * 3_600_000,
    unit: 'ms',
    why: 'between two read-outs of an implant that stays on a reader at home: four a day cost its battery little',
  },
  monitored: { max: 64, unit: 'count', why: 'devices on one screen: a ward board shows fewer' },
  stopWithin: {
    max: 5_000,
    unit: 'ms',
    why: 'a person waits for Ctrl-C; the journal makes a harder end safe',
  },
} as const satisfies Record<string, Limit>;

export interface Limit {
  readonly max: number;
  readonly unit: 'bytes' | 'count' | 'ms';
  readonly why: string;
}
