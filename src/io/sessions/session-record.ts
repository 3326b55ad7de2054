/** Reads a session as it was kept: what cannot be believed any more is as if it had not been kept. */

import * as z from "zod";
import { LAST_CLOCK_MS } from "../../boot/session/check-in.ts";
import { type LiveSession, PHASES } from "../../boot/session/live-session.ts";
import type { Session } from "../../boot/session/session.ts";
import { isSessionId } from "../../boot/session/session-id.ts";
import { parseMac } from "../../wire/net/mac.ts";

const text = z.string().optional();
const count = z.number().optional();
/** What cannot be written as a date is as if the node had not said it. */
const clock = z.number().min(0).max(LAST_CLOCK_MS).optional().catch(undefined);

const RESULTS = ["complete", "probed", "aborted", "timed-out", "stale", "failed"] as const;
const STAGES = [
  ...["firmware-dhcp", "proxy-dhcp", "pi-firmware", "size-probe", "boot-program", "autoexec"],
  ...["ipxe-dhcp", "script", "kernel", "initrd", "image", "kernel-dhcp", "check-in"],
] as unknown as readonly [Session["steps"][number]["stage"]];

const step = z.object({
  stage: z.enum(STAGES),
  startMs: z.number(),
  endMs: count,
  path: text,
  sizeBytes: count,
  sentBytes: count,
  files: count,
  result: z.enum(RESULTS).optional(),
  times: count,
  waitedSeconds: count,
  blocks: z.object({ sizeBytes: z.number(), acked: z.number() }).optional(),
  note: text,
});

const client = z.object({
  mac: z.string(),
  stage: z.string(),
  uuid: text,
  serial: text,
  piModel: count,
  isa: z.enum(["x86", "arm32", "arm64", "riscv64", "loong64"]).optional(),
  program: text,
  arch: count,
  facts: z.record(z.string(), z.string()).optional(),
  pci: text,
});

const session = z.object({
  id: z.string().refine(isSessionId),
  mac: z.string().refine((mac) => parseMac(mac) === mac),
  host: text,
  via: z.enum(["netboot", "kexec"]),
  client: client.optional(),
  address: text,
  otherServers: z.array(z.string()).optional(),
  startMs: z.number(),
  lastMs: z.number(),
  generation: text,
  bootId: text,
  scripts: z.number(),
  steps: z.array(step),
  outcome: z.enum(["under-way", "handed-over", "checked-in", "failed", "turned-away"]),
  checkIn: z
    .object({
      atMs: z.number(),
      clockMs: clock,
      system: text,
      kernel: text,
      uptimeMs: count,
      failedUnits: z.array(z.string()),
      missingMounts: z.array(z.string()),
      missingFiles: z.array(z.string()),
    })
    .optional(),
  console: z
    .array(z.object({ number: count, atMs: z.number(), program: text, severity: count, text: z.string() }))
    .transform((lines) =>
      lines.map(({ number, ...line }, index) => ({ number: number ?? index + 1, ...line })),
    )
    .optional(),
});

/** What is kept of a session that is followed, beside the session. */
const following = z.object({
  id: z.string(),
  phase: z.enum(PHASES),
  wanted: z.array(
    z.object({
      file: z.string(),
      stage: z.enum(["kernel", "initrd", "image"]),
      sizeBytes: z.number(),
      have: z.array(z.tuple([z.number(), z.number()])),
    }),
  ),
});

export type Following = Omit<LiveSession, "session"> & { readonly id: string };

/** @returns `undefined` for anything that was not written by a version like this one */
export function readSession(value: unknown): Session | undefined {
  // It came from JSON, which leaves out what is undefined, as our types want it.
  return session.safeParse(value).data as Session | undefined;
}

/** As {@link readSession}. */
export function readFollowing(value: unknown): Following | undefined {
  return following.safeParse(value).data;
}
