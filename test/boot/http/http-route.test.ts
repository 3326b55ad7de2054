import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HttpRoute, routeHttp } from "../../../src/boot/http/http-route.ts";
import { apply, EMPTY_SNAPSHOT, type Snapshot } from "../../../src/boot/snapshot.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const BASE = "http://10.0.0.1:8080";
const WORLD = snapshotOf([BETA], GENERATION);

function get(target: string, snapshot: Snapshot = WORLD, method = "GET"): HttpRoute {
  return routeHttp({ method, target, base: BASE, ready: true }, snapshot);
}

function textOf(route: HttpRoute): string {
  if (route.type !== "script") throw new Error(`not a script but ${route.type}`);
  return route.text;
}

describe("files", () => {
  test.each([
    "/media/0c1m2n-kexec-tree/bzImage",
    "//media//0c1m2n-kexec-tree/bzImage",
    "/media/0c1m2n-kexec-tree/bzImage?x=1#y",
    "/media/0c1m2n%2Dkexec-tree/bz%49mage",
    "http://10.0.0.1:8080/media/0c1m2n-kexec-tree/bzImage",
  ])("%s is a file of that generation", (target) => {
    expect(get(target)).toEqual({ type: "media", generation: GENERATION, file: "bzImage" });
    expect(get(target, WORLD, "HEAD")).toEqual(get(target));
  });

  test("a file in a folder, with any name, is found by the path that the redirect tells", () => {
    const odd = { ...GENERATION, files: new Map([["lib/a b#c?d%e/ü", 1]]) };
    const world = snapshotOf([BETA], odd);
    const route = get(`/hosts/beta/lib/${encodeURIComponent("a b#c?d%e")}/${encodeURIComponent("ü")}`, world);
    if (route.type !== "redirect") throw new Error(route.type);
    expect(get(route.location, world)).toEqual({ type: "media", generation: odd, file: "lib/a b#c?d%e/ü" });
  });

  test("a host's file redirects to the generation that a boot starting now gets", () => {
    expect(get("/hosts/beta/bzImage")).toEqual({
      type: "redirect",
      location: "/media/0c1m2n-kexec-tree/bzImage",
      generation: GENERATION,
    });
    const next = { ...GENERATION, id: "1next-kexec-tree" };
    expect(get("/hosts/beta/bzImage", snapshotOf([BETA], GENERATION, next))).toMatchObject({
      location: "/media/1next-kexec-tree/bzImage",
    });
  });

  test("a boot program is found by its name alone", () => {
    const program = { name: "ipxe-x64.efi", kind: "efi-x64", path: "/x/snponly.efi", sizeBytes: 1 } as const;
    const world = apply(WORLD, [{ type: "programs", programs: [program] }]);
    expect(get("/ipxe/ipxe-x64.efi", world)).toEqual({ type: "program", program });
    expect(get("/ipxe/other.efi", world)).toMatchObject({ type: "refused", status: 404 });
  });
});

describe("a check-in", () => {
  test.each(["/checkin/abc", "//checkin//abc?x=y", "http://10.0.0.1:8080/checkin/abc"])(
    "%s is one by POST, and nothing else",
    (target) => {
      expect(get(target, WORLD, "POST")).toEqual({ type: "check-in", token: "abc" });
      for (const method of ["GET", "HEAD", "PUT"])
        expect(get(target, WORLD, method)).toMatchObject({ type: "refused", status: 405, allow: "POST" });
    },
  );

  test("goes to its own address alone, and no reason tells the token", () => {
    expect(get("/checkin/abc/def", WORLD, "POST")).toMatchObject({ type: "refused", status: 404 });
    expect(get("/checkin", WORLD, "POST")).toMatchObject({ status: 405, allow: "GET, HEAD" });
    expect(get("/netboot.ipxe", WORLD, "POST")).toMatchObject({ status: 405, allow: "GET, HEAD" });
    for (const method of ["GET", "POST"]) {
      expect(JSON.stringify(get("/checkin/SECRET/def", WORLD, method))).not.toContain("SECRET");
      expect(JSON.stringify(get("/checkin/SECRET", EMPTY_SNAPSHOT, "PUT"))).not.toContain("SECRET");
    }
  });
});

describe("no", () => {
  test.each([
    [404, "/nothing", "there is nothing at /nothing"],
    [404, "/media/0c1m2n-kexec-tree", "there is nothing"],
    [404, "/media/0c1m2n-kexec-tree/initrd", "generation 0c1m2n-kexec-tree has no file initrd"],
    [410, "/media/older/bzImage", "generation older is not kept any more"],
    [404, "/hosts/alpha/bzImage", "no host is called alpha"],
    [404, "/hosts", "there is nothing at /hosts"],
    [404, "/hosts/", "there is nothing at /hosts"],
    [404, "/hosts/beta/initrd", "the image of beta has no file initrd"],
    [400, "/media/0c1m2n-kexec-tree/../0c1m2n-kexec-tree/bzImage", "bad percent escape"],
    [400, "/%2e%2e/etc/passwd", "bad percent escape"],
    [400, "/media%2f0c1m2n-kexec-tree/bzImage", "bad percent escape"],
    [400, "/media/a%5cb", "bad percent escape"],
    [400, "/media/a%00", "bad percent escape"],
    [400, "/media/%zz", "bad percent escape"],
    [400, "/media/%ff", "bad percent escape"],
    [414, `/${"a".repeat(5000)}`, "at most 4096"],
  ])("%i for %s", (status, target, reason) => {
    const route = get(target);
    expect(route).toMatchObject({ type: "refused", status });
    expect(route).toHaveProperty("reason", expect.stringContaining(reason));
  });

  test("405 for anything but GET and HEAD", () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", ""]) {
      expect(get("/netboot.ipxe", WORLD, method)).toMatchObject({ type: "refused", status: 405 });
    }
  });

  test("any target gets an answer, and never a file that no generation has", () => {
    const piece = fc.constantFrom(
      "/",
      "media",
      "hosts",
      "beta",
      "..",
      "%2e",
      "bzImage",
      "?mac=",
      "%00",
      "ipxe",
    );
    const target = fc
      .array(fc.oneof(piece, fc.string({ unit: "binary" })))
      .map((parts) => `/${parts.join("")}`);
    fc.assert(
      fc.property(target, (text) => {
        const route = get(text);
        if (route.type === "media") expect(GENERATION.files.has(route.file)).toBe(true);
      }),
    );
  });
});

describe("probes", () => {
  test("healthz is well while readyz waits", () => {
    const ask = (target: string, ready: boolean) =>
      routeHttp({ method: "GET", target, base: BASE, ready }, EMPTY_SNAPSHOT);
    expect(ask("/healthz", false)).toMatchObject({ status: 200 });
    expect(ask("/readyz", false)).toMatchObject({ status: 503 });
    expect(ask("/readyz", true)).toMatchObject({ status: 200 });
  });
});

describe("scripts", () => {
  const identify = textOf(get("/netboot.ipxe"));

  test.each([
    "/autoexec.ipxe",
    "/ipxe/autoexec.ipxe",
    "/efi/boot/autoexec.ipxe",
    "/netboot.ipxe?uuid=1",
    "/netboot.ipxe?",
  ])("%s is the bare script (I8)", (target) => {
    expect(textOf(get(target))).toBe(identify);
  });

  test("the user's own autoexec.ipxe wins in its place, and only there", () => {
    const world = apply(WORLD, [{ type: "autoexec", script: "#!ipxe\necho mine\n" }]);
    expect(textOf(get("/ipxe/autoexec.ipxe", world))).toBe("#!ipxe\necho mine\n");
    expect(textOf(get("/netboot.ipxe", world))).toBe(identify);
    expect(textOf(get(`/autoexec.ipxe?mac=${BETA_MAC}`, world))).toContain(
      "/media/0c1m2n-kexec-tree/bzImage",
    );
  });

  test("a generation's own netboot.ipxe is a file, not ours", () => {
    expect(get("/media/0c1m2n-kexec-tree/netboot.ipxe")).toMatchObject({ type: "media" });
  });

  test.each([
    "52-54-00-12-34-56",
    "52%3A54%3A00%3A12%3A34%3A56",
    "525400123456",
    "52-54-00-12-34-56".toUpperCase(),
  ])("mac=%s is beta", (mac) => {
    const route = get(`/netboot.ipxe?mac=${mac}&arch=x86_64`);
    expect(textOf(route)).toContain(
      "kernel --name bzImage http://10.0.0.1:8080/media/0c1m2n-kexec-tree/bzImage ",
    );
    expect(route).toMatchObject({
      asked: { client: { mac: BETA_MAC, stage: "ipxe", isa: "x86" }, decision: { type: "script" } },
    });
  });

  test("a machine is known by its UUID and by its serial number too", () => {
    const uuid = "4c4c4544-0042-3510-8051-b9c04f4e3232";
    const byUuid = snapshotOf([{ ...BETA, macs: [], uuids: [uuid] }], GENERATION);
    const bySerial = snapshotOf([{ ...BETA, macs: [], serials: ["A&B+1"] }], GENERATION);
    const query = `mac=52-54-00-00-00-01&uuid=${uuid.toUpperCase()}&serial=A&B+1`;
    for (const world of [byUuid, bySerial]) {
      expect(get(`/netboot.ipxe?${query}`, world)).toMatchObject({ asked: { decision: { type: "script" } } });
    }
  });

  test.each([
    "",
    "52-54-00",
    "ff-ff-ff-ff-ff-ff",
    "80-00-02-08-fe-80-00-00-00-00-00-00-00-02-c9-03-00-0b-5f-21",
  ])("mac=%s is refused on the screen: the bare script again would be a loop", (mac) => {
    const route = get(`/netboot.ipxe?mac=${mac}&uuid=`);
    expect(route).toMatchObject({ problem: expect.stringContaining("no Ethernet address") });
    expect(textOf(route)).not.toContain("chain");
  });

  test("kernel parameters that iPXE cannot be told are refused on the screen", () => {
    const world = snapshotOf([BETA], { ...GENERATION, kernelParams: "run=${HOME}" });
    const route = get(`/netboot.ipxe?mac=${BETA_MAC}`, world);
    expect(route).toMatchObject({ problem: expect.stringContaining("iPXE would expand") });
    expect(textOf(route)).not.toContain("kernel --name");
  });
});
