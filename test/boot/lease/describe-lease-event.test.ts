import { expect, describe as group, test } from "vitest";
import { describe } from "../../../src/boot/describe.ts";
import type { Description } from "../../../src/boot/description.ts";
import type { BootEvent } from "../../../src/boot/event.ts";
import type { LeaseDecision } from "../../../src/boot/lease/lease-decision.ts";
import { ask, leaseRig, SELF, subnet } from "../../support/leases.ts";

const MAC = "52:54:00:00:00:01";
const OTHER = "52:54:00:00:00:02";

function say(
  decision: LeaseDecision,
  more: Partial<Extract<BootEvent, { type: "lease" }>> = {},
): Description {
  return describe({ type: "lease", interface: "eth0", mac: MAC, request: "REQUEST", decision, ...more });
}

function request(type: "DISCOVER" | "REQUEST" | "DECLINE" | "RELEASE", facts = {}) {
  return { request: ask(type, { mac: MAC, ...facts }) };
}

test("an address that is given is news, one that is renewed is none", () => {
  const rig = leaseRig();
  rig.decide(request("DISCOVER"));
  expect(say(rig.decide(request("REQUEST", { wants: "10.0.0.100", server: SELF })))).toMatchObject({
    level: "info",
    text: `${MAC} REQUEST on eth0: 10.0.0.100 is leased for 3600 s`,
  });
  expect(
    say(rig.decide({ ...request("REQUEST", { has: "10.0.0.100" }), wasBroadcast: false })),
  ).toMatchObject({ level: "debug" });
});

test("a NAK says why", () => {
  const rig = leaseRig();
  rig.boot(OTHER);
  expect(say(rig.decide(request("REQUEST", { wants: "10.0.0.100" })))).toMatchObject({
    level: "info",
    text: `${MAC} REQUEST on eth0: refused: another machine has 10.0.0.100`,
  });
});

test("a pool that is empty is a warning with its cure, said once for all who ask", () => {
  const rig = leaseRig([subnet({ pools: [{ first: "10.0.0.100", last: "10.0.0.100" }] })]);
  rig.boot(OTHER);
  const decision = rig.decide(request("DISCOVER"));
  const said = say(decision);
  expect(said.level).toBe("warn");
  expect(said.text).toMatch(/every address of the pools of 10\.0\.0\.0\/24 is taken: make them larger/);
  expect(say(decision, { mac: OTHER }).repeats).toBe(said.repeats);
});

test("a network that no subnet covers is a warning that names the key", () => {
  const rig = leaseRig([]);
  expect(say(rig.decide(request("DISCOVER")))).toMatchObject({
    level: "warn",
    text: expect.stringMatching(/no subnet .* has 10\.0\.0\.1.*'subnets:'/),
  });
});

test("another DHCP server whose offer a machine takes is a warning with its address and the cure", () => {
  const rig = leaseRig();
  const said = say(rig.decide(request("REQUEST", { wants: "10.0.0.7", server: "10.0.0.254" })));
  expect(said.level).toBe("warn");
  expect(said.text).toMatch(/another DHCP server, 10\.0\.0\.254: there should be one/);
});

group("an address that somebody uses without asking is a warning", () => {
  test("when the machine that was to have it says so", () => {
    const rig = leaseRig();
    const address = rig.boot(MAC);
    const decision = rig.decide(request("DECLINE", { wants: address, server: SELF }));
    expect(say(decision)).toMatchObject({
      level: "warn",
      text: expect.stringContaining(`declines ${address}: somebody uses it`),
    });
  });

  test("when our probe found out, beside what the machine got instead", () => {
    const rig = leaseRig([subnet({ probe: true })]);
    rig.decide(request("DISCOVER"));
    const found = { address: "10.0.0.100", inUse: true };
    const said = say(rig.decide({ ...request("DISCOVER"), probed: found }));
    expect(said.level).toBe("warn");
    expect(said.text).toMatch(/^10\.0\.0\.100 is in use .*waits until 10\.0\.0\.101 was probed/);
  });
});

test("what could not be kept is an error that says what is wrong, and that nothing was answered", () => {
  const rig = leaseRig();
  rig.decide(request("DISCOVER"));
  const decision = rig.decide(request("REQUEST", { wants: "10.0.0.100", server: SELF }));
  const unkept = { text: "there is no room left", cure: "make room" };
  expect(say(decision, { unkept })).toMatchObject({
    level: "error",
    text: expect.stringMatching(/not answered, .*there is no room left; make room$/),
  });
});

test("in observe mode the line says what would have been", () => {
  const rig = leaseRig();
  rig.decide(request("DISCOVER"));
  const decision = rig.decide(request("REQUEST", { wants: "10.0.0.100", server: SELF }));
  expect(say(decision, { observed: true }).text).toContain("would be: 10.0.0.100 is leased");
});
