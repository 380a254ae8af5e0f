import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A token bucket: `perSecond` on average, `burst` at once. */
export class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** @param now milliseconds */
  constructor(perSecond: number, burst: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#at = now();
  }

  take(): boolean {
    const now = this.#now();
    // A clock that was set back gives nothing and takes nothing.
    const gained = (Math.max(0, now - this.#at) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

export interface GateRules {
  /** Connections at one time, from everywhere and from one network. */
  readonly total: number;
  readonly perNetwork: number;
  /** New connections, each of which may cost a handshake. */
  readonly perSecond: number;
  readonly burst: number;
  /** What one network can have of both: a flood from one place leaves the rest to everybody else. */
  readonly networkShare: number;
}

/** Networks whose rate is remembered; the one that was quiet for longest gives way. */
const MAX_NETWORKS = 10_000;

/** Decides about a connection before a single byte of it is read. */
export class Gate {
  readonly #rules: GateRules;
  readonly #bucket: Bucket;
  /** Connection -> network; bounded by `total`. */
  readonly #inside = new Map<string, string>();
  readonly #networks = new Map<string, number>();
  readonly #rates = new Map<string, Bucket>();
  readonly #now: () => number;

  constructor(rules: GateRules, now: () => number) {
    this.#rules = rules;
    this.#now = now;
    this.#bucket = new Bucket(rules.perSecond, rules.burst, now);
  }

  get size(): number {
    return this.#inside.size;
  }

  /** Lets a new connection in, and counts it until it closes; or cuts it. */
  admit(socket: Duplex): boolean {
    const name = socket instanceof Socket ? nameOf(socket) : undefined;
    const network = networkOf(name?.split(' ', 1)[0] ?? '');
    const there = this.#networks.get(network) ?? 0;
    const full = this.#inside.size >= this.#rules.total || there >= this.#rules.perNetwork;
    // Its own rate first: what a network has too much of takes nothing from the others.
    if (name === undefined || full || !this.#rateOf(network).take() || !this.#bucket.take()) {
      socket.destroy();
      return false;
    }
    this.#inside.set(name, network);
    this.#networks.set(network, there + 1);
    socket.once('close', () => this.#leave(name));
    return true;
  }

  /** Counts a connection no longer: it has shown who it is, and other bounds hold for it. */
  release(socket: Socket): void {
    const name = nameOf(socket);
    if (name !== undefined) this.#leave(name);
  }

  #rateOf(network: string): Bucket {
    const { perSecond, burst, networkShare } = this.#rules;
    const rate =
      this.#rates.get(network) ??
      new Bucket(perSecond * networkShare, Math.max(1, burst * networkShare), this.#now);
    this.#rates.delete(network);
    this.#rates.set(network, rate); // The newest last.
    const quiet = this.#rates.keys().next();
    if (this.#rates.size > MAX_NETWORKS && !quiet.done) this.#rates.delete(quiet.value);
    return rate;
  }

  #leave(name: string): void {
    const network = this.#inside.get(name);
    if (network === undefined) return;
    this.#inside.delete(name);
    const left = (this.#networks.get(network) ?? 1) - 1;
    if (left > 0) this.#networks.set(network, left);
    else this.#networks.delete(network);
  }
}

/** The same for a TCP socket and the TLS socket around it; undefined once it has closed. */
const nameOf = ({ remoteAddress, remotePort }: Socket): string | undefined =>
  remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort ?? 0}`;

/** One IPv4 address, or the /64 of an IPv6 one: whoever has one address of it has them all. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [plain = ''] = address.split('%', 1);
  const [head = '', tail] = plain.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  while (groups.length + last.length < 8) groups.push('0');
  return [...groups, ...last].slice(0, 4).join(':');
}
