/** Asks nix which services a flake's configuration has, without building it. */

import * as z from "zod";
import { ASK_SERVICES, configInstallable } from "../../boot/history/flake-config.ts";
import type { Service } from "../../boot/history/service.ts";
import { runTool, ToolError } from "../system/run-tool.ts";
import type { NixOptions } from "./nix-closure.ts";

/** A large configuration takes a minute on a small machine. */
const TIMEOUT_MS = 5 * 60_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const FEATURES = ["--extra-experimental-features", "nix-command flakes"];

const answer = z.object({
  system: z.string(),
  services: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      commands: z.array(z.string()),
      wantedBy: z.array(z.string()),
    }),
  ),
});

export interface FlakeServices {
  /** The system that the flake would build now: `/nix/store/…`. */
  readonly system: string;
  readonly services: readonly Service[];
}

/**
 * @param installable - what `nix build` is given for the host
 * @throws {@link ToolError} with what nix says
 */
export async function askFlake(
  installable: string,
  host: string,
  { signal, env, timeoutMs = TIMEOUT_MS }: NixOptions = {},
): Promise<FlakeServices> {
  const what = configInstallable(installable, host);
  const args = [...FEATURES, "eval", "--json", "--no-write-lock-file", what, "--apply", ASK_SERVICES];
  const text = await runTool("nix", args, {
    timeoutMs,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    ...(signal === undefined ? {} : { signal }),
    ...(env === undefined ? {} : { env }),
  });
  const { data } = answer.safeParse(JSON.parse(text));
  if (data === undefined) throw new ToolError(`nix eval of ${what} answers what Mayfly cannot read`, text);
  const services = data.services.map(({ name, description, commands, wantedBy }) => {
    return { name, ...(description === "" ? {} : { description }), commands, wantedBy };
  });
  return { system: data.system, services };
}
