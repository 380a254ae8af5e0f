import { Worker } from 'node:worker_threads';
import type { AccessReview, Found, Gap, IndexFilter, Overview } from '../../edge/desks/audit-desk.ts';
import { Refusal } from '../../protocol/refusal.ts';

/** What stands before an emergency in the log. */
export interface BeforeEmergency {
  /** Hash of the newest command for the same patient's device (hex). */
  readonly command: string;
  /** Who went through the emergency door: pseudonyms, or keys of people nobody knows any more. */
  readonly people: readonly string[];
}

/** What the index can be asked, and what it answers. */
export interface IndexAnswers {
  readonly search: { readonly asked: IndexFilter; readonly answer: Omit<Found, 'complete'> };
  readonly parts: { readonly asked: number; readonly answer: readonly number[] };
  readonly beforeEmergency: { readonly asked: string; readonly answer: BeforeEmergency | undefined };
  readonly gaps: { readonly asked: number; readonly answer: readonly Gap[] };
  readonly receipts: {
    readonly asked: string;
    readonly answer:
      | {
          readonly first: number;
          readonly last: number;
          readonly missing: readonly number[];
          readonly twice: readonly number[];
        }
      | undefined;
  };
  readonly shown: {
    readonly asked: undefined;
    readonly answer: readonly { readonly entry: number; readonly device: string; readonly command: string }[];
  };
  readonly overview: {
    readonly asked: number;
    readonly answer: Pick<
      Overview,
      | 'commands'
      | 'outcomes'
      | 'refusals'
      | 'primed'
      | 'emergencies'
      | 'breakGlass'
      | 'alarms'
      | 'lastOfDevice'
      | 'places'
      | 'indexed'
      | 'size'
    >;
  };
  readonly access: { readonly asked: undefined; readonly answer: AccessReview };
  readonly people: {
    readonly asked: readonly { readonly kid: string; readonly subject: string; readonly roles: number }[];
    readonly answer: number;
  };
}

/** One question to the thread. */
export type Asked = {
  readonly [K in keyof IndexAnswers]: {
    readonly id: number;
    readonly what: K;
    readonly asked: IndexAnswers[K]['asked'];
  };
}[keyof IndexAnswers];

/** Questions under way; more auditors than this do not sit at one gateway. */
const MAX_WAITING = 64;

interface Waiting {
  /** Takes what its own question asked for. */
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** The audit index, in a thread of its own. It starts with the first question, or when it is told to. */
export class AuditIndex {
  readonly #file: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 0;

  /** `file` is the gateway's database. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Begins to follow the log, so that the first question finds the index made. */
  start(): void {
    this.#worker ??= this.#open();
  }

  /** Rejects with Refusal E_RATE when too much is asked at once, E_AUDIT_UNAVAILABLE when the index cannot be read. */
  ask<K extends keyof IndexAnswers>(
    what: K,
    asked: IndexAnswers[K]['asked'],
  ): Promise<IndexAnswers[K]['answer']> {
    if (this.#waiting.size >= MAX_WAITING)
      return Promise.reject(new Refusal('E_RATE', 'too many searches at once'));
    this.start();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker?.postMessage({ id, what, asked });
    });
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
    this.#fail('the gateway stops');
  }

  #open(): Worker {
    const worker = new Worker(new URL('index-worker.ts', import.meta.url), {
      workerData: { file: this.#file },
    });
    worker.unref();
    worker.on('message', ({ id, answer, failed }: { id: number; answer: never; failed?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failed === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Refusal('E_AUDIT_UNAVAILABLE', `the audit index does not answer: ${failed}`));
    });
    worker.on('error', (error) => {
      this.#worker = undefined; // The next question opens another one.
      this.#fail(error instanceof Error ? error.message : String(error));
    });
    return worker;
  }

  #fail(why: string): void {
    for (const { reject } of this.#waiting.values())
      reject(new Refusal('E_AUDIT_UNAVAILABLE', `the audit index does not answer: ${why}`));
    this.#waiting.clear();
  }
}
