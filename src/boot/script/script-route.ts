/** Which script a request for `netboot.ipxe` or `autoexec.ipxe` gets: from the query to the decision to the text. */

import { WireError } from "../../wire/error.ts";
import { parseQuery, parseUuid, type Query, type QueryName } from "../../wire/ipxe/query.ts";
import { parseMac } from "../../wire/net/mac.ts";
import { type Isa, type ProgramKind, parseIsa } from "../arch.ts";
import { isFirstBuild, retryAfterBuildSeconds } from "../build/first-build.ts";
import { type BeginBoot, type BegunBoot, withCheckIn } from "../check-in/begin-boot.ts";
import type { BootClient, MachineFacts } from "../client.ts";
import { type BootDecision, decide } from "../decide.ts";
import type { Notice } from "../event.ts";
import { parseBusId } from "../program/nic.ts";
import type { BootId } from "../session/session.ts";
import type { Snapshot } from "../snapshot.ts";
import { explainRefusal } from "./refusal.ts";
import { type BaseUrl, bootScript, identifyScript, refusalScript } from "./script.ts";
import { holdScript, localScript } from "./stranger-script.ts";

export interface ScriptQuestion {
  /** As it came, without its question mark. */
  readonly query: string;
  readonly base: BaseUrl;
  /** The user's own `autoexec.ipxe` wins over the bare script. */
  readonly isAutoexec: boolean;
  /** What the peer says it is; only iPXE is known to come back by itself. */
  readonly userAgent?: string | undefined;
  /** Absent where only the question is asked: what is booted by that script is not told where to report. */
  readonly beginBoot?: BeginBoot | undefined;
  /** Whether machines may log to this server. */
  readonly takesLogs?: boolean | undefined;
}

export interface ScriptAnswer {
  readonly text: string;
  /** Who asked and what was decided; absent for the bare script. */
  readonly asked?: {
    readonly client: BootClient;
    readonly decision: BootDecision;
    /** The how manieth time it asks while it waits; absent for the first. */
    readonly wait?: number;
    /** The how manieth boot in a row it is, those before having failed; absent for the first. */
    readonly attempt?: number;
    /** Of the boot that the script begins. */
    readonly bootId?: BootId;
    /** It stands in the URLs of the files. */
    readonly isInUrls?: true;
  };
  /** It is told to come back after so many seconds, and `text` is for people. */
  readonly retryAfterSeconds?: number;
  /** Something that the operator may want to know of it. */
  readonly notice?: Notice;
  /** Why no script could be made of the decision, in a sentence; the machine's screen says it too. */
  readonly problem?: string;
}

/** Answers a request for a script. Pure: same question, same world, same text; what is new of each boot comes in. */
export function answerScript(question: ScriptQuestion, snapshot: Snapshot): ScriptAnswer {
  const { query, base, isAutoexec, beginBoot, userAgent } = question;
  const said = parseQuery(query);
  // `mac=` with nothing after it comes from our own bare script on a machine without an interface:
  // the bare script again would be a loop.
  if (!/(?:^|&)mac=/.test(query)) {
    return { text: (isAutoexec ? snapshot.ownAutoexec : undefined) ?? identifyScript(base) };
  }
  const client = identifyByQuery(said);
  if (client === undefined) {
    const problem = `'${said.get("mac") ?? ""}' is no Ethernet address, so Mayfly cannot tell which machine this is.`;
    return { text: refusalScript({ base, sentences: [problem] }), problem };
  }
  const decision = decide(client, snapshot);
  const wait = count(said, "wait");
  // The first time it gets a script that says on its screen what it waits for.
  if (decision.type === "refused" && wait > 1 && isFirstBuild(decision.host, snapshot)) {
    const seconds = retryAfterBuildSeconds(client, userAgent);
    const text = `${explainRefusal(decision.reason, client, decision.host, snapshot).join("\n")}\n`;
    if (seconds !== undefined) return { asked: { client, decision, wait }, text, retryAfterSeconds: seconds };
  }
  const attempt = count(said, "attempt");
  const writing = { said, base, client, decision, beginBoot, takesLogs: question.takesLogs === true };
  const { bootId, isInUrls, ...written } = writeScript(writing, snapshot);
  const asked = {
    ...{ client, decision },
    ...(wait === 1 ? {} : { wait }),
    ...(attempt === 1 ? {} : { attempt }),
    ...(bootId === undefined ? {} : { bootId }),
    ...(isInUrls === undefined ? {} : { isInUrls }),
  };
  return { asked, ...written };
}

/** Reads who asks. @returns `undefined` without a MAC address. */
export function identifyByQuery(query: Query): BootClient | undefined {
  const mac = parseMac(query.get("mac") ?? "");
  if (mac === undefined) return undefined;
  const uuid = parseUuid(query.get("uuid") ?? "");
  const serial = query.get("serial");
  const isa = parseIsa(query.get("arch") ?? "");
  const program = programOf(query.get("platform"), isa);
  const pci = parseBusId(query.get("busid") ?? "");
  return {
    mac,
    stage: "ipxe",
    ...(uuid === undefined ? {} : { uuid }),
    ...(serial === undefined ? {} : { serial }),
    ...(isa === undefined ? {} : { isa }),
    ...(program === undefined ? {} : { program }),
    ...readFacts(query),
    ...(pci === undefined ? {} : { pci }),
  };
}

/** iPXE says whether a BIOS or UEFI started it; of an x86 processor only its own width, which may be less. */
function programOf(platform: string | undefined, isa: Isa | undefined): ProgramKind | undefined {
  if (platform === "pcbios") return "bios-x86";
  if (platform !== "efi" || isa === undefined) return undefined;
  return isa === "x86" ? "efi-x64" : `efi-${isa}`;
}

/** Which part of a machine's {@link MachineFacts} each setting is. */
const FACTS = [
  ["platform", "platform"],
  ["nic", "nic"],
  ["busId", "busid"],
  ["manufacturer", "manufacturer"],
  ["product", "product"],
  ["asset", "asset"],
  ["version", "version"],
] as const satisfies readonly (readonly [keyof MachineFacts, QueryName])[];

function readFacts(query: Query): { readonly facts?: MachineFacts } {
  const told = FACTS.flatMap(([fact, name]) => {
    const value = query.get(name);
    return value === undefined ? [] : [[fact, value] as const];
  });
  return told.length === 0 ? {} : { facts: Object.fromEntries(told) };
}

interface Writing {
  readonly said: Query;
  readonly base: BaseUrl;
  readonly client: BootClient;
  readonly decision: BootDecision;
  readonly beginBoot: BeginBoot | undefined;
  readonly takesLogs: boolean;
}

type Written = Omit<ScriptAnswer, "asked"> & Pick<NonNullable<ScriptAnswer["asked"]>, "bootId" | "isInUrls">;

function writeScript(writing: Writing, snapshot: Snapshot): Written {
  const { said, base, client, decision, beginBoot } = writing;
  switch (decision.type) {
    case "script": {
      const { host, generation } = decision;
      return writeBoot(writing, { ...decision, begun: beginBoot?.({ mac: client.mac, host, generation }) });
    }
    case "refused":
    case "silent": {
      const sentences = explainRefusal(decision.reason, client, decision.host, snapshot);
      const isComing = decision.host !== undefined && isFirstBuild(decision.host, snapshot);
      const again =
        decision.reason === "no-generation" ? { client, wait: count(said, "wait"), isComing } : undefined;
      const onFailure = decision.host?.onFailure ?? "next";
      return {
        text: refusalScript({ base, sentences, onFailure, ...(again === undefined ? {} : { again }) }),
      };
    }
    case "stranger":
      return {
        text:
          decision.policy === "hold"
            ? holdScript({ base, client, wait: count(said, "wait") })
            : localScript(client),
      };
    case "chain":
    case "firmware":
    case "image":
      throw new Error(`iPXE was given firmware's answer, '${decision.type}'`);
  }
}

function writeBoot(
  { said, base, client, takesLogs }: Writing,
  boot: Extract<BootDecision, { type: "script" }> & { readonly begun: BegunBoot | undefined },
): Written {
  const { host, generation, begun } = boot;
  const attempt = count(said, "attempt");
  try {
    const bootId = begun?.isBehindOthers === true ? begun.bootId : undefined;
    const written = withCheckIn(begun, base, boot, (checkIn) =>
      bootScript({ base, client, host, generation, attempt, checkIn, bootId, takesLogs }),
    );
    return {
      ...written,
      ...(begun === undefined ? {} : { bootId: begun.bootId }),
      ...(bootId === undefined ? {} : { isInUrls: true }),
    };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const problem = `The kernel parameters of ${host.name} cannot be written: ${error.message}`;
    const cure = "On the server: leave them out, or boot this machine by another way than iPXE.";
    const sentences = [problem, cure];
    return { text: refusalScript({ base, sentences, onFailure: host.onFailure }), problem };
  }
}

function count(said: Query, name: QueryName): number {
  const text = said.get(name) ?? "";
  return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 1;
}
