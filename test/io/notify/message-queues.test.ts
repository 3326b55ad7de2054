import { expect, test } from "vitest";
import { composeMessage } from "../../../src/boot/notify/message.ts";
import { openMessageQueues, type Waiting } from "../../../src/io/notify/message-queues.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";
import { alert, START_MS } from "../../support/alerts.ts";

function waiting(number: number): Waiting {
  const message = composeMessage(String(number).padStart(4, "0"), START_MS, [alert()]);
  return { target: "phone", message, tries: 0, firstMs: START_MS, dueMs: START_MS };
}

test("a message that was let go while it was being sent does not come back, nor after a restart", async () => {
  const store = createMemoryStore();
  const onTrouble = (error: unknown) => expect(error).toBeUndefined();
  const queues = await openMessageQueues(store, onTrouble);
  for (let number = 0; number < 101; number++) queues.add(waiting(number));
  queues.replace({ ...waiting(0), tries: 1 });
  queues.replace({ ...waiting(1), tries: 1 });
  await queues.written();
  const again = await openMessageQueues(store, onTrouble);
  for (const each of [queues, again]) {
    const tries = new Map(each.of("phone").map(({ message, tries }) => [message.id, tries]));
    expect(tries.size).toBe(100);
    expect([tries.get("0000"), tries.get("0001"), tries.get("0002")]).toEqual([undefined, 1, 0]);
  }
});

test("of a place that was let go meanwhile nothing stays", async () => {
  const store = createMemoryStore();
  const queues = await openMessageQueues(store, () => {});
  queues.add(waiting(0));
  queues.remove(waiting(0));
  queues.replace({ ...waiting(0), tries: 1 });
  await queues.written();
  expect(queues.targets()).toEqual([]);
  expect((await openMessageQueues(store, () => {})).targets()).toEqual([]);
});
