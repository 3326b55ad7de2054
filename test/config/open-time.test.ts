import { describe, expect, test } from "vitest";
import { isOpen } from "../../src/boot/rollout/policy.ts";
import { parseOpenTime } from "../../src/config/open-time.ts";

const DAYS = [0, 1, 2, 3, 4, 5, 6];

describe("hours are read", () => {
  test.each([
    ["02:00-05:00", DAYS, 120, 300],
    [" 2:00 - 5:00 ", DAYS, 120, 300],
    ["22:00-04:30", DAYS, 1320, 270],
    ["00:00-24:00", DAYS, 0, 1440],
    ["Mon-Fri 22:00-04:00", [1, 2, 3, 4, 5], 1320, 240],
    ["monday-friday 22:00-04:00", [1, 2, 3, 4, 5], 1320, 240],
    ["Sat,Sun 00:00-24:00", [0, 6], 0, 1440],
    ["Fri-Mon 01:00-02:00", [0, 1, 5, 6], 60, 120],
    ["Mon, Wed-Thu 01:00-02:00", [1, 3, 4], 60, 120],
    ["Sun 23:59-24:00", [0], 1439, 1440],
  ])("%s", (text, days, fromMinute, untilMinute) => {
    expect(parseOpenTime(text)).toEqual({ days, fromMinute, untilMinute });
  });
});

describe("what is no time of a week is refused", () => {
  test.each([
    ...["", "02:00", "02:00-", "02:00-02:00", "24:00-02:00", "02:00-00:00", "24:01-25:00", "02:60-03:00"],
    ...["2-5", "02:00-05:00 Mon", "Mon 2:0-3:0", "Xyz 02:00-05:00", "Mon-Wed-Fri 02:00-05:00"],
    ...["Mon- 02:00-05:00", ", 02:00-05:00", "Mo 02:00-05:00", "Monkey 02:00-05:00", "02:00-05:00-06:00"],
  ])("'%s'", (text) => {
    expect(parseOpenTime(text)).toBeUndefined();
  });
});

test("hours that end on the next day belong to the day on which they begin", () => {
  const [night] = [parseOpenTime("Fri 22:00-04:00")].filter((each) => each !== undefined);
  if (night === undefined) throw new Error("it was not read");
  const at = (day: number, hour: number) => isOpen([night], { day, minute: hour * 60 });
  expect([at(5, 21), at(5, 22), at(5, 23), at(6, 0), at(6, 3), at(6, 4)]).toEqual([
    ...[false, true, true],
    ...[true, true, false],
  ]);
  expect([at(5, 3), at(6, 22)]).toEqual([false, false]);
});
