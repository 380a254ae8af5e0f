import { sha256 as hashed } from '@noble/hashes/sha2.js';
import type { Sha256 } from '../../../server/protocol/crypto.ts';

/** SHA-256 at once: the protocol hashes inside of synchronous checks, and WebCrypto hashes in promises only. */
export const sha256: Sha256 = (bytes) => hashed(bytes);
