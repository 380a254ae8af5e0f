/**
 * For `ref`: takes the focus in the moment it appears, when what had it went with its screen. Whoever works elsewhere keeps
 * their place.
 */
export function takeFocus(one: HTMLElement | null): void {
  if (document.activeElement === document.body) one?.focus();
}
