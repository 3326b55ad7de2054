import { describe, expect, test } from "vitest";
import { approvedMacs, judgeApproval } from "../../../src/boot/machine/approval.ts";

const MAC = "52:54:00:12:34:56";
const ground = { hosts: [], configFile: "mayfly.yaml", entries: [] };
const host = (name: string, ...macs: string[]) => ({ name, macs, uuids: [], serials: [] });

describe("judgeApproval", () => {
  test("a host with an image needs no more words", () => {
    expect(judgeApproval({ mac: MAC, host: "beta" }, { ...ground, entries: ["beta"] })).toEqual({
      type: "approved",
      notes: [],
    });
    const placed = { ...host("beta"), image: "/results/beta" };
    expect(judgeApproval({ mac: MAC, host: "beta" }, { ...ground, hosts: [placed] })).toEqual({
      type: "approved",
      notes: [],
    });
  });

  test("a host without an image is allowed, and told where it is to be linked", () => {
    expect(judgeApproval({ mac: MAC, host: "beta" }, ground)).toEqual({
      type: "approved",
      notes: ["beta has no image yet: it boots as soon as one is linked to boot-media/hosts/beta."],
    });
  });

  test("an address that the configuration gives to another host is refused, with the place", () => {
    expect(judgeApproval({ mac: MAC, host: "beta" }, { ...ground, hosts: [host("gamma", MAC)] })).toEqual({
      type: "refused",
      reason: `the configuration gives ${MAC} to the host gamma (mayfly.yaml: hosts.gamma)`,
      cure: "change it there, or approve it as gamma",
    });
  });

  test("an address that the configuration gives to this very host is no mistake", () => {
    const verdict = judgeApproval(
      { mac: MAC, host: "beta" },
      { ...ground, hosts: [host("beta", MAC)], entries: ["beta"] },
    );
    expect(verdict).toEqual({
      type: "approved",
      notes: ["The configuration says so already (mayfly.yaml: hosts.beta)."],
    });
  });

  test("an address that has an entry of its own is refused, unless it is that entry that is meant", () => {
    const entries = ["525400123456", "beta"];
    expect(judgeApproval({ mac: MAC, host: "beta" }, { ...ground, entries })).toEqual({
      type: "refused",
      reason: `the machine ${MAC} has an image of its own already (hosts/525400123456)`,
      cure: "remove hosts/525400123456, or rename it to hosts/beta, and approve it then",
    });
    expect(judgeApproval({ mac: MAC, host: "525400123456" }, { ...ground, entries }).type).toBe("approved");
  });

  test("with one image for every machine there is nothing to approve", () => {
    expect(judgeApproval({ mac: MAC, host: "beta" }, { ...ground, image: "/result" })).toEqual({
      type: "refused",
      reason: "this server gives every machine /result",
      cure: "start it without an image to approve machines",
    });
  });
});

test("what the configuration lacks is what was approved, counts, and does not stand there already", () => {
  const hosts = [host("beta", "52:54:00:00:00:01"), host("delta", "52:54:00:00:00:03")];
  const approved = [
    { mac: MAC, host: "gamma" },
    { mac: "52:54:00:00:00:02", host: "beta" },
    { mac: "52:54:00:00:00:01", host: "beta" },
    { mac: "52:54:00:00:00:03", host: "beta" },
    { mac: "52:54:00:00:00:04", host: "52-54-00-00-00-05" },
  ];
  expect(approvedMacs(hosts, approved)).toEqual([
    { host: "beta", macs: ["52:54:00:00:00:02"] },
    { host: "gamma", macs: [MAC] },
    { host: "52-54-00-00-00-05", macs: ["52:54:00:00:00:04"] },
  ]);
});
