/** Reads what the store has of the history: what cannot be believed is as if it were not there. */

import * as z from "zod";
import type { BootOutcome, GenerationBoots } from "../../boot/history/boots.ts";
import type { ImageIndex } from "../../boot/history/publish-record.ts";
import type { GenerationRecord } from "../../boot/history/record.ts";

const text = z.string();
const ms = z.number();
const count = z.int().min(0);

const record = z.object({
  image: text,
  number: z.int().min(1),
  id: text,
  shape: z.enum([
    ...["homestakeros", "homestakeros-2023", "kexec-tree", "netboot", "kernel-params"],
    ...["cmdline", "own-script", "plain", "uki", "iso"],
  ] as const),
  path: text,
  firstMs: ms,
  lastMs: ms,
  kernelVersion: text.optional(),
  isas: z.array(z.enum(["x86", "arm32", "arm64", "riscv64", "loong64"])).optional(),
  kernelParams: text,
  sizeBytes: z.number(),
  nixosVersion: text.optional(),
  label: text.optional(),
  closureBytes: z.number().optional(),
});

const index = z.object({ last: count, recent: z.array(z.int().min(1)) });

const boots = z.object({
  checkedIn: count,
  handedOver: count,
  failed: count,
  last: z.array(
    z.object({
      session: text,
      bootId: text.optional(),
      mac: text,
      host: text.optional(),
      via: z.enum(["netboot", "kexec"]),
      outcome: z.enum(["checked-in", "handed-over", "failed"]),
      startMs: ms,
    }),
  ),
});

const counted = z.object({
  outcome: z.enum(["checked-in", "handed-over", "failed"]),
  /** Of which record. */
  record: text,
  atMs: ms,
});

export interface CountedBoot {
  readonly outcome: BootOutcome;
  readonly record: string;
  readonly atMs: number;
}

export const readCounted = (value: unknown) => read<CountedBoot>(counted, value);
export const readRecord = (value: unknown) => read<GenerationRecord>(record, value);
export const readIndex = (value: unknown) => read<ImageIndex>(index, value);
export const readBoots = (value: unknown) => read<GenerationBoots>(boots, value);

function read<Value>(schema: z.ZodType, value: unknown): Value | undefined {
  // JSON leaves out what is undefined, as our types want it.
  return schema.safeParse(value).success ? (value as Value) : undefined;
}
