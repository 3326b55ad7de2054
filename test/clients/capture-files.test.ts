/** Capture files as Wireshark writes them: the same packets in every format. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { runProgram } from "../../src/lab/program.ts";
import { decodeCapture } from "../../src/wire/pcap/capture.ts";
import { lacks } from "../support/needs.ts";

const FOLDER = fileURLToPath(new URL("../captures/", import.meta.url));
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith(".pcap"));

describe.skipIf(lacks("tshark"))("a capture that Wireshark has saved", () => {
  const work = mkdtempSync(join(tmpdir(), "mayfly-captures-"));
  afterAll(() => rmSync(work, { recursive: true }));

  test.each(["pcapng", "nsecpcap"])("as %s holds what it held before", async (format) => {
    expect(NAMES.length).toBeGreaterThan(10);
    for (const name of NAMES) {
      const saved = join(work, `${name}.${format}`);
      await runProgram(["tshark", "-r", join(FOLDER, name), "-F", format, "-w", saved]);
      const [before, after] = [join(FOLDER, name), saved].map((path) => decodeCapture(readFileSync(path)));
      expect(after?.packets.map(({ timeMs: _time, ...rest }) => rest)).toEqual(
        before?.packets.map(({ timeMs: _time, ...rest }) => rest),
      );
      for (const [i, packet] of (before?.packets ?? []).entries()) {
        expect(after?.packets[i]?.timeMs).toBeCloseTo(packet.timeMs, 2);
      }
    }
  });
});
