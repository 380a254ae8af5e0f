import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * A sheet over the main area. It takes the focus when it opens, and gives it back when it goes; what lies under it is inert.
 * It is no modal dialog, because the emergency control has to stay in reach.
 */
export function Sheet({ title, children, id }: { title: string; children: ComponentChildren; id: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Before a key can be pressed on the new screen: whoever was quicker would lose it, and get back a place they never were at.
  useLayoutEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [id]);
  return (
    <section class="sheet" role="dialog" aria-labelledby={`${id}-title`}>
      <h1 id={`${id}-title`} tabIndex={-1} ref={heading}>
        {title}
      </h1>
      {children}
    </section>
  );
}
