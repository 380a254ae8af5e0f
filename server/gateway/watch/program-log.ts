import { pino } from 'pino';

/** Facts a line of the program's own log may carry: no bytes, no values, nobody's name. */
export interface LogFacts {
  readonly name?: string;
  readonly code?: string | number;
  readonly reason?: string;
  readonly count?: number;
  readonly port?: number;
}

export interface GatewayLog {
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
}

const LONGEST = 300;

/** One JSON object a line on standard error. Fields that are not in LogFacts are dropped. */
export function programLog(write?: (line: string) => void): GatewayLog {
  const sink = write ? { write } : pino.destination({ dest: 2, sync: true });
  const logger = pino({ base: { name: 'gateway' } }, sink);
  const only = ({ name, code, reason, count, port }: LogFacts): LogFacts => ({
    ...(name !== undefined && { name: name.slice(0, LONGEST) }),
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason: reason.slice(0, LONGEST) }),
    ...(count !== undefined && { count }),
    ...(port !== undefined && { port }),
  });
  return {
    info: (event, facts = {}) => logger.info(only(facts), event),
    warn: (event, facts = {}) => logger.warn(only(facts), event),
    error: (event, facts = {}) => logger.error(only(facts), event),
  };
}
