/** Every machine that has asked, loaded anew when one comes or is approved, and now and then: who waits asks again. */

import { useEffect, useReducer, useState } from "preact/hooks";
import type { MachineView } from "../../../src/web/schema/machines.ts";
import { ApiError } from "../shell/api.ts";
import { type Answer, useApp, useSelect } from "../shell/app.ts";
import { loadPages } from "../shell/load-pages.ts";
import { useCalm } from "../shell/use-calm.ts";

const CALM_MS = 2000;
const AGAIN_MS = 10_000;

interface MachinesPage {
  readonly next?: string;
  readonly machines: readonly MachineView[];
}

/** Moves when a machine came, was approved or is to be looked at again. */
export function useMachinesVersion(): string {
  const version = useCalm(
    useSelect(({ machinesVersion }) => machinesVersion),
    CALM_MS,
  );
  const [round, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || again(undefined), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return `${version} ${round}`;
}

export function useMachines(): Answer<readonly MachineView[]> {
  const { api } = useApp();
  const version = useMachinesVersion();
  const [found, setFound] = useState<{ value?: readonly MachineView[]; error?: ApiError }>({});
  const [tries, again] = useReducer((count: number) => count + 1, 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a version and a try are reasons to ask again.
  useEffect(() => {
    const asking = new AbortController();
    loadPages<MachinesPage, MachineView>(api, "/machines", ({ machines }) => machines, asking.signal).then(
      (value) => asking.signal.aborted || setFound({ value }),
      (error: unknown) => {
        if (!asking.signal.aborted && error instanceof ApiError)
          setFound((before) => (before.value === undefined ? { error } : before));
      },
    );
    return () => asking.abort();
  }, [api, version, tries]);
  return { ...found, again: () => again(undefined) };
}
