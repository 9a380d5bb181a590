/** The keyboard goes to the message box, or to the first field of the command that is being filled in. */
export function focusMessageBox(): void {
  document.querySelector<HTMLElement>(".composer :is(textarea, input:not([hidden]))")?.focus();
}
