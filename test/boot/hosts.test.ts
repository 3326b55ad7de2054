import { describe, expect, test } from "vitest";
import type { HostEntry } from "../../src/boot/host-entry.ts";
import { freshNotices, type HostsWanted, hostTable, isHostName } from "../../src/boot/hosts.ts";

const NONE: HostsWanted = { hosts: [], kernelParams: "", onFailure: "next" };

function entry(name: string, more: Partial<HostEntry> = {}): HostEntry {
  return { name, macs: [], uuids: [], serials: [], ...more };
}

function wanted(...hosts: HostEntry[]): HostsWanted {
  return { ...NONE, hosts };
}

describe("hostTable", () => {
  test("nothing configured and nothing there: unknown machines are left alone", () => {
    expect(hostTable(NONE, [])).toEqual({ hosts: [], places: [], notices: [] });
  });

  test("a configured host has the image of its own name, or the one that 'image:' names", () => {
    const table = hostTable(
      wanted(entry("beta", { macs: ["52:54:00:12:34:56"] }), entry("gamma", { image: "/results/gamma" })),
      ["beta"],
    );
    expect(table.hosts.map((host) => [host.name, host.image])).toEqual([
      ["beta", "beta"],
      ["gamma", "gamma"],
    ]);
    expect(table.places).toEqual([{ image: "gamma", path: "/results/gamma" }]);
    expect(table.notices).toEqual([]);
  });

  test("an entry that is named by a MAC address, in any spelling, is the host of that machine", () => {
    const table = hostTable({ ...NONE, kernelParams: "quiet", onFailure: "shell" }, [
      "52-54-00-12-34-57",
      "525400123456",
    ]);
    expect(table.hosts).toEqual([
      {
        name: "52-54-00-12-34-57",
        macs: ["52:54:00:12:34:57"],
        uuids: [],
        serials: [],
        image: "52-54-00-12-34-57",
        kernelParams: "quiet",
        onFailure: "shell",
      },
      expect.objectContaining({ name: "525400123456", macs: ["52:54:00:12:34:56"] }),
    ]);
  });

  test("a configured host wins over an entry of its MAC address, and it is said", () => {
    const table = hostTable(wanted(entry("beta", { macs: ["52:54:00:12:34:56"] })), [
      "52-54-00-12-34-56",
      "beta",
    ]);
    expect(table.hosts.map((host) => host.name)).toEqual(["beta"]);
    expect(table.notices).toEqual([
      {
        level: "warn",
        text: "hosts/52-54-00-12-34-56 is not used: 52:54:00:12:34:56 belongs to the host beta",
        cure: "remove hosts/52-54-00-12-34-56, or the address from the host beta",
      },
    ]);
  });

  test("a host that is named by a MAC address has the entry of that name", () => {
    const own = entry("52-54-00-12-34-56", { macs: ["52:54:00:12:34:56"], kernelParams: "quiet" });
    const table = hostTable(wanted(own), ["52-54-00-12-34-56"]);
    expect(table.hosts).toHaveLength(1);
    expect(table.hosts[0]).toMatchObject({ image: "52-54-00-12-34-56", kernelParams: "quiet" });
    expect(table.notices).toEqual([]);
  });

  test("two spellings of one MAC address: the first entry is used, and it is said of the other", () => {
    const table = hostTable(NONE, ["525400123456", "52-54-00-12-34-56"]);
    expect(table.hosts.map((host) => host.name)).toEqual(["52-54-00-12-34-56"]);
    expect(table.notices[0]?.text).toBe(
      "hosts/525400123456 is not used: 52:54:00:12:34:56 belongs to the host 52-54-00-12-34-56",
    );
  });

  test("an entry that no machine belongs to is said with its cure", () => {
    expect(hostTable(NONE, ["beta"]).notices).toEqual([
      {
        level: "info",
        text: "hosts/beta belongs to no machine yet",
        cure: "give it one in mayfly.yaml, 'hosts: { beta: { macs: [\"52:54:00:12:34:56\"] } }', name the entry after the machine's MAC address, 'hosts/52-54-00-12-34-56', or say 'mayfly approve 52:54:00:12:34:56 beta'",
      },
    ]);
  });

  test("an entry whose name cannot stand in a path is said with its cure", () => {
    expect(hostTable(NONE, ["my host"]).notices).toEqual([
      {
        level: "warn",
        text: "hosts/my host cannot be the name of a host: it is not served",
        cure: "rename it with letters, digits, '.', '_' and '-', the first one a letter or a digit",
      },
    ]);
  });

  test("an entry that 'image:' takes the place of is said", () => {
    const table = hostTable(wanted(entry("beta", { image: "/results/beta" })), ["beta"]);
    expect(table.places).toEqual([{ image: "beta", path: "/results/beta" }]);
    expect(table.notices[0]?.text).toBe(
      "hosts/beta is not used: the configuration gives beta the image /results/beta",
    );
  });

  test("notes, hidden files, nix's temporary links and Pi trees are no images", () => {
    expect(
      hostTable(NONE, [".gitkeep", "README.md", "beta.tmp-4242-1804289383", "beta.rpi4"]).notices,
    ).toEqual([]);
  });

  test("kernel parameters of a host come after those for every host", () => {
    const table = hostTable({ ...wanted(entry("beta", { kernelParams: "b=2" })), kernelParams: "a=1" }, []);
    expect(table.hosts[0]?.kernelParams).toBe("a=1 b=2");
  });
});

describe("the host of machines that nothing matches", () => {
  test("is the entry 'default'", () => {
    const table = hostTable(NONE, ["default"]);
    expect(table.defaultHost).toBe("default");
    expect(table.hosts).toEqual([expect.objectContaining({ name: "default", image: "default", macs: [] })]);
    expect(table.notices).toEqual([]);
  });

  test("is the configured host 'default', with its parameters", () => {
    const table = hostTable(wanted(entry("default", { kernelParams: "quiet" })), []);
    expect(table.defaultHost).toBe("default");
    expect(table.hosts).toHaveLength(1);
    expect(table.hosts[0]?.kernelParams).toBe("quiet");
  });

  test("is the one that 'default:' names: a host, or an entry without one", () => {
    const byHost = hostTable({ ...wanted(entry("beta")), defaultHost: "beta" }, ["default"]);
    expect([byHost.defaultHost, byHost.hosts.length]).toEqual(["beta", 1]);
    const byEntry = hostTable({ ...NONE, defaultHost: "rescue" }, ["rescue"]);
    expect(byEntry.hosts).toEqual([expect.objectContaining({ name: "rescue", image: "rescue" })]);
    expect(byEntry.notices).toEqual([]);
  });

  test("is said to have no image where 'default:' names nothing that is there", () => {
    expect(hostTable({ ...NONE, defaultHost: "rescue" }, []).notices).toEqual([
      {
        level: "warn",
        text: "the default host rescue has no image yet",
        cure: "link one to hosts/rescue, or name another host with 'default:'",
      },
    ]);
  });

  test("is nobody with 'default: false', and the entry is said to be unused", () => {
    const table = hostTable({ ...NONE, defaultHost: false }, ["default"]);
    expect(table.defaultHost).toBeUndefined();
    expect(table.notices.map((notice) => notice.text)).toEqual([
      "hosts/default is not used: the configuration says 'default: false'",
    ]);
  });
});

test("serve IMAGE: one host for every machine, whatever is configured", () => {
  const table = hostTable({ ...wanted(entry("beta")), image: "/result", kernelParams: "quiet" }, ["gamma"]);
  expect(table).toMatchObject({
    hosts: [{ name: "default", image: "default", kernelParams: "quiet" }],
    defaultHost: "default",
    places: [{ image: "default", path: "/result" }],
    notices: [{ text: "every machine gets /result: the hosts of the configuration do not count" }],
  });
});

test("what was said once is not said again", () => {
  const before = hostTable(NONE, ["beta"]).notices;
  const now = hostTable(NONE, ["beta", "gamma"]).notices;
  expect(freshNotices(before, now).map((notice) => notice.text)).toEqual([
    "hosts/gamma belongs to no machine yet",
  ]);
});

test.each([
  ["beta", true],
  ["0beta.example-1_2", true],
  ["-beta", false],
  [".beta", false],
  ["a/b", false],
  ["", false],
  ["x".repeat(254), false],
])("isHostName(%j) is %j", (name, isOne) => {
  expect(isHostName(name)).toBe(isOne);
});

describe("machines that nothing matches", () => {
  const outcome = (more: Partial<HostsWanted>, entries: readonly string[] = []) => {
    const { defaultHost, strangers, notices } = hostTable({ ...NONE, ...more }, entries);
    return [defaultHost ?? strangers ?? "left alone", notices.map(({ text }) => text)] as const;
  };

  test.each([
    ["nothing is said and there is no default", {}, [], "left alone"],
    ["nothing is said and there is a default", {}, ["default"], "default"],
    ["they are to wait", { unknown: "hold" }, [], "hold"],
    ["they are to go on", { unknown: "local" }, [], "local"],
    ["they are to be ignored", { unknown: "ignore" }, [], "left alone"],
    ["they are to get the default", { unknown: "default" }, ["default"], "default"],
  ] as const)("%s", (_case, more, entries, what) => {
    expect(outcome(more, entries)).toEqual([what, []]);
  });

  test.each(["hold", "local", "ignore"] as const)(
    "'unknown: %s' wins over a default, and it is said",
    (unknown) => {
      const [what, said] = outcome({ unknown }, ["default"]);
      expect(what).toBe(unknown === "ignore" ? "left alone" : unknown);
      expect(said).toEqual([`hosts/default is not used: the configuration says 'unknown: ${unknown}'`]);
      expect(outcome({ unknown, defaultHost: "rescue", hosts: [entry("rescue")] })[1]).toEqual([
        `the default host rescue is not used: the configuration says 'unknown: ${unknown}'`,
      ]);
    },
  );

  test("'unknown: default' without a default host leaves them alone, and it is said", () => {
    for (const more of [{}, { defaultHost: false }] as const) {
      expect(outcome({ ...more, unknown: "default" })).toEqual([
        "left alone",
        ["'unknown: default' has no default host to give, so unknown machines are left alone"],
      ]);
    }
  });
});

describe("approvals", () => {
  const mac = "52:54:00:12:34:56";
  const table = (hosts: HostEntry[], entries: readonly string[], host: string) =>
    hostTable({ ...wanted(...hosts), approved: [{ mac, host }] }, entries);

  test("a configured host gets the address beside its own", () => {
    const beta = entry("beta", {
      macs: ["52:54:00:00:00:01"],
      image: "/results/beta",
      kernelParams: "quiet",
    });
    const { hosts, notices } = table([beta], [], "beta");
    expect(hosts).toMatchObject([{ name: "beta", macs: ["52:54:00:00:00:01", mac], kernelParams: "quiet" }]);
    expect(notices).toEqual([]);
  });

  test("a name that only an entry has becomes a host with that image", () => {
    expect(table([], ["beta"], "beta")).toMatchObject({
      hosts: [{ name: "beta", macs: [mac], image: "beta" }],
      notices: [],
    });
  });

  test("a name that nothing has becomes a host that waits for its image", () => {
    expect(table([], [], "beta").hosts).toMatchObject([{ name: "beta", macs: [mac], image: "beta" }]);
  });

  test("a name that is another machine's address keeps that machine too", () => {
    expect(table([], ["52-54-00-00-00-01"], "52-54-00-00-00-01").hosts).toMatchObject([
      { name: "52-54-00-00-00-01", macs: ["52:54:00:00:00:01", mac] },
    ]);
  });

  test("the configuration wins, and it is said with its cure", () => {
    const { hosts, notices } = table([entry("gamma", { macs: [mac] })], ["beta"], "beta");
    expect(hosts).toMatchObject([{ name: "gamma", macs: [mac] }]);
    expect(notices[0]).toEqual({
      level: "warn",
      text: `the approval of ${mac} as beta does not count: the configuration gives it to the host gamma`,
      cure: `'mayfly unapprove ${mac}', or take the address from the host gamma in the configuration`,
    });
  });

  test("an entry that is linked for the machine later does not take it away", () => {
    const { hosts, notices } = table([], ["52-54-00-12-34-56", "beta"], "beta");
    expect(hosts).toMatchObject([{ name: "beta", macs: [mac] }]);
    expect(notices[0]?.text).toBe(`hosts/52-54-00-12-34-56 is not used: ${mac} belongs to the host beta`);
  });

  test("one image for every machine leaves no room for them", () => {
    const all = hostTable({ ...NONE, image: "/result", approved: [{ mac, host: "beta" }] }, []);
    expect(all.hosts).toMatchObject([{ name: "default", macs: [] }]);
  });
});
