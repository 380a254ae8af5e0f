import type { Config } from '../../config.ts';
import type { Refusals } from '../../broker/refusals.ts';
import type { FrontDesk } from '../desks/front-desk.ts';
import type { KnownPeers } from '../trust/known-peers.ts';
import type { Contacts } from '../devices/contacts.ts';
import type { GatewayMetrics } from '../watch/metrics.ts';
import type { GatewayLog } from '../watch/program-log.ts';
import type { LiveTrust, OwnTls } from '../trust/live-trust.ts';
import type { Trust } from '../trust/trust.ts';

/** The ports strangers can reach. */
export interface Doors {
  readonly ports: { readonly devices: number; readonly clinicians: number };
  /** Connections that are open now, by kind. */
  sockets?(): Readonly<Record<string, number>>;
  /** Shows another certificate from the next handshake on. Throws when key and certificate do not belong together. */
  reload?(tls: OwnTls): void;
  /** Ends connections whose certificate is not known any more. */
  recheck?(): void;
  close(): Promise<void>;
}

/** What the doors let in goes to the desk and to the contacts, and nowhere else. */
export interface DoorParts {
  readonly config: Config;
  readonly trust: Trust;
  readonly live: LiveTrust;
  readonly peers: KnownPeers;
  readonly desk: FrontDesk;
  readonly contacts: Contacts;
  readonly refusals: Refusals;
  readonly now: () => number;
  readonly program: GatewayLog;
  readonly metrics: GatewayMetrics;
}

export type OpenDoors = (parts: DoorParts) => Promise<Doors>;
