/** Reads a seen machine as it was kept: what cannot be believed any more is as if it had not been kept. */

import * as z from "zod";
import type { SeenMachine } from "../../boot/machine/seen.ts";
import { parseMac } from "../../wire/net/mac.ts";

const text = z.string().optional();

const seen = z.object({
  mac: z.string().refine((mac) => parseMac(mac) === mac),
  firstSeenMs: z.number(),
  lastSeenMs: z.number(),
  visits: z.int(),
  stage: z.enum(["rom", "pi-rom", "uefi", "http-boot", "u-boot", "ipxe", "kexec"]),
  told: z.object({
    type: z.enum(["chain", "firmware", "image", "script", "refused", "stranger", "silent"]),
    reason: text,
    host: text,
    generation: text,
  }),
  arch: z.int().optional(),
  isa: z.enum(["x86", "arm32", "arm64", "riscv64", "loong64"]).optional(),
  uuid: text,
  serial: text,
  facts: z
    .object({
      platform: text,
      nic: text,
      busId: text,
      manufacturer: text,
      product: text,
      asset: text,
      version: text,
    })
    .optional(),
  address: text,
  interface: text,
  vendor: text,
});

/** @returns `undefined` for anything that was not written by a version like this one */
export function readSeen(value: unknown): SeenMachine | undefined {
  const { data } = seen.safeParse(value);
  // JSON leaves out what is undefined, as our types want it.
  return data === undefined ? undefined : (JSON.parse(JSON.stringify(data)) satisfies SeenMachine);
}
