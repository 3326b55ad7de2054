/** A button that has something done, behind a dialog that says first what it will do. */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ABSENT, type Api, ApiError } from "../shell/api.ts";
import { useApp } from "../shell/app.ts";
import { type Deed, OUTRUN } from "../state/deed.ts";
import { Dialog } from "./dialog.tsx";

interface DeedButtonProps {
  readonly deed: Deed;
  /** On the button; a dialog follows. */
  readonly children: ComponentChildren;
  readonly class?: string;
  /** For who cannot see where it stands. */
  readonly label?: string;
  /** Called when it is done, where the page changes by it. */
  readonly onDone?: (() => void) | undefined;
}

export function DeedButton({ deed, children, label, onDone, class: kind }: DeedButtonProps) {
  const { open } = useApp();
  const ask = () => open((close) => <DeedDialog deed={deed} onDone={onDone} onClose={close} />);
  return (
    <button type="button" class={kind} aria-label={label} aria-haspopup="dialog" onClick={ask}>
      {children}
    </button>
  );
}

interface DeedDialogProps {
  readonly deed: Deed;
  readonly onClose: () => void;
  readonly onDone?: (() => void) | undefined;
  /** What a person may choose first. */
  readonly children?: ComponentChildren;
  /** Why it cannot be done yet. */
  readonly isIncomplete?: boolean;
}

export function DeedDialog({ deed, onClose, onDone, children, isIncomplete = false }: DeedDialogProps) {
  const { api, say } = useApp();
  const [fault, setFault] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const askVersion = useVersion(deed);
  const closing = useMemo((): { close?: () => void } => ({}), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy || isIncomplete) return;
    setBusy(true);
    setFault(undefined);
    try {
      const notes = await carryOut(api, deed, deed.isFirst ? ABSENT : await askVersion());
      closing.close?.();
      say({ kind: "done", text: [deed.done, ...notes].join(" ") });
      if (onDone === undefined) return;
      // What opened it is about to go: the keyboard goes on at the top of the page.
      document.getElementById("main")?.focus({ preventScroll: true });
      onDone();
    } catch (error) {
      setFault(asFault(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={deed.title} onClose={onClose} closing={closing}>
      <form onSubmit={submit}>
        {children}
        {deed.says.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        <div role="alert">
          {fault === undefined ? undefined : (
            <div class="fault">
              <strong>That did not work: {fault.message}</strong>
              {fault.cure === undefined ? undefined : <p>{fault.cure}</p>}
            </div>
          )}
        </div>
        <div class="dialog-buttons">
          <button type="button" onClick={() => closing.close?.()}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy || isIncomplete || isOutrun(fault)}>
            {isBusy ? "One moment …" : deed.verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/**
 * What is changed as it was when the dialog was opened; a promise, so that nobody waits for it before.
 *
 * What could not be asked for is asked for again when somebody goes on.
 */
function useVersion({ isFirst, versionPath, isAsShown }: Deed): () => Promise<string | undefined> {
  const { api } = useApp();
  const path = isFirst ? undefined : versionPath;
  // What is chosen in a dialog makes another deed of the same thing, as it was shown.
  const check = useRef(isAsShown);
  const answer = useRef<Promise<string | undefined>>(undefined);
  const ask = useMemo(() => {
    answer.current = undefined;
    return () => {
      const asked = answer.current ?? versionOf(api, path, check.current);
      answer.current = asked;
      asked.catch((error: unknown) => {
        // The words are of what was there then: that they are outrun stays so.
        if (answer.current === asked && !isOutrun(error)) answer.current = undefined;
      });
      return asked;
    };
  }, [api, path]);
  useEffect(() => void ask(), [ask]);
  return ask;
}

function isOutrun(error: unknown): boolean {
  return error instanceof ApiError && error.code === "changed";
}

async function versionOf(
  api: Api,
  path: string | undefined,
  isAsShown: Deed["isAsShown"] = () => true,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const { value, version } = await api.getVersioned(path);
    if (!isAsShown(value)) throw new ApiError(412, "changed", OUTRUN.what, OUTRUN.cure);
    return version;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return ABSENT;
    throw error;
  }
}

/** @returns what is worth knowing about it */
async function carryOut(api: Api, { calls }: Deed, version: string | undefined): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const { method, path, body } of calls) {
    const answer = await api.send<{ readonly notes?: readonly string[] }>(method, path, body, version);
    notes.push(...(answer.notes ?? []));
  }
  return notes;
}

function asFault(error: unknown): ApiError {
  if (error instanceof ApiError) {
    const { status, code } = error;
    return code === "changed" ? new ApiError(status, code, OUTRUN.what, OUTRUN.cure) : error;
  }
  return new ApiError(0, "failed", error instanceof Error ? error.message : String(error));
}
