/** What the configuration may hold about rollouts: how new generations reach machines, and which hosts go together. */

import * as z from "zod";
import { isHostName } from "../boot/hosts.ts";
import { DEFAULT_POLICY, type RolloutPolicy } from "../boot/rollout/policy.ts";
import { parseOpenTime } from "./open-time.ts";
import { oneOrMore, text, wholeNumber } from "./raw-parts.ts";

const WANT = {
  rollout: "how new generations reach machines, as in 'rollout: { canary: 1 }'",
  strategy: "all, canary, window or manual",
  canary: "a whole number of machines from 1 to 1000",
  window: "hours such as '02:00-05:00' or 'Mon-Fri 22:00-04:00', or a list of them",
  switch: "true or false",
  minutes: "a number of minutes from 0.1 to 10080",
  tries: "a whole number of boots from 1 to 100",
  groups: "groups by name, as in 'groups: { nodes: { rollout: { canary: 1 } } }'",
  groupName: "a group's name: letters, digits, '.', '_' and '-', the first one a letter or a digit",
  needsWindow: "'window:' with it, as in 'window: 02:00-05:00'",
  onlyCanary: "it with 'strategy: canary' alone",
  onlyWindow: "it with 'strategy: window' alone",
} as const;

const SHAPE = {
  strategy: z
    .enum(["all", "canary", "window", "manual"], { error: WANT.strategy })
    .nullish()
    .describe(
      "all: the next boot gets the new generation. canary: some machines first, then the rest. window: boots at " +
        "certain hours get it. manual: it waits for 'mayfly promote'. Default: all; canary or window where " +
        "those are set.",
    ),
  canary: wholeNumber(WANT.canary, 1, 1000)
    .nullish()
    .describe("How many machines boot a new generation and come up before the others get it. Default: 1."),
  window: oneOrMore(
    text(WANT.window, (value) => parseOpenTime(value) !== undefined),
    WANT.window,
  )
    .nullish()
    .describe(
      "At which hours, in the server's local time, machines take a new generation: '02:00-05:00', " +
        "'Mon-Fri 22:00-04:00', or a list. At others they get the last good one.",
    ),
  expectCheckIn: z
    .boolean({ error: WANT.switch })
    .nullish()
    .describe(
      "Whether what boots must say that it is up (docs/check-in.md). Default: once it ever has. Where it need " +
        "not, a machine that has all files and does not come back within the time limit counts as up.",
    ),
  checkInMinutes: z
    .number({ error: WANT.minutes })
    .min(0.1, { error: WANT.minutes })
    .max(10_080, { error: WANT.minutes })
    .nullish()
    .describe("How long a machine may take to be up, once it has all files. Default: 10."),
  tries: wholeNumber(WANT.tries, 1, 100)
    .nullish()
    .describe(
      "How often a machine may begin to boot a new generation without coming up; then it is marked bad. Default: 3.",
    ),
  requireWell: z
    .boolean({ error: WANT.switch })
    .nullish()
    .describe(
      "Whether a check-in with failed units, missing mounts or files that the good generation does not have " +
        "marks a new one bad. Default: true.",
    ),
};

/** The keys of `rollout:`. */
export const ROLLOUT_KEYS: readonly string[] = Object.keys(SHAPE);
/** Those that all hosts of a group have in common. */
export const SHARED_ROLLOUT_KEYS: readonly string[] = ["strategy", "canary", "window"];

const rollout = z
  .strictObject(SHAPE, { error: WANT.rollout })
  .superRefine((value, context) => {
    const { strategy, canary, window } = value;
    const say = (path: string, message: string, input: unknown) =>
      context.addIssue({ code: "custom", path: [path], message, input });
    if (canary != null && (strategy ?? "canary") !== "canary") say("canary", WANT.onlyCanary, canary);
    else if (canary != null && window != null) say("window", WANT.onlyWindow, window);
    else if (window != null && (strategy ?? "window") !== "window") say("window", WANT.onlyWindow, window);
    if (strategy === "window" && window == null) say("strategy", WANT.needsWindow, strategy);
  })
  .nullish();

export type RawRollout = NonNullable<z.infer<typeof rollout>>;

const groupName = z
  .string()
  .refine(isHostName, { error: WANT.groupName })
  .meta({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$" });

const GROUP_SHAPE = {
  rollout: rollout.describe("How new generations reach its machines, together. Default: as for every host."),
};

/** The keys of a group. */
export const GROUP_KEYS: readonly string[] = Object.keys(GROUP_SHAPE);

/** The keys at the top. */
export const ROLLOUT_SHAPE = {
  groups: z
    .record(
      groupName,
      z.strictObject(GROUP_SHAPE, { error: `keys of a group: ${GROUP_KEYS.join(", ")}` }).nullish(),
      {
        error: WANT.groups,
      },
    )
    .nullish()
    .describe("Hosts that new generations are rolled out to together: the hosts that name it by 'group:'."),
  rollout: rollout.describe("How new generations reach the machines of every host that says nothing else."),
};

/** The keys of a host. */
export const HOST_ROLLOUT_SHAPE = {
  group: groupName
    .nullish()
    .describe("The group of hosts that new generations are rolled out to together with it. Default: none."),
  rollout: rollout.describe(
    "How new generations reach its machines. In a group 'strategy', 'canary' and 'window' are the group's.",
  ),
};

/** What is a number here. */
export const ROLLOUT_NUMBER_KEYS: readonly string[] = ["canary", "checkInMinutes", "tries"];

const MS_PER_MINUTE = 60_000;

/** Puts what is said over what holds for all; what one says of the strategy it says wholly. */
export function rolloutPolicy(raw: RawRollout | null | undefined, base = DEFAULT_POLICY): RolloutPolicy {
  if (raw == null) return base;
  const { strategy, canary, window, expectCheckIn, checkInMinutes, tries, requireWell } = raw;
  const said = strategy ?? (canary != null ? "canary" : window != null ? "window" : undefined);
  const shared =
    said === undefined
      ? {}
      : {
          strategy: said,
          canaries: canary ?? 1,
          window: [window ?? []].flat().flatMap((each) => parseOpenTime(each) ?? []),
        };
  return {
    ...base,
    ...shared,
    ...(expectCheckIn == null ? {} : { checkIn: expectCheckIn }),
    ...(checkInMinutes == null ? {} : { limitMs: Math.round(checkInMinutes * MS_PER_MINUTE) }),
    ...(tries == null ? {} : { tries }),
    ...(requireWell == null ? {} : { requireWell }),
  };
}
