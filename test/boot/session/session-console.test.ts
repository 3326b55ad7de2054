import { expect, test } from "vitest";
import type { BootEvent } from "../../../src/boot/event.ts";
import type { LiveSession } from "../../../src/boot/session/live-session.ts";
import { begin } from "../../../src/boot/session/session-begin.ts";
import { MAX_CONSOLE_LINES, MAX_CONSOLE_TEXT } from "../../../src/boot/session/session-console.ts";
import { sessionStep } from "../../../src/boot/session/session-step.ts";

const MAC = "52:54:00:12:34:56";
const means = { newId: () => "0loyw3v28-a1b2c3", generation: () => undefined };
const peer = { address: "10.0.0.7", port: 514 };
const said = (text: string): BootEvent => ({
  type: "console",
  via: "syslog",
  mac: MAC,
  peer,
  text,
  program: "ipxe",
});

function hear(texts: readonly string[], atMs = 2000): LiveSession | undefined {
  let live: LiveSession | undefined = begin(MAC, "firmware", 1000, means);
  for (const text of texts) [live] = sessionStep(live, said(text), atMs, means);
  return live;
}

test("what a machine says is kept with its boot, and tells nothing of how far that is", () => {
  const live = hear(["one", "two"]);
  expect(live?.session.console).toEqual([
    { number: 1, atMs: 2000, program: "ipxe", text: "one" },
    { number: 2, atMs: 2000, program: "ipxe", text: "two" },
  ]);
  expect([live?.session.lastMs, live?.session.steps, live?.phase]).toEqual([1000, [], "firmware"]);
});

test("only the last of it is kept, by lines and by letters", () => {
  const many = hear(Array.from({ length: 500 }, (_, i) => `line ${i}`))?.session.console ?? [];
  expect([many.length, many.at(-1)?.text]).toEqual([MAX_CONSOLE_LINES, "line 499"]);
  expect([many[0]?.number, many.at(-1)?.number]).toEqual([301, 500]);
  const long = hear(Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(500)))?.session.console ?? [];
  expect(long.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(MAX_CONSOLE_TEXT);
  expect(long.at(-1)?.text.trim()).toBe("99");
});

test("of a machine that does not boot nothing is kept, and nothing begins", () => {
  expect(sessionStep(undefined, said("hm"), 0, means)).toEqual([undefined, []]);
});
