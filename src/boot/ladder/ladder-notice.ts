/** What the operator is told when a machine is moved to another form of offer, or to another boot program. */

import type { Mac } from "../../wire/net/mac.ts";
import type { Notice } from "../event.ts";
import type { MachineEffect } from "./machine.ts";
import { describeVariant } from "./offer-variant.ts";

type Told = Exclude<MachineEffect, { type: "learnt" }>;

/** One notice for one step. */
export function noticeFor(mac: Mac, effect: Told): Notice {
  switch (effect.type) {
    case "moved":
      return movedNotice(mac, effect);
    case "program-moved":
      return {
        level: "warn",
        text: `${mac} fetched ${effect.from} ${effect.deaths} times and was not heard of again until its firmware started over: it is given ${effect.to} next`,
        cure: "'bootProgram:' of its host, or 'nics:', settles which one it gets; with Secure Boot on, only a signed one starts",
      };
    case "program-dies":
      return diesNotice(mac, effect);
  }
}

function movedNotice(mac: Mac, { from, to, times, why }: Extract<Told, { type: "moved" }>): Notice {
  const offered = `${mac} was offered its boot file ${describeVariant(from)} ${times} times`;
  const next = `next: ${describeVariant(to)}`;
  switch (why) {
    case "repeats":
      return {
        level: "info",
        text: `${offered} and nothing came of it; ${next}`,
        cure: "if this goes on, look whether any DHCP server gives it an address",
      };
    case "address":
      return {
        level: "info",
        text: `${offered}, took an address and did not come for it; ${next}`,
        cure: "if this goes on, another boot server may answer it too, or a firewall keep UDP ports 4011 and 69 shut",
      };
    case "4011":
      return {
        level: "info",
        text: `${offered}, asked port 4011 and did not fetch it; ${next}`,
        cure: "if this goes on, a firewall may keep UDP port 69 shut",
      };
  }
}

function diesNotice(mac: Mac, { program, deaths }: Extract<Told, { type: "program-dies" }>): Notice {
  const text = `${mac} fetched ${program.name} ${deaths} times and was not heard of again until its firmware started over`;
  return program.isChosen
    ? {
        level: "warn",
        text: `${text}; the configuration wants this program, so no other one is tried`,
        cure: "try the other driver: 'bootProgram: native-driver' or 'firmware-driver', or the entry of 'nics:'; with Secure Boot on, only a signed one starts",
      }
    : {
        level: "warn",
        text: `${text}; there is no other program to try`,
        cure: "put one with the other driver into boot-media/ipxe/: 'ipxe.efi' has its own, 'snponly.efi' the firmware's; with Secure Boot on, only a signed one starts",
      };
}
