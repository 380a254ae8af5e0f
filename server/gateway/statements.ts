import { Refusal } from '../protocol/refusal.ts';
import { parseStatement, type SignedStatement } from '../protocol/statement.ts';

/** Which of the two a lock statement is; throws Refusal E_CMD_SCHEMA for any other purpose. */
export function purposeOf(signed: SignedStatement): 'lock' | 'unlock' {
  const { purpose } = parseStatement(signed.statement);
  if (purpose === 'lock' || purpose === 'unlock') return purpose;
  throw new Refusal('E_CMD_SCHEMA', 'expected a lock or unlock statement', 'statement.2');
}
