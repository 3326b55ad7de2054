/** What a machine asks for by TFTP and HTTP, in words, and what Mayfly gives it: asked of the routes that serve it. */

import type { TftpRequest } from "../../wire/tftp/packet.ts";
import { withoutToken } from "../check-in/refusal.ts";
import { formatBytes } from "../describe.ts";
import { bootedFiles, type Generation, kernelVersionOf } from "../generation.ts";
import { routeHttp } from "../http/http-route.ts";
import { decideKexec } from "../kexec/decide-kexec.ts";
import type { KexecQuestion } from "../kexec/kexec-question.ts";
import type { Peer } from "../peer.ts";
import { explainStranger } from "../script/refusal.ts";
import { identifyScript } from "../script/script.ts";
import type { ScriptAnswer } from "../script/script-route.ts";
import type { Snapshot } from "../snapshot.ts";
import type { PiRoute, TftpAsked } from "../tftp/route.ts";
import { showName } from "../tftp/tftp-name.ts";
import { refuseRequest } from "../tftp/tftp-refuse.ts";
import { routeTftp } from "../tftp/tftp-route.ts";
import { type ExplainSite, hostReason, whySilent } from "./words.ts";

export interface TransferExplanation {
  /** What it asks for; a clause without who. */
  readonly said: string;
  /** What Mayfly does, and why; a clause. */
  readonly mayfly: string;
  readonly warning?: string;
}

/** A read request, and whom it was sent to. */
export function explainTftpRequest(
  request: TftpRequest,
  to: Peer,
  snapshot: Snapshot,
  site: ExplainSite,
): TransferExplanation {
  const said = `asks ${to.address} for '${showName(request.filename)}' by TFTP`;
  const garbage = /[^\x21-\x7e]$/.test(request.filename)
    ? "The name has garbage at its end: the DHCP server's option 67 had no NUL there, and this firmware read on (Q7). " +
      "Mayfly cuts it off; other TFTP servers do not find such a file."
    : undefined;
  const warning = garbage === undefined ? {} : { warning: garbage };
  if (to.address !== site.self) return { said, mayfly: notUs(to), ...warning };
  const refusal = refuseRequest(request);
  if (refusal !== undefined) return { said, mayfly: `refuses: ${refusal.message}`, ...warning };
  const route = routeTftp(request.filename, snapshot, { ...site, identifyScript });
  switch (route.type) {
    case "program":
      return {
        said,
        mayfly: `sends ${route.program.path}, ${formatBytes(route.program.sizeBytes)}`,
        ...warning,
      };
    case "media":
      return { said, mayfly: `sends ${fileWords(route.generation, route.file)}`, ...warning };
    case "pi":
      return { said, mayfly: `sends ${piWords(route)}`, ...warning };
    case "text":
      return {
        said,
        mayfly: "sends the script by which iPXE says who it is and comes back for its own",
        ...warning,
      };
    case "bytes":
      return {
        said,
        mayfly: route.asked === undefined ? U_BOOT_SCRIPT_WORDS : configWords(route.asked),
        ...warning,
      };
    case "refused": {
      const normal = route.expected ? " Firmware looks whether it is there, and goes on without." : "";
      return { said, mayfly: `has no such file: ${route.message}.${normal}`, ...warning };
    }
  }
}

const U_BOOT_SCRIPT_WORDS = "sends the script by which U-Boot asks for its configuration by its MAC address";

function configWords({ decision }: TftpAsked): string {
  return decision.type === "script"
    ? `sends the configuration by which U-Boot boots ${generationWords(decision.generation)}`
    : "sends a configuration";
}

/** Where a file of a Raspberry Pi's boot folder is from. */
function piWords({ source, sizeBytes }: PiRoute): string {
  const size = formatBytes(sizeBytes);
  switch (source.type) {
    case "file":
      return `${source.file.path}, ${size}`;
    case "firmware":
      return `${source.file.path} with the host's settings in it, ${size}`;
    case "media":
      return fileWords(source.generation, source.file);
    case "text":
      return `a file that follows from the host's image, ${size}`;
  }
}

/** The first line of an HTTP request. */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
}

const REQUEST_LINE = /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH) (\S+) HTTP\/1\.[01]$/;

/** Reads the beginning of a segment as a request; `undefined` if it is the beginning of none. */
export function readRequestLine(segment: string): RequestLine | undefined {
  const [, method, target] = REQUEST_LINE.exec(segment.split("\r\n", 1)[0] ?? "") ?? [];
  return method === undefined || target === undefined ? undefined : { method, target };
}

export function explainHttpRequest(
  { method, target }: RequestLine,
  to: Peer,
  snapshot: Snapshot,
  site: ExplainSite,
): TransferExplanation {
  const said = `asks ${to.address} port ${to.port} for ${showName(withoutToken(target))} by HTTP (${method})`;
  if (to.address !== site.self || to.port !== site.ports.http) return { said, mayfly: notUs(to, site) };
  const question = { method, target, base: `http://${to.address}:${to.port}`, ready: true };
  const route = routeHttp(question, snapshot);
  switch (route.type) {
    case "script":
      return { said, mayfly: scriptWords(route, snapshot) };
    case "redirect":
      return { said, mayfly: `sends it on to ${route.location}` };
    case "media":
      return { said, mayfly: `sends ${fileWords(route.generation, route.file)}` };
    case "program":
      return { said, mayfly: `sends ${route.program.path}, ${formatBytes(route.program.sizeBytes)}` };
    case "text":
      return { said, mayfly: `answers ${route.status}: ${route.text.trim()}` };
    case "kexec":
      return { said, mayfly: kexecWords(route.question, snapshot) };
    case "check-in":
      return { said, mayfly: "takes the report that what was booted is up, if its token counts" };
    case "later":
      return { said, mayfly: `answers 503 and when to come back: ${route.reason}` };
    case "refused":
      return { said, mayfly: `answers ${route.status}: ${route.reason}` };
  }
}

/** What a Linux that runs is told. */
function kexecWords(question: KexecQuestion, snapshot: Snapshot): string {
  if (question.step === "script") return "sends the shell script that boots a host from a Linux that runs";
  const { asked, lacks } = decideKexec(question, snapshot);
  const [lack] = lacks;
  if (lack !== undefined) return `sends shell text that says: ${lack.what}`;
  const { decision } = asked ?? {};
  return decision?.type === "script"
    ? `says that it is to load ${generationWords(decision.generation)}`
    : "says that there is nothing to load";
}

/** What a script does, and for whom. */
export function scriptWords({ asked, problem }: ScriptAnswer, snapshot: Snapshot): string {
  if (problem !== undefined) return `sends a script that says on the screen: ${problem}`;
  if (asked === undefined) return "sends the script by which iPXE says who it is and comes back for its own";
  const { client, decision } = asked;
  switch (decision.type) {
    case "script": {
      const why = hostReason(client, decision.host, snapshot);
      return `sends the script that boots ${generationWords(decision.generation)}, since ${why}`;
    }
    case "refused":
    case "silent": {
      const why = whySilent(decision.reason, client, decision.host, snapshot);
      return `sends a script that says on the screen why it cannot boot (${decision.reason}): ${why}`;
    }
    case "stranger":
      return `sends a script: ${explainStranger(decision.policy, client)}`;
    case "image":
    case "firmware":
    case "chain":
      throw new Error(`iPXE was given what is for firmware: ${decision.type}`);
  }
}

/** What a generation is made of. */
export function generationWords(generation: Generation): string {
  const { id, ownScript, files } = generation;
  const size = (file: string) => `${file} (${formatBytes(files.get(file) ?? 0)})`;
  const version = kernelVersionOf(generation);
  const linux = version === undefined ? "" : `Linux ${version}, `;
  const parts = ownScript === undefined ? bootedFiles(generation).map(size).join(" and ") : ownScript;
  return `${id}: ${linux}${parts}`;
}

function fileWords(generation: Generation, file: string): string {
  return `${file} of ${generation.id}, ${formatBytes(generation.files.get(file) ?? 0)}`;
}

function notUs(to: Peer, site?: ExplainSite): string {
  if (site === undefined || to.address !== site.self)
    return `was not asked: ${to.address} is not this server`;
  return `was not asked: its own port is ${site.ports.http}, and ${to.port} is somebody else's`;
}
