import { describe, expect, test } from "vitest";
import { listText, whomText } from "../../dashboard/src/state/deed.ts";
import {
  badText,
  bootsText,
  deltaText,
  generationText,
  growthText,
  marksOf,
  namedById,
  valueRow,
  versionsText,
} from "../../dashboard/src/state/generation-words.ts";
import { approveDeed, forgetDeed, wakeDeed } from "../../dashboard/src/state/machine-deeds.ts";
import {
  holdDeed,
  notOnceDeed,
  onceDeed,
  pinDeed,
  promoteDeed,
  releaseDeed,
  rollbackDeed,
  unpinDeed,
} from "../../dashboard/src/state/rollout-deeds.ts";
import { type GenerationView, generation } from "../../src/web/schema/generations.ts";

function generationView(changes: Partial<GenerationView> = {}): GenerationView {
  return generation.parse({
    ...{
      number: 12,
      id: "abcdfghijklmnpqrsvwxyz0123456789-kexec-tree",
      image: "beta",
      shape: "homestakeros",
    },
    ...{ path: "/nix/store/x", kernelParams: "", sizeBytes: 1, kernel: "6.12.41" },
    firstPublished: "2026-01-01T00:00:00.000Z",
    lastPublished: "2026-01-01T00:00:00.000Z",
    boots: { checkedIn: 0, handedOver: 0, failed: 0 },
    ...{ isCurrent: false, isKept: true, isProven: false, isCandidate: false, isPinned: false },
    ...changes,
  });
}

describe("words", () => {
  test("the boots of a generation are counted by how they went", () => {
    expect(bootsText({ checkedIn: 3, handedOver: 0, failed: 1 })).toBe("3 up, 1 failed");
    expect(bootsText({ checkedIn: 0, handedOver: 0, failed: 0 })).toBe("not booted yet");
  });

  test("what is bad says so first, and is not called good as well", () => {
    const marks = marksOf(generationView({ bad: "boot-loop", isProven: true, isPinned: true }));
    expect(marks.map(({ text }) => text)).toEqual(["Bad", "Pinned"]);
    expect(marks[0]?.about).toBe("a machine began to boot it again and again");
    expect(badText("of-a-newer-server")).toBe("of-a-newer-server");
  });

  test("what is only remembered says that it cannot be booted", () => {
    expect(marksOf(generationView({ isKept: false }))).toMatchObject([
      { text: "Only remembered", about: expect.stringContaining("cannot be booted") },
    ]);
  });

  test("sizes, versions and values are told as what became of them", () => {
    expect([deltaText(2048), deltaText(-1536), deltaText(0)]).toEqual(["+2.0 KiB", "−1.5 KiB", ""]);
    expect([growthText(2048), growthText(0)]).toEqual(["2.0 KiB larger", "as large as before"]);
    expect(versionsText({ before: ["6.12.41"], after: ["6.12.58"] })).toBe("6.12.41 → 6.12.58");
    expect(versionsText({ before: [], after: ["1", "2"] })).toBe("1, 2");
    expect(valueRow({ what: "init", before: "/nix/store/a/init", after: "/nix/store/b/init" })).toEqual({
      ...{ name: "init", before: "a/init", after: "b/init" },
    });
    expect(valueRow({ what: "nixos", after: "25.05" })).toMatchObject({ before: "none", after: "25.05" });
  });

  test("a generation is named by its number where that is known", () => {
    expect(namedById(generationView().id, [generationView()])).toBe("generation 12 (Linux 6.12.41)");
    expect(namedById(generationView().id, [])).toBe("abcdfghi");
    const { kernel: _kernel, ...plain } = generationView();
    expect(generationText(plain)).toBe("generation 12");
    expect(generationText({ number: 3, nixos: "26.05.1", kernel: "6.12.41" })).toBe(
      "generation 3 (NixOS 26.05.1, Linux 6.12.41)",
    );
  });

  test("names in a sentence end with 'and', and are only counted when they are many", () => {
    expect(listText(["a"], 3)).toBe("a");
    expect(listText(["a", "b", "c"], 3)).toBe("a, b and c");
    expect(listText(["a", "b", "c", "d"], 2)).toBe("a, b and 2 more");
    expect(whomText({ name: "nodes", hosts: ["a", "b"] })).toBe("the group nodes (a and b)");
  });
});

describe("what can be done says what it will do", () => {
  const to = { number: 3, kernel: "6.12.41" };

  test("a rollback names the host, when, what it gets and instead of what", () => {
    const deed = rollbackDeed({ name: "beta" }, to, { number: 5 });
    expect(deed.says[0]).toBe(
      "From its next boot on, beta gets generation 3 (Linux 6.12.41) instead of generation 5.",
    );
    expect(deed.calls).toEqual([
      { method: "POST", path: "/rollouts/beta/rollback", body: { generation: "3" } },
    ]);
    expect(rollbackDeed({ name: "beta" }).calls[0]?.body).toEqual({});
  });

  test("a group is told with its hosts", () => {
    expect(holdDeed({ name: "nodes", hosts: ["a", "b"] }).says[0]).toContain("the group nodes (a and b)");
  });

  test("to promote what is marked bad says that and why", () => {
    expect(promoteDeed({ name: "beta" }, "generation 5", "unwell").says.join(" ")).toContain(
      "It is marked bad: a machine came up with new faults. It is given all the same.",
    );
    expect(promoteDeed({ name: "beta" }, "generation 5").says.join(" ")).not.toContain("bad");
  });

  test("names with signs of addresses in them stay names", () => {
    expect(pinDeed({ name: "a/b" }).calls[0]?.path).toBe("/rollouts/a%2Fb/pin");
  });

  test("a rollout, or a machine, is changed only as it was when the dialog was opened", () => {
    const whom = { name: "a/b" };
    const deeds = [rollbackDeed(whom), rollbackDeed(whom, to), pinDeed(whom), unpinDeed(whom)];
    const more = [promoteDeed(whom, "x"), holdDeed(whom), releaseDeed(whom)];
    const once = [onceDeed("a/b", to), notOnceDeed("a/b", "x", "52:54:00:12:34:56")];
    expect(new Set([...deeds, ...more, ...once].map(({ versionPath }) => versionPath))).toEqual(
      new Set(["/rollouts/a%2Fb"]),
    );
    const mac = "52:54:00:12:34:56";
    expect(forgetDeed({ mac }).versionPath).toBe(`/machines/${mac}`);
  });

  test("a one-time image is of a machine where one is named, and can be taken back from it", () => {
    expect(onceDeed("beta", to, "52:54:00:12:34:56").calls[0]?.body).toEqual({
      generation: "3",
      mac: "52:54:00:12:34:56",
    });
    expect(notOnceDeed("beta", "generation 3", "52:54:00:12:34:56").calls[0]).toEqual({
      method: "DELETE",
      path: "/rollouts/beta/once?mac=52%3A54%3A00%3A12%3A34%3A56",
    });
  });

  test("to approve says when it will boot, and changes only what was seen", () => {
    const mac = "52:54:00:12:34:56";
    const deed = approveDeed({ mac, approved: "alpha" }, "beta", true);
    expect(deed.says.join(" ")).toContain("It was approved as alpha before.");
    expect(deed.says.join(" ")).toContain("within ten seconds, untouched");
    expect(deed.versionPath).toBe(`/machines/${mac}/approve`);
    const first = approveDeed({ mac }, "beta", false);
    // `image:` of the configuration may name another place, where that folder does not count.
    expect(first.says.join(" ")).toContain("at boot-media/hosts/beta, or where its image: says");
    expect([first.isFirst, first.versionPath]).toEqual([true, undefined]);
    expect(approveDeed({ mac }, "new", undefined).says.join(" ")).toContain(
      "Where boot-media/hosts/new has an image, and if it waits",
    );
    expect(forgetDeed({ mac, approved: "alpha" }).says[0]).toContain("approved as alpha");
  });

  test("several machines are woken one by one", () => {
    expect(wakeDeed(["a", "b"], "beta").calls.map(({ path }) => path)).toEqual([
      "/machines/a/wake",
      "/machines/b/wake",
    ]);
  });
});
