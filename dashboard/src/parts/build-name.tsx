/** A build in a list: the NixOS that it is, where that is known, its id and its kernel. */

import type { ComponentChildren } from "preact";
import { GenerationName } from "./generation-name.tsx";

interface BuildNameProps {
  readonly id: string;
  readonly nixos: string | undefined;
  readonly kernel: string | undefined;
  /** What stands below in place of its id and its kernel. */
  readonly about?: string | undefined;
  /** What stands beside it, and is not cut. */
  readonly children?: ComponentChildren;
}

export function BuildName({ id, nixos, kernel, about, children }: BuildNameProps) {
  const linux = kernel === undefined ? "" : `Linux ${kernel}`;
  return (
    <>
      <span class="build">
        {nixos === undefined ? (
          <GenerationName id={id} />
        ) : (
          <span title={`NixOS ${nixos}, ${id}`}>{nixos}</span>
        )}
        {children}
      </span>
      <span class="under" title={about}>
        {about === undefined && nixos !== undefined ? <GenerationName id={id} /> : undefined} {about ?? linux}
      </span>
    </>
  );
}
