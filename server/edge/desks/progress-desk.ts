import type { CommandProgress } from '../../protocol/command-progress.ts';
import type { Session } from './desk.ts';

/** How far commands are, for everybody who may see their device. */
export interface ProgressDesk {
  /** Tells each step; returns the unsubscriber. What is under way already is told at once. */
  watch(session: Session, tell: (progress: CommandProgress) => void): () => void;
}
