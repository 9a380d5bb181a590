const FLASH_MS = 1600;

/** Scrolls to a message of the open channel and marks it for a moment. */
export function revealMessage(messageId: string): void {
  const element = document.querySelector<HTMLElement>(`[data-message-id="${messageId}"]`);
  if (element === null) return;
  element.scrollIntoView({ block: "center" });
  element.focus({ preventScroll: true });
  element.classList.add("is-revealed");
  setTimeout(() => element.classList.remove("is-revealed"), FLASH_MS);
}
