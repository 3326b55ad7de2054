/** The history of a host's image as the API shows it. */

import * as z from "zod";
import { pageFields, pageQuery } from "../paging.ts";
import { hostName } from "./identity.ts";

const number = z.coerce.number().int().min(1).max(99_999_999);
const PAGE_SIZE = 100;

export const generationParams = z.object({ name: hostName, number });

export const generationsQuery = pageQuery.extend({
  limit: z.coerce.number().int().min(1).max(PAGE_SIZE).default(PAGE_SIZE),
});

export const diffQuery = z.object({
  /** Absent: the one that was published before `to`. */
  from: number.optional(),
  /** Absent: what a boot that starts now gets. */
  to: number.optional(),
});

const boots = z.object({
  /** Came up and said so. */
  checkedIn: z.int(),
  /** Fetched all that they boot; whether they came up nobody has said. */
  handedOver: z.int(),
  failed: z.int(),
});

export const generation = z.object({
  number: z.int(),
  id: z.string(),
  image: z.string(),
  shape: z.string(),
  /** Where it was found when it was published last. */
  path: z.string(),
  firstPublished: z.iso.datetime(),
  lastPublished: z.iso.datetime(),
  kernel: z.string().optional(),
  archs: z.array(z.string()).optional(),
  kernelParams: z.string(),
  /** Of the files that every boot fetches. */
  sizeBytes: z.number(),
  nixos: z.string().optional(),
  label: z.string().optional(),
  /** Of the system with all that it refers to, where nix could tell. */
  closureBytes: z.number().optional(),
  boots,
  /** Whether a boot that starts now gets it. */
  isCurrent: z.boolean(),
  /** Whether its files are still here; else it is only remembered. */
  isKept: z.boolean(),
});

export const generationDetail = generation.extend({
  /** The last boots, the latest first. */
  lastBoots: z.array(
    z.object({
      session: z.string(),
      mac: z.string(),
      host: z.string().optional(),
      via: z.enum(["netboot", "kexec"]),
      outcome: z.enum(["handed-over", "checked-in", "failed"]),
      start: z.iso.datetime(),
    }),
  ),
});

export const generations = z.object({
  ...pageFields,
  image: z.string(),
  /** The highest number first. */
  generations: z.array(generation),
});

export const generationDiff = z.object({
  from: generation,
  to: generation,
  values: z.array(
    z.object({
      what: z.enum(["kernel", "nixos", "label", "init", "shape", "arch"]),
      before: z.string().optional(),
      after: z.string().optional(),
    }),
  ),
  /** The kernel parameters, word by word, without `init=`. */
  parameters: z.array(z.object({ edit: z.enum(["same", "removed", "added"]), word: z.string() })),
  sizeDeltaBytes: z.number(),
  /** Absent where it is not known what one of them consists of. */
  packages: z
    .array(
      z.object({
        name: z.string(),
        change: z.enum(["added", "removed", "changed", "resized"]),
        before: z.array(z.string()),
        after: z.array(z.string()),
        deltaBytes: z.number(),
      }),
    )
    .optional(),
  /** Why there are no packages. */
  untold: z.string().optional(),
});

export type GenerationView = z.infer<typeof generation>;
export type GenerationDetailView = z.infer<typeof generationDetail>;
export type GenerationDiffView = z.infer<typeof generationDiff>;
