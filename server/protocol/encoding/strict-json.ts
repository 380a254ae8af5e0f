import { text, type Bytes } from './bytes.ts';
import { Refusal } from '../refusal.ts';

/** JSON as requests may use it: no fractions, no null, and every name once. */
export type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

/** An audit writer can be killed by nesting that a parser takes: JSON.parse reads 5,000 levels. */
const MAX_DEPTH = 16;
/** Names through which JavaScript objects reach their prototype. */
const PROTOTYPE = new Set(['__proto__', 'constructor', 'prototype']);
const SPACE = /[ \t\n\r]*/uy;
/** Where a string ends; whether it is one, JSON.parse tells. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/uy;
const INTEGER = /-?(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/uy;
const WORD = /true|false/uy;

/**
 * Reads UTF-8 JSON (RFC 8259) the I-JSON way (RFC 7493) and stricter: a member that comes twice, a number that
 * is not a safe integer, null, a lone surrogate, a prototype name or too deep nesting are refused, where
 * JSON.parse would pick one meaning and another reader of the same bytes the other. Throws Refusal E_CMD_MALFORMED.
 */
export function parseStrictJson(bytes: Bytes): Json {
  const reader = new Reader(decode(bytes));
  const value = reader.value(0);
  reader.end();
  return value;
}

function decode(bytes: Bytes): string {
  try {
    return text(bytes);
  } catch {
    throw new Refusal('E_CMD_MALFORMED', 'the body is not UTF-8');
  }
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  value(depth: number): Json {
    if (depth > MAX_DEPTH) return this.#fail('nested too deeply');
    this.#space();
    switch (this.#source[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
      case 'f':
        return this.#take(WORD) === 'true';
      default:
        return this.#number();
    }
  }

  end(): void {
    this.#space();
    if (this.#at !== this.#source.length) this.#fail('something follows the value');
  }

  #object(depth: number): Json {
    const object: Record<string, Json> = {};
    this.#items('}', () => {
      this.#space();
      const name = this.#string();
      if (PROTOTYPE.has(name)) this.#fail('a member name that is not allowed');
      if (Object.hasOwn(object, name)) this.#fail('a member that comes twice');
      this.#space();
      if (!this.#skip(':')) this.#fail('a colon is missing');
      object[name] = this.value(depth + 1);
    });
    return object;
  }

  #array(depth: number): Json {
    const array: Json[] = [];
    this.#items(']', () => array.push(this.value(depth + 1)));
    return array;
  }

  /** Reads `[`, items between commas, and the closing character. */
  #items(close: string, item: () => void): void {
    this.#at++;
    this.#space();
    if (this.#skip(close)) return;
    do {
      item();
      this.#space();
    } while (this.#skip(','));
    if (!this.#skip(close)) this.#fail(`a comma or ${close} is missing`);
  }

  #string(): string {
    const token = this.#take(STRING);
    let value: unknown;
    try {
      value = JSON.parse(token);
    } catch {
      return this.#fail('a string with a wrong escape or a control character');
    }
    if (typeof value !== 'string' || !value.isWellFormed()) return this.#fail('text with a lone surrogate');
    return value;
  }

  #number(): number {
    const value = Number(this.#take(INTEGER));
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return this.#fail('not a safe integer');
    return value;
  }

  #space(): void {
    this.#take(SPACE);
  }

  #skip(char: string): boolean {
    const found = this.#source[this.#at] === char;
    if (found) this.#at++;
    return found;
  }

  #take(token: RegExp): string {
    token.lastIndex = this.#at;
    const [found] = token.exec(this.#source) ?? this.#fail('not JSON as it is taken here');
    this.#at += found.length;
    return found;
  }

  #fail(why: string): never {
    throw new Refusal('E_CMD_MALFORMED', `${why} (character ${this.#at})`, 'body');
  }
}
