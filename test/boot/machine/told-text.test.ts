import { expect, test } from "vitest";
import type { Told } from "../../../src/boot/machine/seen.ts";
import { toldText } from "../../../src/boot/machine/told-text.ts";

test.each<[Told, string]>([
  [{ type: "chain", host: "beta" }, "to start iPXE"],
  [{ type: "firmware" }, "to fetch a Pi's boot files"],
  [{ type: "script", host: "beta", generation: "one" }, "to boot beta"],
  [{ type: "image", host: "beta", generation: "one" }, "to boot beta"],
  [{ type: "stranger", reason: "hold" }, "to wait"],
  [{ type: "stranger", reason: "local" }, "to go on"],
  [{ type: "refused", host: "beta", reason: "no-generation" }, "why it cannot boot (no-generation)"],
  [{ type: "silent", reason: "unknown-host" }, "nothing (unknown-host)"],
])("%j is told to people as 'it was told %s'", (told, text) => expect(toldText(told)).toBe(text));
