import type { StoreKind } from './store.ts';

export const VITALS_NAME = 'vitals.db';

/**
 * Measurements, in a file and with a writer of their own: no transaction is ever shared with a command or the log.
 *
 * Frames arrive in `recent`, which only grows at its end: thousands of devices cost one fsync and a few pages. Once a
 * minute the frames of a device become one row of `block`, and values by the minute, in one transaction.
 */
const FIRST = `
-- One run of a device: from switching on to switching off.
CREATE TABLE session (
  id INTEGER PRIMARY KEY, device BLOB NOT NULL, session BLOB NOT NULL, began INTEGER NOT NULL,
  described BLOB, signed INTEGER NOT NULL DEFAULT 0, head BLOB, UNIQUE (device, session)
) STRICT;
CREATE TABLE recent (
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL, number INTEGER NOT NULL, received INTEGER NOT NULL, bytes BLOB NOT NULL
) STRICT;
-- Frames first to last, in a row without a gap. The chain through them is whole: equal bytes come out again.
CREATE TABLE block (
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL
) STRICT;
CREATE INDEX block_time ON block (source, until);
CREATE INDEX block_age ON block (until);
CREATE TABLE minute (
  device BLOB NOT NULL, code INTEGER NOT NULL, at INTEGER NOT NULL, unit TEXT NOT NULL,
  low REAL NOT NULL, high REAL NOT NULL, total REAL NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (device, code, at)
) STRICT, WITHOUT ROWID;
-- What a device measured and never sent, or what was not taken from it.
CREATE TABLE gap (
  id INTEGER PRIMARY KEY, device BLOB NOT NULL, source INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL,
  since INTEGER NOT NULL, until INTEGER NOT NULL
) STRICT;
CREATE INDEX gap_device ON gap (device, until);
CREATE TABLE alarm (
  id INTEGER PRIMARY KEY, device BLOB NOT NULL, at INTEGER NOT NULL, change TEXT NOT NULL, priority TEXT NOT NULL,
  kind TEXT NOT NULL, owner TEXT NOT NULL, says TEXT NOT NULL
) STRICT;
CREATE INDEX alarm_device ON alarm (device, at);
CREATE TABLE sign (
  id INTEGER PRIMARY KEY, device BLOB NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE INDEX sign_device ON sign (device, at);
-- Messages for the hospital's interface engine: those that wait, and those that were given up.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, made INTEGER NOT NULL, tries INTEGER NOT NULL, next INTEGER NOT NULL, dead INTEGER NOT NULL,
  reason TEXT NOT NULL, message TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_next ON outbox (dead, next);
`;

/** What could not be read again is kept as it lay, out of the way. `told`: its entry is in the log. */
const ASIDE = `
CREATE TABLE aside (
  id INTEGER PRIMARY KEY, found INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0, device BLOB, source INTEGER NOT NULL,
  first INTEGER NOT NULL, next INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
  what TEXT NOT NULL, bytes BLOB NOT NULL
) STRICT;
`;

/** The store of measurements. @param maxBytes of its file */
export const vitalsStore = (maxBytes: number, mend?: StoreKind['mend']): StoreKind => ({
  name: VITALS_NAME,
  migrations: [FIRST, ASIDE],
  maxBytes,
  ...(mend && { mend }),
});
