import { describe, expect, test } from "vitest";
import type { BuildStatus } from "../../../src/boot/build/build.ts";
import { routeHttp } from "../../../src/boot/http/http-route.ts";
import { apply } from "../../../src/boot/snapshot.ts";
import { BETA, GENERATION, snapshotOf } from "../../support/worlds.ts";

const BASE = "http://10.0.0.1:8080";
const PROGRESS = {
  ...{ builds: { done: 2, expected: 7 }, copies: { done: 0, expected: 0 } },
  ...{ downloadedBytes: 0, expectedBytes: 0 },
};
const builds = (build?: BuildStatus) =>
  ({ type: "builds", builds: new Map(build === undefined ? [] : [["beta", build]]) }) as const;
const BUILDING = apply(snapshotOf([BETA]), [builds({ state: "running", progress: PROGRESS })]);

function ask(path: string, world = BUILDING, userAgent: string | undefined = "iPXE/1.21.1") {
  return routeHttp({ method: "GET", target: path, base: BASE, ready: true, userAgent }, world);
}
const script = "/netboot.ipxe?mac=52-54-00-12-34-56";

function textOf(route: ReturnType<typeof ask>): string {
  if (route.type !== "script") throw new Error(`${route.type}`);
  return route.text;
}

describe("while the first build of its host is under way, a machine", () => {
  test("is told on its screen what it waits for", () => {
    const route = ask(script);
    expect(route).not.toHaveProperty("retryAfterSeconds");
    expect(textOf(route)).toMatch(/The first build of beta is under way: 2 of 7 built/);
    expect(textOf(route)).toContain("wait=2");
  });

  test("is told to come back from then on, which iPXE does for as long as it takes (I10)", () => {
    const route = ask(`${script}&wait=2`);
    expect(route).toMatchObject({ type: "script", asked: { wait: 2, decision: { type: "refused" } } });
    expect(route).toHaveProperty(
      "retryAfterSeconds",
      expect.toSatisfy((s: number) => s >= 5 && s < 10),
    );
  });

  test("waits by its script where it is not known to come back by itself, without an end", () => {
    for (const wait of [2, 30, 31, 9999]) {
      const text = textOf(ask(`${script}&wait=${wait}`, BUILDING, "Mozilla"));
      expect(text).toContain("looking again in 10 seconds.");
      expect(text).toContain(`wait=${Math.min(wait, 30)}`);
    }
  });

  test("boots when the build is done", () => {
    const done = apply(BUILDING, [builds(), { type: "published", image: "beta", generation: GENERATION }]);
    expect(textOf(ask(`${script}&wait=2`, done))).toContain(`/media/${GENERATION.id}/bzImage`);
  });

  test("waits for another one when it has failed, as long as it would have without", () => {
    const failed = apply(BUILDING, [builds()]);
    expect(textOf(ask(`${script}&wait=2`, failed))).toContain("looking again in 10 seconds (2 of 30).");
  });

  test("reads on its screen why the build failed, and what to do about it", () => {
    const failed = apply(BUILDING, [builds({ state: "failed", trouble: "builder for 'x.drv' failed" })]);
    const text = textOf(ask(`${script}&wait=2`, failed)).replaceAll("\necho -- ", " ");
    expect(text).toMatch(
      /its last build failed: builder for 'x\.drv' failed\..*'mayfly build beta' builds again/s,
    );
    expect(text).toContain("(2 of 30)");
  });

  test("is told when to come back for a file too", () => {
    const later = { type: "later", retryAfterSeconds: 10, reason: expect.stringContaining("2 of 7 built") };
    expect(ask("/hosts/beta/bzImage")).toEqual(later);
    expect(ask("/hosts/beta/bzImage", snapshotOf([BETA]))).toMatchObject({ type: "refused", status: 404 });
  });

  test("boots what there is, if its host has an image already", () => {
    const again = apply(snapshotOf([BETA], GENERATION), [builds({ state: "running" })]);
    expect(textOf(ask(`${script}&wait=2`, again))).toContain(`/media/${GENERATION.id}/bzImage`);
  });
});
