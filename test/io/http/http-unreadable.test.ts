/** A file that this server cannot read: who asks is told, and so is whoever reads the timeline. */

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { OpenFile } from "../../../src/io/open-file.ts";
import { type HttpRig, startHttpRig } from "../../support/http-rig.ts";

let rig: HttpRig;
beforeAll(async () => {
  rig = await startHttpRig();
});
afterAll(() => rig.stop());
beforeEach(() => rig.clearEvents());

function diskError(what: string): Error {
  return Object.assign(new Error(`EIO: i/o error, ${what}`), { code: "EIO", syscall: what });
}

test("one that breaks in the middle ends as failed, with the disk's own word", async () => {
  const broken: OpenFile = {
    sizeBytes: 1000,
    read: () => Promise.reject(diskError("read")),
    close: () => undefined,
  };
  rig.shelf.openMedia = async () => broken;
  const response = await fetch(`${rig.base}/media/${rig.generation.id}/bzImage`);
  expect(response.status).toBe(500);
  await expect(rig.event("transfer-ended")).resolves.toMatchObject({
    result: "failed",
    reason: "EIO: i/o error, read",
  });
});

test("one that cannot be opened is refused with the disk's own word, and is no mistake of ours", async () => {
  rig.shelf.openMedia = () => Promise.reject(diskError("open"));
  const response = await fetch(`${rig.base}/media/${rig.generation.id}/bzImage`);
  expect([response.status, await response.text()]).toEqual([
    500,
    "the file cannot be read: EIO: i/o error, open\n",
  ]);
  expect(rig.events).toMatchObject([
    { type: "refused", reason: "the file cannot be read: EIO: i/o error, open", expected: false },
  ]);
});
