import { h, type JSX } from "preact";
import { useMemo, useState } from "preact/hooks";

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
  const fields = useMemo(() => fieldsOf(items), [items]);
  const [state, setState] = useState<ModalState>(() => startValues(fields));
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const close = (): void => store.set({ modal: null });
  const submit = async (): Promise<void> => {
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
      // The answer may itself have opened the next dialog.
      if (store.state.modal === open) close();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
      if (error instanceof RequestError && error.field !== null)
        setState({ ...state, errors: { [error.field]: error.message } });
      setSending(false);
    }
  };
  const change = (customId: string, fresh: Partial<ModalState>): void => {
    setState((before) => ({
      values: { ...before.values, ...fresh.values },
      files: { ...before.files, ...fresh.files },
      errors: { ...before.errors, [customId]: "", ...fresh.errors },
    }));
  };
  return h(
    Dialog,
    { label: open.modal.title, class: "modal", closesOnBackdrop: false, onClose: close },
    h(
      "form",
      {
        noValidate: true,
        onSubmit: (event: Event) => {
          event.preventDefault();
          if (!isSending) void submit();
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
                state,
                change,
                open,
              }),
        ),
      ),
      failure !== null &&
        h("p", { class: "failure modal-failure", role: "alert" }, icon("warning", 16), failure),
      h(
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
      ),
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

function focusFirstError(): void {
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>('.modal [aria-invalid="true"]')?.focus();
  });
}
