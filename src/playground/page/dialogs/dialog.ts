import { type ComponentChildren, h, type JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface DialogProps {
  label: string;
  class?: string;
  /** Whether a click beside it closes it: not where that would lose what was typed. */
  closesOnBackdrop?: boolean;
  onClose: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  children?: ComponentChildren;
}

/** A dialog above the page: the browser keeps the keyboard inside it and gives it back afterwards. */
export function Dialog(props: DialogProps): JSX.Element {
  const { label, onClose, children, closesOnBackdrop = true } = props;
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return h(
    "dialog",
    {
      ref: element,
      class: `dialog ${props.class ?? ""}`,
      "aria-label": label,
      onKeyDown: props.onKeyDown,
      onCancel: (event: Event) => {
        // A file chooser that is left without a file also says cancel.
        if (event.target !== element.current) return;
        event.preventDefault();
        onClose();
      },
      onPointerDown: (event: PointerEvent) => {
        if (closesOnBackdrop && event.target === element.current) onClose();
      },
    },
    children,
  );
}
