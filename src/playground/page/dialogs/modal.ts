import { h, type JSX } from "preact";
import { useLayoutEffect, useMemo, useState } from "preact/hooks";

import type { ClientState } from "../../client-api.ts";
import { Markdown } from "../markdown/markdown.ts";
import { RequestError } from "../state/api.ts";
import { submitModal } from "../state/interactions.ts";
import { type OpenModal, store, useApp } from "../state/store.ts";
import { avatar } from "../ui/avatar.ts";
import { icon } from "../ui/icons.ts";
import { Dialog } from "./dialog.ts";
import { ModalFieldView } from "./modal-field.ts";
import {
  checkModal,
  fieldsOf,
  type ModalItem,
  modalItems,
  type ModalState,
  startValues,
  toFields,
} from "./modal-values.ts";

/** The dialog that the bot opened, if any. */
export function Modal(): JSX.Element | null {
  const modal = useApp((state) => state.modal);
  const world = useApp((state) => state.world);
  if (modal === null || world === null) return null;
  return h(ModalDialog, { key: modal.interactionId, open: modal, world });
}

function ModalDialog({ open, world }: { open: OpenModal; world: ClientState }): JSX.Element {
  const items = useMemo(() => modalItems(open.modal), [open]);
  const form = useModalForm(open, items);
  const close = (): void => store.set({ modal: null });
  useLayoutEffect(focusFirstField, []);
  return h(
    Dialog,
    { label: open.modal.title, class: "modal", closesOnBackdrop: false, onClose: close },
    h(
      "form",
      {
        noValidate: true,
        onSubmit: (event: Event) => {
          event.preventDefault();
          void form.submit();
        },
      },
      header(open, world, close),
      h(
        "div",
        { class: "modal-body" },
        items.map((item, index) =>
          item.type === "text"
            ? h(Markdown, { key: index, source: item.content })
            : h(ModalFieldView, {
                key: item.field.component.custom_id,
                field: item.field,
                state: form.state,
                change: form.change,
                open,
              }),
        ),
      ),
      form.failure !== null &&
        h(
          "p",
          { class: "failure modal-failure", role: "alert" },
          icon("warning", 16),
          form.failure,
        ),
      footer(form.isSending, close),
    ),
  );
}

interface ModalForm {
  state: ModalState;
  isSending: boolean;
  /** Why it was not accepted, for people. */
  failure: string | null;
  change: (customId: string, fresh: Partial<ModalState>) => void;
  submit: () => Promise<void>;
}

function useModalForm(open: OpenModal, items: readonly ModalItem[]): ModalForm {
  const fields = useMemo(() => fieldsOf(items), [items]);
  const [state, setState] = useState<ModalState>(() => startValues(fields));
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const submit = async (): Promise<void> => {
    if (isSending) return;
    const errors = checkModal(fields, state);
    setState({ ...state, errors });
    if (Object.keys(errors).length > 0) {
      focusFirstError();
      return;
    }
    setSending(true);
    setFailure(null);
    try {
      await submitModal(open.interactionId, toFields(fields, state));
      if (store.state.modal === open) store.set({ modal: null });
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
      if (error instanceof RequestError && error.field !== null)
        setState({ ...state, errors: { [error.field]: error.message } });
      setSending(false);
    }
  };
  const change: ModalForm["change"] = (customId, fresh) => {
    setState((before) => ({
      values: { ...before.values, ...fresh.values },
      files: { ...before.files, ...fresh.files },
      errors: { ...before.errors, [customId]: "", ...fresh.errors },
    }));
  };
  return { state, isSending, failure, change, submit };
}

function footer(isSending: boolean, close: () => void): JSX.Element {
  return h(
    "footer",
    { class: "dialog-footer" },
    h("button", { type: "button", class: "button is-secondary", onClick: close }, "Cancel"),
    h(
      "button",
      {
        type: "submit",
        class: `button is-primary ${isSending ? "is-busy" : ""}`,
        "aria-busy": isSending ? "true" : undefined,
      },
      h("span", null, "Submit"),
      isSending && h("span", { class: "spinner" }),
    ),
  );
}

function header({ modal }: OpenModal, world: ClientState, close: () => void): JSX.Element {
  return h(
    "header",
    { class: "dialog-header" },
    avatar({ ...world.bot.user, bot: true }, 32),
    h("h2", null, modal.title),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Close", onClick: close },
      icon("close", 20),
    ),
  );
}

/** Not the button that closes the dialog. */
function focusFirstField(): void {
  document
    .querySelector<HTMLElement>(".modal-body :is(input:not([hidden]), textarea, button)")
    ?.focus();
}

function focusFirstError(): void {
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>('.modal [aria-invalid="true"]')?.focus();
  });
}
