/**
 * Every capture, explained to a person, as it was reviewed.
 *
 * `UPDATE_GOLDEN=1 npm run test:unit` writes the texts anew; read the difference before you commit it, as
 * somebody would whose machine does not boot.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { explainCapture } from "../../../src/boot/explain/capture.ts";
import { formatCapture } from "../../../src/commands/explain-text.ts";
import { decodeCapture } from "../../../src/wire/pcap/capture.ts";
import { worldForEveryone } from "../../support/worlds.ts";

const FOLDER = new URL("../../captures/", import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith(".pcap"));
/** The boot server of the recordings, whose HTTP server was on port 80. */
const SELF = "10.77.0.2";
const PORTS = { http: 80, tftp: 69 };

describe.each(NAMES)("%s", (name) => {
  const capture = decodeCapture(readFileSync(new URL(name, FOLDER)));
  const explained = explainCapture(capture, [SELF], { ports: PORTS }, worldForEveryone());

  test("reads as it was reviewed", () => {
    const golden = new URL(`./golden/${name.replace(/\.pcap$/, ".txt")}`, import.meta.url);
    const text = formatCapture({ type: "capture", ...explained });
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, "utf8"));
  });

  test("has a word for each DHCP packet, and calls none of them malformed", () => {
    expect(explained.packets.length).toBeGreaterThan(3);
    expect(JSON.stringify(explained)).not.toContain("malformed");
  });
});
