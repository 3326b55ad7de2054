/** udhcpc, the DHCP client of busybox: a script of ours says what it was told. */

import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Namespace } from "../../src/lab/namespace.ts";
import type { Program } from "../../src/lab/program.ts";

/** What happened to one interface: `bound`, `renew`, `deconfig`, `leasefail` or `nak`. */
export interface LeaseNews {
  readonly what: string;
  readonly device: string;
  readonly address: string;
  readonly seconds: number;
  readonly router: string;
  readonly server: string;
  readonly message: string;
}

/**
 * Writes the script.
 *
 * @param configures - whether the interface gets the address, as on a real machine
 */
export function udhcpcScript(folder: string, configures: boolean): string {
  const path = join(folder, configures ? "configure.sh" : "tell.sh");
  const configure = `case "$1" in
  bound|renew) ip address flush dev "$interface"; ip address add "$ip/\${mask:-24}" dev "$interface";;
  deconfig) ip address flush dev "$interface"; ip link set "$interface" up;;
esac`;
  writeFileSync(
    path,
    `#!/bin/sh
${configures ? configure : ""}
echo "news $1 $interface \${ip:--} \${lease:-0} \${router:--} \${serverid:--} \${message:--}"
`,
  );
  chmodSync(path, 0o755);
  return path;
}

/** Starts one in the foreground. */
export function startUdhcpc(
  at: Namespace,
  script: string,
  device: string,
  ...more: readonly string[]
): Promise<Program> {
  return at.start(["udhcpc", "-f", "-i", device, "-s", script, ...more], { name: `udhcpc ${device}` });
}

/** All news in the output, in order. */
export function newsOf(text: string): LeaseNews[] {
  return [...text.matchAll(/^news (\S+) (\S+) (\S+) (\d+) (\S+) (\S+) (.*)$/gm)].map(
    ([, what = "", device = "", address = "", seconds, router = "", server = "", message = ""]) => ({
      what,
      device,
      address,
      seconds: Number(seconds),
      router,
      server,
      message,
    }),
  );
}
