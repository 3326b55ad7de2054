/** docs/notifications.md, held against what is sent. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALERT_KINDS } from "../../src/boot/notify/alert.ts";
import { composeMessage } from "../../src/boot/notify/message.ts";
import { requestOf } from "../../src/boot/notify/request.ts";
import { FORMATS } from "../../src/boot/notify/target.ts";
import { sendMessage } from "../../src/io/notify/send-message.ts";
import { alert, START_MS, target } from "../support/alerts.ts";
import { fencedBlocks } from "../support/documents.ts";
import { startHookReceiver } from "../support/hook-receiver.ts";
import { tempFolder } from "../support/temp-folder.ts";

const text = readFileSync("docs/notifications.md", "utf8");
const message = composeMessage("0loyw3v28-6b0f5a1c2d3e4f50", START_MS, [
  alert({
    ...{ mac: "52:54:00:12:34:56", boot: "0loyw3v28-abc123", generation: "0c1m2n-kexec-tree" },
  }),
]);

test.each([...ALERT_KINDS, ...FORMATS])("it has a row for %s", (name) => {
  expect(text).toContain(`| \`${name}\` |`);
});

test("the body that it shows is the one that is sent", () => {
  const [shown = ""] = fencedBlocks(text, "json");
  const isoTime = (ms: number) => new Date(ms).toISOString();
  const { body } = requestOf(target(), message, { url: "https://example.net", isoTime });
  expect(JSON.parse(shown)).toEqual(JSON.parse(body));
});

test("the function that it shows tells what is ours from what was changed, and from what is old", async () => {
  const [code = ""] = fencedBlocks(text, "js");
  const { isFromMayfly } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const secretFile = join(tempFolder(), "secret");
  writeFileSync(secretFile, "s3cret\n");
  const receiver = await startHookReceiver();
  await sendMessage(target({ url: receiver.url, secretFile }), message, { nowMs: START_MS });
  await receiver.close();
  const [got] = receiver.received;
  const header = got?.headers["x-mayfly-signature"];
  const seconds = START_MS / 1000;
  expect(isFromMayfly("s3cret", header, got?.body, seconds + 5)).toBe(true);
  expect(isFromMayfly("s3cret", header, `${got?.body} `, seconds)).toBe(false);
  expect(isFromMayfly("another", header, got?.body, seconds)).toBe(false);
  expect(isFromMayfly("s3cret", header, got?.body, seconds + 3600)).toBe(false);
  expect(isFromMayfly("s3cret", undefined, got?.body, seconds)).toBe(false);
});
