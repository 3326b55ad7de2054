/** What U-Boot asks for by TFTP: its script, and its configuration by MAC address. */

import { WireError } from "../../wire/error.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { ERROR_NOT_FOUND } from "../../wire/tftp/packet.ts";
import { withCheckIn } from "../check-in/begin-boot.ts";
import type { BootClient } from "../client.ts";
import { type BootDecision, decide } from "../decide.ts";
import { explainRefusal } from "../script/refusal.ts";
import type { Snapshot } from "../snapshot.ts";
import { isUBootScript, macOfPxeConfig, U_BOOT_SCRIPT, uBootConfig, uBootScript } from "../u-boot/u-boot.ts";
import type { TftpAsked, TftpRoute, TftpSite } from "./route.ts";
import { showText } from "./tftp-name.ts";

/** @returns `undefined` for any other name */
export function routeUBoot(path: string, snapshot: Snapshot, site: TftpSite): TftpRoute | undefined {
  if (isUBootScript(path)) return { type: "bytes", path: U_BOOT_SCRIPT, bytes: uBootScript() };
  const mac = macOfPxeConfig(path);
  return mac === undefined ? undefined : routeConfig(path, mac, snapshot, site);
}

function routeConfig(path: string, mac: Mac, snapshot: Snapshot, site: TftpSite): TftpRoute {
  const client: BootClient = { mac, stage: "u-boot" };
  const decision = decide(client, snapshot);
  const asked = { client, decision };
  const refuse = (sentences: readonly string[], expected: boolean): TftpRoute => {
    const message = showText(sentences.join(" "));
    return { type: "refused", path, code: ERROR_NOT_FOUND, message, expected, asked };
  };
  switch (decision.type) {
    case "script":
      try {
        return { type: "bytes", path, ...bootConfig(mac, decision, asked, site) };
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        return refuse([`Mayfly: ${decision.host.name} cannot be booted by U-Boot: ${error.message}.`], false);
      }
    case "refused":
    case "silent":
      return refuse(
        explainRefusal(decision.reason, client, decision.host, snapshot),
        decision.reason === "unknown-host",
      );
    default:
      throw new Error(
        `U-Boot was given firmware's answer, '${decision.type satisfies BootDecision["type"]}'`,
      );
  }
}

/** The configuration, and the boot that begins with it. */
function bootConfig(
  mac: Mac,
  { host, generation }: Extract<BootDecision, { type: "script" }>,
  asked: TftpAsked,
  { self, ports, beginBoot }: TftpSite,
): Pick<Extract<TftpRoute, { type: "bytes" }>, "bytes" | "asked" | "notice"> {
  const begun = beginBoot?.({ mac, host, generation });
  const base = `http://${self}:${ports.http}`;
  const { text, ...rest } = withCheckIn(begun, base, { host }, (checkIn) =>
    uBootConfig(host, generation, checkIn),
  );
  const bytes = new TextEncoder().encode(text);
  return { bytes, ...rest, asked: begun === undefined ? asked : { ...asked, bootId: begun.bootId } };
}
