import { connect, createServer, type Socket } from 'node:net';

export interface PhoneParts {
  /** On loopback; 0 for one that is free. */
  readonly port: number;
  /** Port of the gateway's door for devices, on this machine. */
  readonly gateway: number;
}

/** The phone of whoever wears a watch. */
export interface Phone {
  readonly port: number;
  /** The phone is left at home, or has no network: what it carries breaks off, and nobody gets through. */
  away(): void;
  back(): void;
  close(): Promise<void>;
}

/** A watch, and a second connection while the first one is found dead. */
const MOST = 4;

/**
 * Carries bytes between a watch and the gateway. The watch's TLS ends at the gateway: the phone can neither read nor change
 * what it carries, holds no key, and keeps nothing. What it could not carry waits in the watch.
 */
export async function openPhone({ port, gateway }: PhoneParts): Promise<Phone> {
  let reached = true;
  const open = new Set<Socket>();
  const carry = (near: Socket): void => {
    if (!reached) return void near.destroy();
    const far = connect(gateway, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  };
  const server = createServer(carry);
  server.maxConnections = MOST;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const hangUp = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address ? address.port : port,
    away() {
      reached = false;
      hangUp();
    },
    back() {
      reached = true;
    },
    close() {
      hangUp();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
