import type { Bytes } from '../protocol/encoding/bytes.ts';

export type Value = number | bigint | string | Bytes | null;

/** One statement to run. `expect` is the number of rows it has to change; any other number undoes its call. */
export interface Op {
  readonly sql: string;
  readonly params: readonly Value[];
  readonly expect?: number;
}

/** A batch crosses to the writer's thread as one flat buffer: cloning thousands of small objects costs more. */
const NULL = 0;
const INTEGER = 1;
const BIGINT = 2;
const TEXT = 3;
const BLOB = 4;
const REAL = 5;
const ANY = 0xffff_ffff;
const START_SIZE = 64 * 1024;

const utf8 = new TextEncoder();

/** Writes calls (each a list of ops) into one buffer, which grows as needed and can be used again. */
export class BatchWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #at = 4;
  #calls = 0;

  constructor(buffer: ArrayBuffer = new ArrayBuffer(START_SIZE)) {
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** Adds one call; `statement` gives the number both sides know a statement by. Throws TypeError on other values. */
  add(ops: readonly Op[], statement: (sql: string) => number): void {
    this.#room(4);
    this.#u32(ops.length);
    for (const op of ops) {
      this.#room(12);
      this.#u32(statement(op.sql));
      this.#u32(op.expect ?? ANY);
      this.#u32(op.params.length);
      for (const value of op.params) this.#value(value);
    }
    this.#calls += 1;
  }

  /** The buffer, whose first bytes hold everything added. */
  finish(): ArrayBuffer {
    this.#view.setUint32(0, this.#calls);
    return this.#bytes.buffer;
  }

  #value(value: Value): void {
    this.#room(9);
    if (value === null) this.#tag(NULL);
    else if (typeof value === 'number') {
      this.#tag(Number.isSafeInteger(value) ? INTEGER : REAL);
      this.#view.setFloat64(this.#at, value);
      this.#at += 8;
    } else if (typeof value === 'bigint') {
      this.#tag(BIGINT);
      this.#view.setBigInt64(this.#at, value);
      this.#at += 8;
    } else if (typeof value === 'string') {
      this.#tag(TEXT);
      this.#room(4 + value.length * 3);
      const { written } = utf8.encodeInto(value, this.#bytes.subarray(this.#at + 4));
      this.#u32(written);
      this.#at += written;
    } else {
      this.#tag(BLOB);
      this.#room(4 + value.length);
      this.#u32(value.length);
      this.#bytes.set(value, this.#at);
      this.#at += value.length;
    }
  }

  #tag(tag: number): void {
    this.#bytes[this.#at++] = tag;
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** An op on the writer's side: a statement number instead of its text; `expect` null when any number will do. */
export interface NumberedOp {
  readonly statement: number;
  readonly expect: number | null;
  readonly params: Value[];
}

const text = new TextDecoder();

/** Reads what BatchWriter wrote. Byte strings are views of the buffer. */
export function readBatch(buffer: ArrayBuffer): NumberedOp[][] {
  const view = new DataView(buffer);
  let at = 0;
  const u32 = (): number => {
    at += 4;
    return view.getUint32(at - 4);
  };
  const span = (): Bytes => {
    const length = u32();
    at += length;
    return new Uint8Array(buffer, at - length, length);
  };
  const value = (): Value => {
    const tag = view.getUint8(at++);
    if (tag === NULL) return null;
    if (tag === TEXT) return text.decode(span());
    if (tag === BLOB) return span();
    at += 8;
    if (tag === BIGINT) return view.getBigInt64(at - 8);
    const number = view.getFloat64(at - 8);
    // node:sqlite binds every number as REAL or INTEGER by its value; a STRICT table tells them apart.
    return tag === INTEGER || tag === REAL ? number : null;
  };
  const list = <T>(read: () => T): T[] => {
    const length = u32();
    const out: T[] = [];
    for (let i = 0; i < length; i++) out.push(read());
    return out;
  };
  const op = (): NumberedOp => {
    const statement = u32();
    const expect = u32();
    return { statement, expect: expect === ANY ? null : expect, params: list(value) };
  };
  return list(() => list(op));
}
