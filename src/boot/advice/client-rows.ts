/** What another DHCP server has to tell each kind of client, from the same tables by which ours answers. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import { ARCH_ROWS, type ProgramKind } from "../arch.ts";
import type { BootPorts } from "../peer.ts";
import type { BootProgram } from "../program/program.ts";
import { COMMON_KINDS, servedName } from "../program/program-kinds.ts";

/** What is known of this server when the advice is written. It need not run. */
export interface AdviceFacts {
  /** The address that machines reach us at. */
  readonly self: Ipv4;
  readonly ports: BootPorts;
  /** The boot programs that were found, the best of each kind first. */
  readonly programs: readonly BootProgram[];
}

/** Firmware that is to be given the same boot file. */
export interface ClientRow {
  /** The name of a tag or class for it: letters, digits and hyphens. */
  readonly tag: string;
  /** What people call it. */
  readonly people: string;
  /** Option 93's numbers. */
  readonly archs: readonly number[];
  readonly transport: "tftp" | "http";
  /** A bare name for TFTP, a whole URL for HTTP Boot. */
  readonly bootFile: string;
  /** The program's own name. */
  readonly program: string;
  /** Whether the program is there; it is named even if not, where machines of the kind are common. */
  readonly isFound: boolean;
}

/**
 * The rows of all firmware that can be booted, or could be if its program were there.
 *
 * An architecture that only 32-bit programs fit is in a row of its own (Q8), and one that we know
 * nothing for (2, Itanium) is in none: it is told nothing.
 */
export function clientRows({ self, ports, programs }: AdviceFacts): readonly ClientRow[] {
  const found = new Map(programs.toReversed().map((program) => [program.kind, program.name]));
  const wanted = ARCH_ROWS.flatMap((row) => {
    const { program } = row;
    const isWanted = program !== undefined && (found.has(program) || COMMON_KINDS.has(program));
    return isWanted ? [{ ...row, program }] : [];
  });
  const groups = Map.groupBy(wanted, ({ program, transport }) => tagOf(program, transport));
  return [...groups].flatMap(([tag, rows]) => {
    const [first] = rows;
    if (first === undefined) return [];
    const program = found.get(first.program) ?? servedName(first.program);
    return [
      {
        tag,
        people: first.transport === "http" ? `${first.name} Boot` : first.name,
        archs: rows.map(({ arch }) => arch),
        transport: first.transport,
        bootFile: first.transport === "http" ? `${baseUrl({ self, ports })}/ipxe/${program}` : program,
        program,
        isFound: found.has(first.program),
      },
    ];
  });
}

function tagOf(program: ProgramKind, transport: ClientRow["transport"]): string {
  return `mayfly-${program}${transport === "http" ? "-http" : ""}`;
}

/** The tag or class of iPXE, whichever firmware started it. */
export const IPXE_TAG = "mayfly-ipxe";

/** How iPXE calls itself in option 77. */
export const IPXE_CLASS = "iPXE";

/**
 * How firmware begins its option 60, one text for each architecture.
 *
 * The class is matched and not option 93: firmware may leave 93 out or get it wrong, and the class is
 * what this very request is for (Q8).
 */
export function vendorClasses({ archs, transport }: ClientRow): readonly string[] {
  const client = transport === "http" ? "HTTPClient" : "PXEClient";
  return archs.map((arch) => `${client}:Arch:${String(arch).padStart(5, "0")}`);
}

/** Where the boot plane is, without a slash at the end. */
export function baseUrl({ self, ports }: Pick<AdviceFacts, "self" | "ports">): string {
  return `http://${self}:${ports.http}`;
}

/**
 * What iPXE is given: always a whole URL with our own address.
 *
 * `next-server` is often the router itself, so nothing here may be relative to it (I7).
 */
export function ipxeUrl(facts: Pick<AdviceFacts, "self" | "ports">): string {
  return `${baseUrl(facts)}/netboot.ipxe`;
}
