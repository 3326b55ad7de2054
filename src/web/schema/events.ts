/** What happens, as the event stream tells it: a stable shape, with what a dashboard needs and no secret. */

import * as z from "zod";
import { build } from "./builds.ts";
import { hostName, mac as readMac } from "./identity.ts";
import { told } from "./machines.ts";
import { heldBack } from "./rollouts.ts";
import { diagnosis, session } from "./sessions.ts";

/** Which events are wanted; whatever is absent is no restriction. */
export const eventsQuery = z.object({
  /** Types, separated by commas: `session,progress`. */
  types: z
    .string()
    .transform((text, context) => {
      const [unknown] = unknownTypes(text);
      if (unknown !== undefined) context.addIssue(`'${unknown}' is none, want ${WANT_TYPES}`);
      return new Set(splitTypes(text));
    })
    .optional(),
  /** Only what concerns this host. */
  host: hostName.optional(),
  /** Only what concerns this machine. */
  mac: readMac.optional(),
  /** Begin with what is kept of earlier: the last events, within bounds, since somebody began to listen. */
  kept: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
  /** As `Last-Event-ID`, for a browser that opens a connection anew and cannot set it; the header wins. */
  after: z.string().max(64).optional(),
});

const at = z.iso.datetime();
const mac = z.string();
const host = z.string().optional();
/** With which token; absent: on the server's own machine. */
const by = z.string().optional();

/** What every event has that is kept for those who come back. */
const line = {
  at,
  level: z.enum(["debug", "info", "warn", "error"]),
  /** What the log says of it. */
  text: z.string(),
};

const transferResult = z.enum(["complete", "probed", "aborted", "timed-out", "stale", "failed"]);

/** Which transfer: of two at the same time no two have all of these in common. */
const transferKey = {
  via: z.enum(["tftp", "http"]),
  /** Of the client. */
  address: z.string(),
  port: z.int(),
  path: z.string(),
  mac: mac.optional(),
  host,
  generation: z.string().optional(),
  sizeBytes: z.int(),
};

export const publicEvent = z.discriminatedUnion("type", [
  /** The first one of a connection. Its id is where the stream is now. */
  z.object({
    type: z.literal("hello"),
    at,
    /** So often there is an `alive`: when nothing came for more than twice as long, the connection is dead. */
    aliveEverySeconds: z.number(),
    /** For who wants what is kept: since when it is. */
    since: at.optional(),
  }),
  /** The connection is alive, whatever is wanted; named `alive`, so that who reads `message` alone has no more of it. */
  z.object({ type: z.literal("alive"), at }),
  /** Events between the last one and the next were lost to this client: what it shows, it must load anew. */
  z.object({ type: z.literal("gap"), at }),
  z.object({
    type: z.literal("dhcp"),
    ...line,
    mac,
    host,
    interface: z.string(),
    port: z.union([z.literal(67), z.literal(4011)]),
    request: z.string(),
    /** Absent: it was not answered. */
    reply: z.enum(["OFFER", "ACK"]).optional(),
    /** Which program asked. */
    stage: z.string(),
    arch: z.string().optional(),
    told,
    variant: z.string().optional(),
    /** Nothing was sent: observe mode. */
    observed: z.literal(true).optional(),
  }),
  z.object({
    type: z.literal("lease"),
    ...line,
    mac,
    host,
    interface: z.string(),
    request: z.string(),
    decision: z.string(),
    address: z.string().optional(),
    reason: z.string().optional(),
  }),
  z.object({
    type: z.literal("script"),
    ...line,
    mac,
    host,
    address: z.string(),
    told,
    /** The how manieth time it asks while it waits. */
    wait: z.int().optional(),
  }),
  z.object({
    type: z.literal("transfer"),
    ...line,
    state: z.enum(["started", "ended"]),
    ...transferKey,
    result: transferResult.optional(),
    sentBytes: z.int().optional(),
    durationMs: z.number().optional(),
    reason: z.string().optional(),
  }),
  /** How far a large transfer is; not kept for those who come back. */
  z.object({ type: z.literal("progress"), at, ...transferKey, sentBytes: z.int() }),
  z.object({
    type: z.literal("refused"),
    ...line,
    via: z.enum(["tftp", "http"]),
    address: z.string(),
    mac: mac.optional(),
    host,
    path: z.string(),
    reason: z.string(),
    expected: z.boolean(),
  }),
  z.object({
    type: z.literal("checked-in"),
    ...line,
    mac,
    host,
    address: z.string(),
    generation: z.string(),
    /** Whether nothing is missing. */
    well: z.boolean(),
    kernel: z.string().optional(),
    failedUnits: z.array(z.string()),
    missingMounts: z.array(z.string()),
    missingFiles: z.array(z.string()),
  }),
  z.object({
    type: z.literal("rollout"),
    ...line,
    change: z.string(),
    hosts: z.array(z.string()),
    /** Where it is about one alone. */
    host,
    generation: z.string().optional(),
    mac: mac.optional(),
    reason: z.string().optional(),
    /** What these hosts get instead. */
    instead: z.string().optional(),
  }),
  z.object({
    type: z.literal("session"),
    ...line,
    change: z.enum(["began", "moved", "ended"]),
    mac,
    host,
    session,
  }),
  /** What is wrong with a boot was found out. */
  z.object({
    type: z.literal("diagnosed"),
    ...line,
    boot: z.string(),
    mac,
    host,
    /** It was told before: of this boot, or of the one before in the same loop. */
    repeated: z.literal(true).optional(),
    diagnosis,
  }),
  z.object({
    type: z.literal("check-in-refused"),
    ...line,
    address: z.string(),
    mac: mac.optional(),
    host,
    reason: z.string(),
  }),
  /** A DHCP request that is not ours to answer. */
  z.object({
    type: z.literal("overheard"),
    ...line,
    mac,
    interface: z.string(),
    request: z.string(),
    /** Absent: it does not netboot. */
    stage: z.string().optional(),
    address: z.string().optional(),
  }),
  /** Another server was heard to give a machine something to boot, or an address where we give them. */
  z.object({
    type: z.literal("foreign-offer"),
    ...line,
    mac,
    interface: z.string(),
    /** Its address, and that of the network card which sent it. */
    server: z.string(),
    serverMac: z.string().optional(),
    /** The address that it gives. */
    gives: z.string().optional(),
    /** What it gives to boot, in words. */
    boots: z.string().optional(),
  }),
  /** Without its log, which `/hosts/{name}/builds` has. */
  z.object({
    type: z.literal("build"),
    ...line,
    change: z.enum(["queued", "began", "moved", "ended"]),
    host: z.string(),
    build: build.omit({ log: true }),
  }),
  z.object({
    type: z.literal("published"),
    ...line,
    image: z.string(),
    generation: z.string(),
    nixos: z.string().optional(),
    kernel: z.string().optional(),
    /** The hosts that do not get it yet; absent: it is live for every next boot. */
    heldBack: z.array(heldBack).optional(),
  }),
  z.object({ type: z.literal("trouble"), ...line, image: z.string(), reason: z.string() }),
  z.object({ type: z.literal("withdrawn"), ...line, image: z.string() }),
  z.object({ type: z.literal("dropped"), ...line, generation: z.string() }),
  /** Hosts came, went or are others: the configuration was edited, or an entry of the media folder came or went. */
  z.object({
    type: z.literal("hosts"),
    ...line,
    /** All that it concerns; none where only machines that no host has get something else. */
    hosts: z.array(z.string()),
    added: z.array(z.string()),
    removed: z.array(z.string()),
  }),
  z.object({ type: z.literal("approved"), ...line, mac, host: z.string(), by }),
  z.object({ type: z.literal("unapproved"), ...line, mac, host: z.string(), by }),
  /** Somebody has changed something through the API. */
  z.object({ type: z.literal("steered"), ...line, by, method: z.string(), path: z.string() }),
  /** A machine said something, by syslog or over the network console of its firmware. */
  z.object({
    type: z.literal("console"),
    ...line,
    mac: mac.optional(),
    host,
    address: z.string(),
    program: z.string().optional(),
    /** 0, an emergency, to 7, for debugging. */
    severity: z.int().optional(),
    /** What it said. */
    said: z.string(),
    /** The boot that it says it in, which has it as its line of this number; absent: none is followed. */
    boot: z.string().optional(),
    number: z.int().optional(),
  }),
  z.object({ type: z.literal("notice"), ...line, cure: z.string().optional() }),
  z.object({ type: z.literal("malformed"), ...line, via: z.string(), address: z.string(), code: z.string() }),
  z.object({ type: z.literal("bug"), ...line, via: z.string() }),
  /** Anything that has no shape of its own here. */
  z.object({ type: z.literal("other"), ...line, of: z.string(), mac: mac.optional(), host }),
]);

/** Those that come whatever is wanted. */
const OF_THE_STREAM: readonly string[] = ["hello", "alive", "gap"];
const TYPES: readonly string[] = publicEvent.options.map(({ shape }) => shape.type.value);

export const WANT_TYPES = `types of events, separated by commas: ${TYPES.filter((type) => !OF_THE_STREAM.includes(type)).join(", ")}`;

/** What of a wish such as `session,progress` is no type of an event. */
export function unknownTypes(text: string): readonly string[] {
  return splitTypes(text).filter((type) => !TYPES.includes(type));
}

function splitTypes(text: string): readonly string[] {
  return text.split(",").map((type) => type.trim());
}

export type PublicEvent = z.infer<typeof publicEvent>;
export type PublicEventOf<Type extends PublicEvent["type"]> = Extract<PublicEvent, { type: Type }>;
