/** What to tell an operator whose machine does not let us open a port: why, and the one command that mends it. */

/** One of our sockets. */
export interface WantedPort {
  readonly protocol: "udp" | "tcp";
  readonly port: number;
  /** What it is for: decides what can be done without it. */
  readonly purpose: "dhcp" | "tftp" | "http" | "admin" | "piConsole" | "syslog";
}

/** Who has a port, as far as this process may know. */
export interface PortHolder {
  readonly pid: number;
  readonly name: string;
  /** systemd's name of its service, as in `dnsmasq.service`. */
  readonly unit?: string;
}

export interface PortProblem {
  readonly wanted: WantedPort;
  /** As the system calls it: `EACCES`, `EADDRINUSE` … */
  readonly code: string;
  /** For `EADDRINUSE`: empty when nobody may be seen. */
  readonly holders: readonly PortHolder[];
  /** The Node binary that runs us, links followed. */
  readonly nodePath: string;
  /** Whether systemd started us. */
  readonly isService: boolean;
  readonly isRoot: boolean;
}

export interface PortAdvice {
  readonly text: string;
  readonly cure: string;
}

/** Puts a port problem into words. Pure. */
export function adviseOnPort(problem: PortProblem): PortAdvice {
  const name = `${problem.wanted.protocol.toUpperCase()} port ${problem.wanted.port} (${PURPOSES[problem.wanted.purpose]})`;
  switch (problem.code) {
    case "EACCES":
    case "EPERM":
      return { text: `${name} may not be opened by this user`, cure: rightsCure(problem) };
    case "EADDRINUSE":
      return inUse(name, problem);
    case "EADDRNOTAVAIL":
      // The admin plane is where the operator wants it, all else at the addresses that there are.
      if (problem.wanted.purpose === "admin") return unknown(name, problem);
      return {
        text: `${name} cannot be opened: its address has gone`,
        cure: "give the interface its address back: it is served from then on",
      };
    default:
      return unknown(name, problem);
  }
}

function unknown(name: string, { code, wanted }: PortProblem): PortAdvice {
  return { text: `${name} cannot be opened: ${code}`, cure: withoutIt(wanted) };
}

const PURPOSES: Readonly<Record<WantedPort["purpose"], string>> = {
  dhcp: "DHCP",
  tftp: "TFTP",
  http: "what machines fetch",
  admin: "the admin plane",
  piConsole: "the messages of Raspberry Pis",
  syslog: "what machines log",
};

function rightsCure({ nodePath, isService, isRoot }: PortProblem): string {
  if (isService) return "add 'AmbientCapabilities=CAP_NET_BIND_SERVICE' to the [Service] part of the unit";
  if (isRoot) return "give the container the capability NET_BIND_SERVICE ('--cap-add NET_BIND_SERVICE')";
  // A file of the nix store cannot be changed, so the right cannot be given to the program there.
  if (nodePath.startsWith("/nix/store/")) return "sudo sysctl net.ipv4.ip_unprivileged_port_start=67";
  return `sudo setcap cap_net_bind_service=+ep ${shellWord(nodePath)}`;
}

function inUse(name: string, { wanted, holders }: PortProblem): PortAdvice {
  const [holder] = holders;
  if (holder === undefined) {
    const filter = `sudo ss -l${wanted.protocol === "udp" ? "u" : "t"}np "sport = :${wanted.port}"`;
    return {
      text: `${name} is in use by a process of another user`,
      cure: `'${filter}' tells which; ${withoutIt(wanted)}`,
    };
  }
  const stop =
    holder.unit === undefined
      ? `stop it ('sudo kill ${holder.pid}')`
      : `'sudo systemctl stop ${holder.unit}'`;
  const others = holders.length === 1 ? "" : ` and ${holders.length - 1} more`;
  return {
    text: `${name} is in use by ${holder.name} (process ${holder.pid}${others})`,
    cure: `${stop}, or ${withoutIt(wanted)}`,
  };
}

/** What can be done instead. */
function withoutIt({ purpose }: WantedPort): string {
  switch (purpose) {
    case "dhcp":
      return "let that DHCP server name the boot program and start with '--dhcp off'";
    case "tftp":
      return "choose another with '--tftp-port', if your firmware can be told so: most asks 69 only";
    case "http":
      return "choose another with '--http-port'";
    case "admin":
      return "choose another with '--admin'";
    case "piConsole":
      return "end it, or leave 'piConsole: true' out";
    case "syslog":
      return "leave 'syslog' out, or have that log server keep it and give 'syslog' another port";
  }
}

function shellWord(text: string): string {
  return /^[\w./+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
