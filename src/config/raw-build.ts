/** What the configuration may hold about building images: a host's flake, and how and when nix is run. */

import * as z from "zod";
import { parseDuration, parseTimeOfDay } from "../boot/build/schedule.ts";
import { parseInstallable } from "../wire/nix/flake-ref.ts";
import { list, oneOrMore, text, wholeNumber } from "./raw-parts.ts";

const WANT = {
  flake:
    "a flake such as github:owner/repo, path:../infra or git+ssh://git@host/repo, with '#ATTRIBUTE' unless that is the host's name",
  build: "how images are built, as in 'build: { every: 6h }'",
  nix: "the name or the path of nix",
  every: "a time from 5m to 4w such as 30m, 6h or 1d",
  at: "a time of day such as '04:00', or a list of them",
  once: "one of 'every' and 'at', not both",
  parallel: "a whole number of builds from 1 to 64",
  args: "a list of arguments for 'nix build' such as [--impure, --max-jobs, \"2\"]",
  timeLimit: "a whole number of minutes from 1 to 10080",
  file: "the path of a file",
  folder: "the path of a folder",
} as const;

const isDuration = (value: string) => parseDuration(value) !== undefined;
const isTimeOfDay = (value: string) => parseTimeOfDay(value) !== undefined;
const isArgument = (value: string) => !value.includes("\0");

const SHAPE = {
  nix: text(WANT.nix)
    .nullish()
    .describe("The program that builds: a name, or a path relative to this file. Default: nix."),
  every: text(WANT.every, isDuration, "^[0-9]{1,5} ?[mhdw]$")
    .nullish()
    .describe(
      "Build every host that has a flake so long after its last build began. Default: only when asked.",
    ),
  at: oneOrMore(text(WANT.at, isTimeOfDay, "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"), WANT.at)
    .nullish()
    .describe("Build every host that has a flake at these times of day. Default: only when asked."),
  parallel: wholeNumber(WANT.parallel, 1, 64)
    .nullish()
    .describe("How many builds may run at once; one host is never built twice at once. Default: 1."),
  args: list(text(WANT.args, isArgument), WANT.args)
    .nullish()
    .describe("Further arguments for 'nix build'. Default: none."),
  timeLimitMinutes: wholeNumber(WANT.timeLimit, 1, 10_080)
    .nullish()
    .describe("After how long a build is stopped and counts as failed. Default: 240."),
  hookSecretFile: text(WANT.file)
    .nullish()
    .describe(
      "The file with the secret by which a forge signs what it sends to /api/v1/hooks/build, relative to this " +
        "file. Default: there are no hooks.",
    ),
};

/** The keys of `build:`. */
export const BUILD_KEYS: readonly string[] = Object.keys(SHAPE);

const build = z
  .strictObject(SHAPE, { error: WANT.build })
  .superRefine((value, context) => {
    if (value.every != null && value.at != null)
      context.addIssue({ code: "custom", path: ["at"], message: WANT.once, input: value.at });
  })
  .nullish()
  .describe("How and when images are built from flakes.");

export type RawBuild = NonNullable<z.infer<typeof build>>;

/** The keys at the top. */
export const BUILD_KEY_SHAPE = {
  build,
  buildOutput: text(WANT.folder)
    .nullish()
    .describe(
      "A folder that builds leave images in, relative to this file: a folder in it, named like a host, is " +
        "that host's image. Default: none.",
    ),
};

/** A key of a host. */
export const flake = text(WANT.flake, (value) => parseInstallable(value) !== undefined)
  .nullish()
  .describe(
    "What nix builds its image from: a flake, with its attribute behind '#'. Default attribute: the host's name.",
  );

/** What is a number here. */
export const BUILD_NUMBER_KEYS: readonly string[] = ["parallel", "timeLimitMinutes"];
