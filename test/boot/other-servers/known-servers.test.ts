import { expect, describe as group, test } from "vitest";
import { describe } from "../../../src/boot/describe.ts";
import {
  hearAnswer,
  hearNamed,
  type KnownServers,
  listServers,
} from "../../../src/boot/other-servers/known-servers.ts";
import type { ServerAnswer } from "../../../src/boot/other-servers/server-answer.ts";

const MACHINE = "52:54:00:12:34:56";
const PROXY = { addresses: ["10.77.0.2"], givesAddresses: false };
const GIVING = { ...PROXY, givesAddresses: true };
const HOUR_MS = 3_600_000;

const BOOTS: ServerAnswer = { address: "10.77.0.9", mac: "52:54:00:00:00:09", boot: { class: "PXEClient" } };
const GIVES: ServerAnswer = { address: "10.77.0.1", gives: "10.77.0.101" };

function heard(answer: ServerAnswer) {
  return { interface: "eth0", machine: MACHINE, answer };
}

const NOBODY: KnownServers = new Map();

group("another boot server", () => {
  test("is an event each time, and news once an hour", () => {
    const [first, news] = hearAnswer(NOBODY, heard(BOOTS), PROXY, 0);
    expect(news).toEqual({
      ...{ type: "foreign-offer", interface: "eth0", mac: MACHINE, server: "10.77.0.9" },
      ...{ serverMac: "52:54:00:00:00:09", boot: { class: "PXEClient" }, isNews: true },
    });
    const [second, again] = hearAnswer(first, heard(BOOTS), PROXY, HOUR_MS - 1);
    expect(again).toEqual({ ...news, isNews: undefined });
    expect(hearAnswer(second, heard(BOOTS), PROXY, HOUR_MS)[1]?.isNews).toBe(true);
  });

  test("is a warning with its address, MAC and the cure as news, and nobody is told again", () => {
    const [known, news] = hearAnswer(NOBODY, heard(BOOTS), PROXY, 0);
    const [, again] = hearAnswer(known, heard(BOOTS), PROXY, 1);
    if (news === undefined || again === undefined) throw new Error("want two events");
    expect(describe(news)).toEqual({
      level: "warn",
      text: expect.stringMatching(
        /^10\.77\.0\.9 \(52:54:00:00:00:09\) on eth0 offers .*; switch the boot part .* off/,
      ),
    });
    expect(describe(again).level).toBe("debug");
  });

  test("that sends machines to us is a server of addresses like any other", () => {
    const ours: ServerAnswer = { ...GIVES, boot: { file: "x.efi", nextServer: "10.77.0.2" } };
    const [known, event] = hearAnswer(NOBODY, heard(ours), PROXY, 0);
    expect(event).toBeUndefined();
    expect(listServers(known, 0)).toEqual([
      { address: "10.77.0.1", interface: "eth0", givesAddresses: true, lastMs: 0 },
    ]);
  });
});

test("a server of addresses is an event only where we give them", () => {
  expect(hearAnswer(NOBODY, heard(GIVES), PROXY, 0)[1]).toBeUndefined();
  const [, event] = hearAnswer(NOBODY, heard(GIVES), GIVING, 0);
  expect(event).toMatchObject({ server: "10.77.0.1", gives: "10.77.0.101", isNews: true });
  expect(event && describe(event).text).toContain("'dhcp: proxy'");
});

test("we are none of the others, under whichever address", () => {
  const self = { ...BOOTS, address: "10.77.0.2" };
  expect(hearAnswer(NOBODY, heard(self), PROXY, 0)).toEqual([NOBODY, undefined]);
  expect(hearNamed(NOBODY, { interface: "eth0", server: "10.77.0.2" }, PROXY, 0)).toBe(NOBODY);
});

test("a server that only a machine has named is known, and what is heard of it later is added", () => {
  const named = hearNamed(NOBODY, { interface: "eth0", server: "10.77.0.9" }, PROXY, 0);
  const [known] = hearAnswer(named, heard(BOOTS), PROXY, 5);
  expect(listServers(known, 5)).toEqual([
    expect.objectContaining({
      address: "10.77.0.9",
      givesAddresses: true,
      boot: { class: "PXEClient" },
      lastMs: 5,
    }),
  ]);
});

test("who was not heard for a day is forgotten, and a flood of made-up servers pushes out only the oldest", () => {
  let known = hearAnswer(NOBODY, heard(BOOTS), PROXY, 0)[0];
  expect(listServers(known, 24 * HOUR_MS)).toHaveLength(1);
  expect(listServers(known, 24 * HOUR_MS + 1)).toEqual([]);
  for (let i = 0; i < 500; i++) {
    known = hearAnswer(known, heard({ ...GIVES, address: `10.9.${i >> 8}.${i & 255}` }), PROXY, i)[0];
  }
  expect(known.size).toBe(64);
  expect(listServers(known, 500)[0]?.address).toBe("10.9.1.243");
});
