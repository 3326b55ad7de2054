/** The noun `finding`: what `mayfly doctor` says of one thing that it looked at. */

/** Stable; each is explained in docs/errors.md. */
export type DoctorCode =
  | "config" // the configuration has mistakes
  | "port" // a port of the server cannot be opened
  | "server" // whether a server runs here now
  | "interface" // no interface, or not all that are named, can be served
  | "container-network" // the network is a container's own
  | "small-mtu" // an interface carries less than Ethernet does
  | "firewall" // rules that drop what machines send
  | "probe" // whether the networks could be asked, and our own server answers
  | "dhcp-servers" // who gives addresses: nobody, or more than one
  | "other-boot-server" // another server gives machines something to boot
  | "spanning-tree" // switches that let a machine's packets through late
  | "programs" // boot programs that are missing or wrong
  | "no-images" // no host has anything to boot
  | "image-incomplete" // a host's image cannot be served
  | "image-over-2g" // a file that some firmware cannot take
  | "image-over-4g" // a file that most firmware cannot take
  | "image-way" // an image that not every firmware can start
  | "pi-rollover" // a file with more blocks than a Raspberry Pi counts
  | "disk-room" // a disk that the server writes to is full, or nearly
  | "disk-inodes" // so are its inodes
  | "inotify" // the system watches fewer folders than there are images
  | "clock" // the clock is before what was made already
  | "state-folder"; // the state folder cannot be used

export type Level = "ok" | "warning" | "fault";

export interface Finding {
  readonly code: DoctorCode;
  /** `fault`: machines do not boot, or not all of them. `warning`: some may not, or soon. */
  readonly level: Level;
  /** In a sentence without a full stop. */
  readonly text: string;
  /** What to do about it; absent where nothing has to be done. */
  readonly cure?: string;
}

/** Something that is as it should be. */
export function ok(code: DoctorCode, text: string): Finding {
  return { code, level: "ok", text };
}

/** One line for a person. */
export function formatFinding({ code, level, text, cure }: Finding): string {
  return `${level.padEnd("warning".length)}  ${text}${cure === undefined ? "" : `; ${cure}`} [${code}]`;
}
