/**
 * What a Raspberry Pi's request stands for: the prefix tells the board, the board its host, the host its files.
 *
 * The EEPROM asks for `PREFIX/FILE`, where the prefix is its serial number, its MAC address or a text that it
 * was set to (R6). Without a prefix nothing is served but what a Pi 3 asks for so: found in the root, a
 * start4.elf would end the search for the board's own.
 */

import { type Mac, parseMac } from "../../wire/net/mac.ts";
import { ERROR_NOT_FOUND } from "../../wire/tftp/packet.ts";
import type { BootClient } from "../client.ts";
import { type BootDecision, decide, decideAs } from "../decide.ts";
import type { Host } from "../host.ts";
import {
  findPiFile,
  isWithheld,
  type PiLayers,
  type PiSource,
  piLayers,
  sourceSize,
  UEFI_FIRMWARE,
} from "../rpi4/layers.ts";
import { pinnedFile } from "../rpi4/native.ts";
import type { PiPart } from "../rpi4/pi-tree.ts";
import { isPiSerial, normalSerial } from "../rpi4/serial.ts";
import { explainSilence } from "../script/refusal.ts";
import type { Snapshot } from "../snapshot.ts";
import type { PiRoute, TftpRefusal } from "./route.ts";
import { showName } from "./tftp-name.ts";
import { isNormalProbe } from "./tftp-probe.ts";

/** Stands where the address of a board is not known: nobody has it. */
const NO_MAC: Mac = "00:00:00:00:00:00";

/** A Pi 3's ROM has no prefix yet. */
const WITHOUT_PREFIX = "bootcode.bin";

/**
 * Finds what a path with a board's prefix stands for.
 *
 * @param from - the machine that asks, where its address tells
 * @returns `undefined` for a path that is no Pi's
 */
export function routePi(
  path: string,
  snapshot: Snapshot,
  from: Mac | undefined,
): PiRoute | TftpRefusal | undefined {
  if (path === WITHOUT_PREFIX) return routeBootcode(path, snapshot);
  const slash = path.indexOf("/");
  if (slash <= 0) return undefined;
  const asked = askedBy(path.slice(0, slash), snapshot, from);
  if (asked === undefined) return undefined;
  const { client, decision } = asked;
  if (decision.type !== "firmware") return refuseBoard(path, client, decision);
  const place = path.slice(slash + 1);
  const layers = piLayers(decision.host, decision.generation, snapshot);
  const source = findPiFile(layers, place) ?? pinnedFile(decision.host, snapshot.generations.values(), place);
  if (source === undefined) return notThere(path, place, layers);
  return {
    type: "pi",
    path,
    source,
    sizeBytes: sourceSize(source),
    ...(client.mac === NO_MAC ? {} : { mac: client.mac }),
    ...(decision.host === undefined ? {} : { host: decision.host.name }),
    part: partOf(place, source, layers),
    canRollOver: decision.host?.rpi4?.rollover === true,
  };
}

interface Asked {
  readonly client: BootClient;
  readonly decision: BootDecision;
}

/** Whose prefix it is, and the one decision about that board. */
function askedBy(prefix: string, snapshot: Snapshot, from: Mac | undefined): Asked | undefined {
  const board = boardOf(prefix, snapshot, from);
  if (board === undefined) return undefined;
  const { client, named } = board;
  const decision = named === undefined ? decide(client, snapshot) : decideAs(named, client, snapshot);
  return { client, decision };
}

/** The board that a prefix tells; `named` where the prefix is a host's name. */
export function boardOf(
  prefix: string,
  { seenPis, hosts }: Snapshot,
  from: Mac | undefined,
): { readonly client: BootClient; readonly named?: Host } | undefined {
  const client = (mac: Mac, serial?: string): BootClient => {
    const pi = seenPis.byMac.get(mac);
    const known = serial ?? pi?.serial;
    return {
      mac,
      stage: "pi-rom",
      isa: "arm64",
      ...(known === undefined ? {} : { serial: known }),
      ...(pi?.model === undefined ? {} : { piModel: pi.model }),
    };
  };
  if (isPiSerial(prefix)) {
    const serial = normalSerial(prefix);
    return { client: client(seenPis.bySerial.get(serial) ?? from ?? NO_MAC, serial) };
  }
  const mac = /^[0-9a-f]{2}(-[0-9a-f]{2}){5}$/i.test(prefix) ? parseMac(prefix) : undefined;
  if (mac !== undefined) return { client: client(mac) };
  const named = hosts.get(prefix);
  return named && { client: client(from ?? named.macs[0] ?? NO_MAC), named };
}

function routeBootcode(path: string, { piTrees }: Snapshot): PiRoute | undefined {
  const file = piTrees.shared.get(path);
  if (file === undefined) return undefined;
  const source = { type: "file", file } as const;
  return { type: "pi", path, source, sizeBytes: file.sizeBytes, part: "more", canRollOver: false };
}

function partOf(place: string, source: PiSource, { boot, generation }: PiLayers): PiPart {
  if (place === "start4.elf" || place === "start.elf") return "first";
  if (place === UEFI_FIRMWARE) return "last";
  const isKernel = source.type === "media" && source.file === generation?.kernel?.file;
  return boot === "native" && isKernel ? "last" : "more";
}

/** Said when DHCP was answered, or not; here it is news only of a machine that should boot. */
function refuseBoard(path: string, client: BootClient, decision: BootDecision): TftpRefusal {
  const isStranger = decision.type !== "silent" || decision.reason === "unknown-host";
  const why =
    decision.type === "silent"
      ? isStranger
        ? "no host has this Raspberry Pi: name its serial number under 'hosts:' in mayfly.yaml"
        : explainSilence(decision.reason, client, decision.host?.name)
      : "nothing for a Raspberry Pi";
  return refuse(path, why, isStranger || isNormalProbe(path));
}

function notThere(path: string, place: string, layers: PiLayers): TftpRefusal {
  if (isWithheld(layers, place)) {
    const why = "it would overwrite the EEPROM: 'rpi4: { serve: [...] }' of the host allows it by name";
    return refuse(path, why, true);
  }
  const folders = layers.host === undefined ? "rpi4/" : `hosts/${layers.host.name}.rpi4/ or rpi4/`;
  return refuse(path, `there is no '${showName(place)}' in ${folders}`, isNormalProbe(path));
}

function refuse(path: string, message: string, expected: boolean): TftpRefusal {
  return { type: "refused", path: showName(path), code: ERROR_NOT_FOUND, message, expected };
}

/** The most blocks that a counter of sixteen bits numbers from 1 on. */
const MAX_BLOCKS = 0xffff;

/**
 * Why a board cannot fetch a file in blocks of this size (T5); `undefined` for one that it can.
 *
 * @param blocks - with the last one, which is not full
 */
export function whyTooLarge(
  { canRollOver, path }: Pick<PiRoute, "canRollOver" | "path">,
  blocks: number,
  blockSize: number,
): string | undefined {
  if (canRollOver || blocks <= MAX_BLOCKS) return undefined;
  const most = Math.floor((MAX_BLOCKS * blockSize) / (1024 * 1024));
  return (
    `'${showName(path)}' is too large for this Raspberry Pi: an EEPROM before September 2025 fetches ${most} MiB ` +
    `at most in blocks of ${blockSize}. Boot it through UEFI (mayfly rpi4 assemble), or update the EEPROM and ` +
    "set 'rpi4: { rollover: true }' for the host"
  );
}
