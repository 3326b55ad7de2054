/** Explains what one machine would be told, stage by stage, without a packet on any wire. */

import { decodeVendorClass, encodeVendorClass, HTTP_CLIENT, U_BOOT } from "../../wire/dhcp/vendor-class.ts";
import { formatQuery, type QueryName } from "../../wire/ipxe/query.ts";
import { LIMITED_BROADCAST, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import { hyphenMac, type Mac } from "../../wire/net/mac.ts";
import { ARCH_ROWS, archRow, type Isa } from "../arch.ts";
import type { BootClient, DhcpStage } from "../client.ts";
import { namedHost } from "../decide.ts";
import type { DhcpPort } from "../dhcp/reply-type.ts";
import { isasOf } from "../generation.ts";
import { chooseGeneration, generationFor } from "../rollout/choose-generation.ts";
import { becauseText } from "../rollout/describe-rollout.ts";
import { commandLine } from "../script/command-line.ts";
import { answerScript, type ScriptAnswer } from "../script/script-route.ts";
import type { Snapshot } from "../snapshot.ts";
import type { RequestExplanation } from "./answer-words.ts";
import { explainRequest } from "./dhcp-request.ts";
import { imagineRequest, type MachineFacts } from "./imagine.ts";
import { explainHttpRequest, explainTftpRequest, scriptWords } from "./transfer.ts";
import { clientWords, type ExplainSite, readBoot } from "./words.ts";

/** A machine, as far as the person who asks knows it. */
export interface MachineQuestion extends Omit<MachineFacts, "arch"> {
  readonly arch?: number;
  /** Explain this stage alone. */
  readonly stage?: DhcpStage;
}

export interface StageExplanation {
  /** Who speaks, in words: its firmware, or iPXE. */
  readonly who: string;
  /** What it asks; a clause that goes on from who. */
  readonly said: string;
  /** What Mayfly does; a clause that goes on from its name. */
  readonly mayfly: string;
  /** Why, where that is not said with it. */
  readonly because?: string;
}

export interface MachineExplanation {
  readonly mac: Mac;
  /** The architecture that was asked for, or assumed. */
  readonly arch: number;
  /** Where the explanation begins. */
  readonly stage: DhcpStage;
  /** Why this one was assumed, where nobody said one. */
  readonly assumed?: string;
  readonly stages: readonly StageExplanation[];
}

/** An address that stands for the one that the other DHCP server would give. */
const SOME_ADDRESS = "192.0.2.1";

/** Explains a machine. Pure: it sends nothing and remembers nothing. */
export function explainMachine(
  question: MachineQuestion,
  snapshot: Snapshot,
  site: ExplainSite,
): MachineExplanation {
  const { arch, assumed } = chooseArch(question, snapshot);
  const facts: MachineFacts = { ...question, arch };
  const firstStage = question.stage ?? stageOf(facts);
  const walk: Walk = { facts, snapshot, site, isAlone: question.stage !== undefined };
  return {
    mac: question.mac,
    arch,
    stage: firstStage,
    ...(assumed === undefined ? {} : { assumed }),
    stages: firstStage === "ipxe" ? ipxeStages(walk) : firmwareStages(walk, firstStage),
  };
}

const ARCH_BY_ISA: Readonly<Record<Isa, number>> = { x86: 7, arm32: 10, arm64: 11, riscv64: 27, loong64: 39 };

function chooseArch(question: MachineQuestion, snapshot: Snapshot): { arch: number; assumed?: string } {
  const { arch, vendorClass, stage, mac } = question;
  if (arch !== undefined) return { arch };
  const fromClass =
    vendorClass === undefined ? undefined : decodeVendorClass(encodeVendorClass(vendorClass)).arch;
  if (fromClass !== undefined) return { arch: fromClass };
  if (stage === "rom" || stage === "pi-rom") return { arch: 0 };
  if (stage === "u-boot") return { arch: 22 };
  const host = namedHost({ ...question, stage: "uefi" }, snapshot);
  const generation = host === undefined ? undefined : generationFor(host, mac, snapshot);
  const [isa] = (generation && isasOf(generation)) ?? [];
  const uefi = ARCH_BY_ISA[isa ?? "x86"];
  // HTTP Boot has numbers of its own.
  const assumedArch = stage === "http-boot" ? (uefi === 11 ? 19 : 16) : uefi;
  const what = isa === undefined ? `nobody said what ${mac} is` : `its image has a kernel for ${isa}`;
  return { arch: assumedArch, assumed: what };
}

function stageOf({ arch, vendorClass }: MachineFacts): DhcpStage {
  const said = vendorClass === undefined ? undefined : decodeVendorClass(encodeVendorClass(vendorClass));
  const row = archRow(arch);
  if (said?.kind === U_BOOT || (row !== undefined && row.program === undefined)) return "u-boot";
  if (said?.kind === HTTP_CLIENT || row?.transport === "http") return "http-boot";
  return row === undefined || row.program === "bios-x86" ? "rom" : "uefi";
}

interface Walk {
  readonly facts: MachineFacts;
  readonly snapshot: Snapshot;
  readonly site: ExplainSite;
  /** Only one stage was asked for. */
  readonly isAlone: boolean;
}

/** Firmware asks, UEFI once more on port 4011, then it fetches its program; then it is iPXE's turn. */
function firmwareStages(walk: Walk, stage: DhcpStage): StageExplanation[] {
  const asked = askDhcp(walk, stage, 67);
  const stages = [stageExplanation(asked)];
  if (asked.reply === undefined || asked.client === undefined) return stages;
  // Who was given address and file by one server asks nobody else.
  const asksAgain = stage === "uefi" && walk.site.giving === undefined;
  const again = asksAgain ? askDhcp(walk, stage, 4011) : undefined;
  if (again !== undefined) stages.push(stageExplanation(again));
  const { file } = readBoot(again?.reply ?? asked.reply);
  if (file === undefined) return stages;
  stages.push(fetchProgram(walk, stage, file));
  // What firmware starts as it is needs no iPXE.
  const isLast = walk.isAlone || asked.decision?.type === "image";
  return isLast ? stages : [...stages, ...ipxeStages(walk)];
}

function ipxeStages(walk: Walk): StageExplanation[] {
  const asked = askDhcp({ ...walk, facts: { ...walk.facts, arch: tftpArch(walk.facts.arch) } }, "ipxe", 67);
  const stages = [stageExplanation(asked)];
  return asked.reply === undefined ? stages : [...stages, fetchScript(walk)];
}

/** iPXE says the number of its build; those for firmware that fetches by HTTP are the firmware's alone. */
function tftpArch(arch: number): number {
  const row = archRow(arch);
  if (row?.transport !== "http") return arch;
  return (
    ARCH_ROWS.find(({ program, transport }) => program === row.program && transport === "tftp")?.arch ?? arch
  );
}

function askDhcp({ facts, snapshot, site }: Walk, stage: DhcpStage, port: DhcpPort): RequestExplanation {
  const is4011 = port === 4011;
  const packet = imagineRequest(facts, stage, is4011 ? SOME_ADDRESS : undefined);
  const from = { address: is4011 ? SOME_ADDRESS : UNSPECIFIED, port: is4011 ? 4011 : 68 };
  const to = { address: is4011 ? site.self : LIMITED_BROADCAST, port };
  const explained = explainRequest({ packet, port, from, to }, snapshot, site);
  // The made-up address would only be asked about.
  return { ...explained, mayfly: explained.mayfly.replace(` to ${SOME_ADDRESS} port 4011`, "") };
}

function stageExplanation({ client, said, mayfly, because }: RequestExplanation): StageExplanation {
  return {
    who: client === undefined ? "it" : whoWords(client),
    said,
    mayfly,
    ...(because === undefined ? {} : { because }),
  };
}

function fetchProgram({ facts, snapshot, site }: Walk, stage: DhcpStage, file: string): StageExplanation {
  const who = whoAsks(facts, stage);
  const [, path] = /^http:\/\/[^/]+(\/.*)$/.exec(file) ?? [];
  if (path !== undefined) {
    const to = { address: site.self, port: site.ports.http };
    return { who, ...explainHttpRequest({ method: "GET", target: path }, to, snapshot, site) };
  }
  const request = { type: "RRQ", filename: file, mode: "octet", options: [] } as const;
  return {
    who,
    ...explainTftpRequest(request, { address: site.self, port: site.ports.tftp }, snapshot, site),
  };
}

function whoAsks({ mac, arch }: MachineFacts, stage: DhcpStage): string {
  const row = archRow(arch);
  return whoWords({ mac, stage, arch, ...(row === undefined ? {} : { isa: row.isa }) });
}

function whoWords(client: BootClient): string {
  const { program, machine } = clientWords(client);
  return client.stage === "ipxe" ? `${program} (${machine})` : `the ${program} (${machine})`;
}

/** The script, and the command line of the kernel that it starts. */
function fetchScript({ facts, snapshot, site }: Walk): StageExplanation {
  const { mac, uuid, serial, arch } = facts;
  const isa = archRow(arch)?.isa;
  const query = formatQuery(
    new Map<QueryName, string>([
      ["mac", hyphenMac(mac)],
      ...(uuid === undefined ? [] : [["uuid", uuid] as const]),
      ...(isa === undefined ? [] : [["arch", isa] as const]),
      ...(serial === undefined ? [] : [["serial", serial] as const]),
    ]),
  );
  const base = `http://${site.self}:${site.ports.http}`;
  const answer = answerScript({ query, base, isAutoexec: false }, snapshot);
  return {
    who: whoAsks({ ...facts, arch: tftpArch(arch) }, "ipxe"),
    said: `asks for its script (${base}/netboot.ipxe?${query})`,
    mayfly: `${scriptWords(answer, snapshot)}${paramsWords(answer)}`,
    ...whichGeneration(mac, answer, snapshot),
  };
}

/** Why it is this generation, where it is not simply the newest. */
function whichGeneration(
  mac: Mac,
  { asked }: ScriptAnswer,
  snapshot: Snapshot,
): { readonly because?: string } {
  if (asked?.decision.type !== "script") return {};
  const because = becauseText(chooseGeneration(asked.decision.host, mac, snapshot).because);
  return because === undefined ? {} : { because };
}

function paramsWords({ asked, problem }: ScriptAnswer): string {
  const decision = asked?.decision;
  if (problem !== undefined || decision?.type !== "script") return "";
  if (decision.generation.ownScript !== undefined) return "";
  return `. Kernel parameters: ${commandLine(decision.host, decision.generation)}`;
}
