import type { EnrolledDevice } from '../../broker/enrolled.ts';
import type { Config } from '../../config.ts';
import { readFingerprints, type Registry } from '../../fleet/registry.ts';
import { readStations } from './trust.ts';

/** Whose certificates are known right now: both lists are read anew while the gateway runs. */
export class KnownPeers {
  readonly #config: Pick<Config, 'trust' | 'hospital'>;
  readonly #registry: Registry;
  #stations: ReadonlyMap<string, string>;
  #fault = '';

  constructor(
    config: Pick<Config, 'trust' | 'hospital'>,
    registry: Registry,
    stations: ReadonlyMap<string, string>,
  ) {
    this.#config = config;
    this.#registry = registry;
    this.#stations = stations;
  }

  /** The device that a certificate belongs to. */
  device(fingerprint: string): EnrolledDevice | undefined {
    return this.#registry.byFingerprint(fingerprint);
  }

  /** The label of the station that a certificate belongs to. */
  station(fingerprint: string): string | undefined {
    return this.#stations.get(fingerprint);
  }

  /** Labels of all stations. */
  get labels(): Iterable<string> {
    return this.#stations.values();
  }

  /** Stations as the authority's list has them. */
  follow(stations: ReadonlyMap<string, string>): void {
    this.#stations = stations;
  }

  /**
   * Reads both lists anew: devices.json (a new certificate of a known device, or none any more) and stations.json.
   * Lists that cannot be read leave those in force; that is thrown, as an Error naming the file, once.
   */
  async refresh(): Promise<void> {
    try {
      const [stations, fingerprints] = await Promise.all([
        readStations(this.#config),
        readFingerprints(this.#config.trust),
      ]);
      this.#stations = stations;
      this.#registry.certify(fingerprints);
      this.#fault = '';
    } catch (error) {
      const fault = String(error);
      if (fault === this.#fault) return;
      this.#fault = fault;
      throw error;
    }
  }
}
