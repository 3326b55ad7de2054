/** A dialog of the page's own: the browser keeps the keyboard in it, ends it by Esc, and gives the focus back. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** By whatever it was closed. */
  readonly onClose: () => void;
  /** What has it closed, for who is inside. */
  readonly closing: { close?: () => void };
}

export function Dialog({ title, children, onClose, closing }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    if (dialog === null) return;
    dialog.showModal();
    // Only what was closed gives the focus back.
    closing.close = () => dialog.close();
    return () => dialog.close();
  }, [closing]);
  return (
    <dialog
      ref={box}
      class="dialog"
      aria-labelledby={id}
      onClose={() => {
        keepFocus();
        onClose();
      }}
      // The ground around it is the dialog itself; what is in it is not.
      onMouseDown={({ target, currentTarget }) => target === currentTarget && currentTarget.close()}
    >
      <div class="dialog-body">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

/** What opened it may be gone by what was done: the keyboard goes on at the top of the page then. */
function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body)
      document.getElementById("main")?.focus({ preventScroll: true });
  });
}
