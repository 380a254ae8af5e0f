import type { GatewayStream } from '../common/page/gate/gateway-stream.ts';
import type { Tokens } from '../common/page/gate/tokens.ts';
import type { Gateway } from './gateway.ts';
import type { Query } from './patient/patients.ts';
import type { Place } from './state.ts';

/** Everything a person can do on this tablet. Each one ends in a state that some screen shows; none of them throws. */
export interface Actions {
  // First day, sign in, lock
  readonly setUp: () => void | Promise<void>;
  readonly beginSetUp: () => void;
  readonly linkUsed: () => void;
  readonly signIn: () => void | Promise<void>;
  readonly giveUp: () => void;
  readonly approve: () => void | Promise<void>;
  readonly otherPerson: () => void | Promise<void>;
  readonly lock: () => void;
  readonly unlock: () => void | Promise<void>;
  readonly stay: () => void;
  readonly update: () => void | Promise<void>;
  // Patient and device
  readonly search: (query: Query) => void | Promise<void>;
  /** @param to the place at which their record opens; their devices, or the one implant they have, if none is given */
  readonly choosePatient: (id: string, to?: Place) => void | Promise<void>;
  readonly leavePatient: () => void;
  readonly chooseDevice: (id: string) => void | Promise<void>;
  readonly readAgain: () => void | Promise<void>;
  readonly go: (place: Place) => void;
  // Change
  readonly startChange: (operation?: number) => void;
  readonly edit: (code: number) => void;
  readonly take: (code: number, value: number) => void;
  readonly closeSheet: () => void;
  readonly discard: () => void;
  /** Back to the draft of a command that was not done, to compare and sign it once more. */
  readonly compareAgain: () => void;
  readonly explain: (part: 'reason' | 'note' | 'order', text: string) => void;
  // Sign
  /** Reads the device again, and shows what is to be signed. @param keep what was typed there already */
  readonly openSigning: (keep?: boolean) => void | Promise<void>;
  readonly typeYear: (year: string) => void;
  readonly scanWristband: (text: string) => void;
  readonly sign: () => void | Promise<void>;
  readonly signInAgain: () => void | Promise<void>;
  /** @param late its time is over: nobody pressed anything */
  readonly cancel: (late?: boolean) => void | Promise<void>;
  readonly resolve: () => void | Promise<void>;
  /** Has the gateway ask the device what became of a command of somebody else. */
  readonly settle: () => void | Promise<void>;
  readonly undo: () => void | Promise<void>;
  readonly finish: () => void | Promise<void>;
  // Reader
  readonly readReaders: () => void | Promise<void>;
  readonly bindReader: (label: string) => void | Promise<void>;
  readonly showReader: () => void | Promise<void>;
  readonly blinked: () => void | Promise<void>;
  readonly releaseReader: () => void | Promise<void>;
  // Emergency
  readonly confirmEmergency: () => void | Promise<void>;
  readonly agreeEmergency: () => void;
  readonly signEmergency: () => void | Promise<void>;
  readonly closeEmergency: () => void;
  readonly openEmergency: () => void | Promise<void>;
  // Ends
  readonly endSession: () => void | Promise<void>;
}

/** Who is signed in behind the screen: their way to the gateway, and their tokens. */
export interface Staff {
  readonly gateway: Gateway | undefined;
  readonly tokens: Tokens | undefined;
  /** @param link with which the person makes the sign-in passkey there first */
  window(given: AbortSignal, link?: string): Promise<Tokens>;
  /** The stream of whoever is signed in, opened when there is none. */
  stream(): Promise<GatewayStream>;
  enter(gateway: Gateway, tokens: Tokens): void;
  /** The same person signed in again: newer tokens for the same session. */
  renew(tokens: Tokens): void;
  leave(): Promise<void>;
}
