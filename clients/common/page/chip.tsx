import type { ComponentChildren } from 'preact';
import { Icon, type Kind } from './icon.tsx';

/** A state in a few words, with its shape and colour. */
export const Chip = ({ kind, children }: { kind: Kind; children: ComponentChildren }) => (
  <span class={`chip ${kind}`}>
    <Icon kind={kind} />
    {children}
  </span>
);

/** What happened, the state of the device, what to do: a sentence that stays until something else is true. */
export const Notice = ({
  kind,
  title,
  children,
  loud = false,
  level: Heading = 'h2',
}: {
  kind: Kind;
  title: string;
  children?: ComponentChildren;
  /** Read out at once by screen readers: for failures, never for progress. */
  loud?: boolean;
  /** `h1` where the notice is what the whole screen is about. */
  level?: 'h1' | 'h2';
}) => (
  <div class={`notice ${kind}`} role={loud ? 'alert' : 'status'}>
    <Icon kind={kind} size={24} />
    <div>
      <Heading>{title}</Heading>
      {children}
    </div>
  </div>
);
