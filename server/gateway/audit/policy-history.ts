import { allowsPrimed } from '../../authorize/policy.ts';
import { FileError } from '../../authorize/json-file.ts';
import { parsePolicy } from '../../authorize/policy-file.ts';
import type { Gap } from '../../edge/desks/audit-desk.ts';
import { type Bytes, hex, unhex } from '../../protocol/encoding/bytes.ts';
import { decodeStrict, uint } from '../../protocol/encoding/fields.ts';
import type { AuditIndex } from './search.ts';

/** Under this the gateway keeps each policy that was ever in force, by its digest. */
export const policyName = (digest: Bytes): string => `policy-file ${hex(digest)}`;
const ANNOUNCED = 'policy ';

export interface PolicyHistoryParts {
  readonly memory: {
    recall(name: string): Bytes | undefined;
    named(prefix: string): ReadonlyMap<string, Bytes>;
  };
  readonly index: AuditIndex;
  /** Where a device belongs, by the hospital's own list. */
  readonly siteOf: (device: string) => string | undefined;
}

/** A policy, and from which size of the log on it decided. */
export interface PolicyThen {
  readonly from: number;
  readonly digest: Bytes;
  /** Undefined where it was in force before such files were kept. */
  readonly json: Bytes | undefined;
}

/** Which policy was in force when, and whether it let a second person be shown values where one was. */
export class PolicyHistory {
  readonly #parts: PolicyHistoryParts;

  constructor(parts: PolicyHistoryParts) {
    this.#parts = parts;
  }

  /** The policy that decided when an entry was logged; undefined before the first. */
  at(index: number): PolicyThen | undefined {
    const { memory } = this.#parts;
    const all = [...memory.named(ANNOUNCED)].flatMap(([name, kept]): readonly PolicyThen[] => {
      const digest = unhex(name.slice(ANNOUNCED.length));
      const from = uint(decodeStrict(kept, name, 16), name);
      return from <= index ? [{ from, digest, json: memory.recall(policyName(digest)) }] : [];
    });
    return all.toSorted((a, b) => b.from - a.from)[0];
  }

  /** A policy's file, by its digest. */
  file(digest: Bytes): Bytes | undefined {
    return this.#parts.memory.recall(policyName(digest));
  }

  /** Checks by review only that the policy of their time did not allow at the site of their device: the gateway alone let them be. */
  async gaps(): Promise<readonly Gap[]> {
    const shown = await this.#parts.index.ask('shown', undefined);
    return shown.flatMap(({ entry, device, command }): readonly Gap[] => {
      const says = this.#objection(entry, device);
      return says === undefined ? [] : [{ kind: 'primed', entry, device, command, says }];
    });
  }

  #objection(entry: number, device: string): string | undefined {
    const then = this.at(entry);
    if (!then?.json)
      return 'The second person was shown the values, and the policy of that time is not kept here.';
    const site = this.#parts.siteOf(device);
    const allowed = site !== undefined && allows(then.json, site);
    return allowed
      ? undefined
      : 'The second person was shown the values, and the policy of that time did not allow it there.';
  }
}

function allows(json: Bytes, site: string): boolean {
  try {
    return allowsPrimed(parsePolicy(json), site, 'program');
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}
