import type { ExchangeFailure } from '../../server/protocol/link/station.ts';

/**
 * What PC/SC reports, in the words of this project. nfc-pcsc wraps the text of pcsc-lite, which ends in the
 * return value, in an error's `previous`; the value is the only part that does not depend on a version.
 */
const BY_CODE = {
  '0x80100003': 'service-lost', // SCARD_E_INVALID_HANDLE: pcscd was restarted
  '0x80100008': 'reader-failed', // SCARD_E_INSUFFICIENT_BUFFER: comes after the card has acted
  '0x80100009': 'reader-lost', // SCARD_E_UNKNOWN_READER
  '0x8010000a': 'no-answer', // SCARD_E_TIMEOUT
  '0x8010000b': 'in-use', // SCARD_E_SHARING_VIOLATION
  '0x8010000c': 'card-removed', // SCARD_E_NO_SMARTCARD
  '0x80100013': 'service-lost', // SCARD_F_COMM_ERROR: pcscd died under a call
  '0x80100016': 'card-removed', // SCARD_E_NOT_TRANSACTED: usually the field was left; may come after the card acted
  '0x80100017': 'reader-lost', // SCARD_E_READER_UNAVAILABLE
  '0x8010001d': 'service-lost', // SCARD_E_NO_SERVICE
  '0x8010001e': 'service-lost', // SCARD_E_SERVICE_STOPPED
  '0x80100066': 'card-removed', // SCARD_W_UNRESPONSIVE_CARD
  '0x80100067': 'card-removed', // SCARD_W_UNPOWERED_CARD
  '0x80100068': 'card-removed', // SCARD_W_RESET_CARD: what was sent before is forgotten
  '0x80100069': 'card-removed', // SCARD_W_REMOVED_CARD
} as const satisfies Record<string, ExchangeFailure | 'in-use' | 'service-lost'>;

export type PcscReason = (typeof BY_CODE)[keyof typeof BY_CODE];

/** The reason behind an error of nfc-pcsc or its addon; anything unknown is the reader's failure. */
export function pcscReason(error: unknown): PcscReason {
  const code = /\((0x[0-9a-f]{8})\)/i.exec(innermostText(error))?.[1]?.toLowerCase() ?? '';
  if (isCode(code)) return BY_CODE[code];
  return 'reader-failed';
}

/** The same for an exchange, which knows fewer words. */
export function exchangeReason(error: unknown): ExchangeFailure {
  const reason = pcscReason(error);
  return reason === 'in-use' || reason === 'service-lost' ? 'reader-lost' : reason;
}

const isCode = (code: string): code is keyof typeof BY_CODE => Object.hasOwn(BY_CODE, code);

function innermostText(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const previous: unknown = Reflect.get(error, 'previous');
  return previous instanceof Error ? previous.message : error.message;
}
