import { signal } from '@preact/signals';
import type { Live } from '../../../../server/protocol/telemetry/live.ts';
import { bedId, LiveBed, MAX_AGE_MS } from './bed.ts';

const LOOK_MS = 200;

/** `off`: nobody asked for anything. `waiting`: nothing fresh has come yet. `lost`: it came, and comes no more. */
export type FeedState = 'off' | 'waiting' | 'live' | 'lost';

/**
 * What a page knows of monitored devices, and whether it still comes. Old values never look live: the gateway ticks every
 * second, each value has its own age, and a page that may have slept shows nothing until something new has come.
 */
export class Feed {
  readonly beds = new Map<string, LiveBed>();
  /** Goes up whenever what is shown may have changed: components that read it are drawn again. */
  readonly version = signal(0);
  readonly #clock: () => number;
  readonly #wall: () => number;
  readonly #blanked = new Set<() => void>();
  #wanted: ReadonlySet<string> = new Set();
  #heard = Number.NEGATIVE_INFINITY;
  #ever = false;
  #since = 0;
  #looked: number;
  #lookedWall: number;
  /** Gateway's clock minus the page's by the message that travelled fastest: what comes much later was held up. */
  #fastest = Number.NEGATIVE_INFINITY;

  /**
   * @param clock milliseconds that never go back @param wall Unix ms: goes on while the machine sleeps, which the other one
   * does not everywhere
   */
  constructor(clock: () => number = () => performance.now(), wall: () => number = () => Date.now()) {
    this.#clock = clock;
    this.#wall = wall;
    this.#looked = clock();
    this.#lookedWall = wall();
  }

  /** Forgets everything, and expects these devices from now on. */
  follow(ids: readonly string[]): void {
    this.#wanted = new Set(ids);
    this.beds.clear();
    this.restart();
    this.#ever = false;
    this.#changed();
  }

  /** A new connection: what is held up is measured anew. */
  restart(): void {
    this.#fastest = Number.NEGATIVE_INFINITY;
    this.blank();
  }

  take(live: Live): void {
    const clock = this.#clock();
    const now = live.kind === 'bed' ? live.bed.now : live.kind === 'frame' ? live.frame.now : live.now;
    this.#fastest = Math.max(this.#fastest, now - clock);
    // It waited in a queue while this page, or the network, stood still: it is as old as it waited.
    const heldUp = this.#fastest - (now - clock);
    this.#heard = Math.max(this.#heard, clock - heldUp);
    this.#ever = true;
    if (live.kind === 'tick') return;
    const id = bedId(live.kind === 'bed' ? live.bed : live.frame);
    if (!this.#wanted.has(id)) return;
    const bed = this.beds.get(id) ?? new LiveBed(id);
    this.beds.set(id, bed);
    if (live.kind === 'bed') bed.describe(live.bed, clock - heldUp);
    else bed.take(live.frame, clock - heldUp);
  }

  get state(): FeedState {
    if (this.#wanted.size === 0) return 'off';
    if (this.#clock() - this.#heard <= MAX_AGE_MS) return 'live';
    return this.#ever ? 'lost' : 'waiting';
  }

  /** Milliseconds since anything fresh came, or since it was last known to be fresh. */
  get silence(): number {
    return Number.isFinite(this.#heard) ? this.#clock() - this.#heard : this.#clock() - this.#since;
  }

  get clock(): number {
    return this.#clock();
  }

  /** Shows nothing until something new comes. Drawn before this returns, because a page may be put to sleep next. */
  blank(): void {
    if (Number.isFinite(this.#heard)) this.#since = this.#clock();
    this.#heard = Number.NEGATIVE_INFINITY;
    for (const bed of this.beds.values()) bed.blank();
    for (const tell of this.#blanked) tell();
    this.#changed();
  }

  onBlank(tell: () => void): () => void {
    this.#blanked.add(tell);
    return () => void this.#blanked.delete(tell);
  }

  /** Looks at the clock again; to be called every LOOK_MS. When it was not, the page slept. */
  look(): void {
    const [clock, wall] = [this.#clock(), this.#wall()];
    const slept = Math.max(clock - this.#looked, wall - this.#lookedWall) > MAX_AGE_MS;
    [this.#looked, this.#lookedWall] = [clock, wall];
    if (slept) this.blank();
    else this.#changed();
  }

  #changed(): void {
    this.version.value += 1;
  }
}

/** Has a feed follow what becomes of its page: hidden, frozen, kept for "back", or asleep. */
export function watchPage(feed: Feed, page: Window, document: Document): void {
  const blank = (): void => feed.blank();
  document.addEventListener('visibilitychange', blank);
  // Page Lifecycle: frozen pages run no timers, so what they show has to be gone before.
  for (const event of ['freeze', 'resume']) document.addEventListener(event, blank);
  for (const event of ['pagehide', 'pageshow']) page.addEventListener(event, blank);
  setInterval(() => feed.look(), LOOK_MS);
}
