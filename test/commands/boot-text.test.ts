import { expect, test } from "vitest";
import { bootLines } from "../../src/commands/boot-text.ts";
import type { SessionDetail } from "../../src/web/schema/sessions.ts";

const SAID = `${"systemd[1]: Failed to mount /var/lib/ethereum: the disk says ".padEnd(400, "x ")}the end`;
const NOTE = `${"asked for by a machine with a long story ".repeat(5)}told whole`;

const boot: SessionDetail = {
  ...{ id: "0loyw3v28-000000", mac: "52:54:00:12:34:56", host: "beta", via: "netboot", outcome: "failed" },
  ...{ start: "2026-01-01T00:00:00.000Z", last: "2026-01-01T00:00:10.000Z", scripts: 1, sentBytes: 0 },
  steps: [
    { stage: "dhcp", start: "2026-01-01T00:00:00.000Z", end: "2026-01-01T00:00:02.000Z", durationMs: 2000 },
    { stage: "script", start: "2026-01-01T00:00:02.000Z", note: NOTE },
  ],
  medians: { boots: 0, stages: [] },
  diagnoses: [],
  console: [{ number: 1, at: "2026-01-01T00:00:09.000Z", program: "kernel", text: SAID }],
};

test("in a pipe a boot is whole, what its machine said too", () => {
  const lines = bootLines(boot);
  expect(lines.at(-1)).toBe(`+9.0 s  kernel: ${SAID}`);
  const script = lines.find((line) => line.includes("script"));
  expect(script).toMatch(/told whole$/);
  expect(/[█·]+/.exec(script ?? "")?.[0]).toHaveLength(35);
});

test("on a terminal nothing of what its machine said is lost, and no line is longer than it is wide", () => {
  const lines = bootLines(boot, 80);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const said = lines.slice(lines.findIndex((line) => line.includes("kernel:")));
  expect(said.length).toBeGreaterThan(4);
  expect(said.map((line) => line.slice("+9.0 s  ".length)).join(" ")).toBe(`kernel: ${SAID}`);
  expect(said.slice(1).every((line) => line.startsWith(" ".repeat("+9.0 s  ".length)))).toBe(true);
});
