import { expect, test } from "vitest";
import { watchWallClock } from "../../src/io/wall-clock.ts";

test("a clock that is set is noticed once, whichever way it goes", () => {
  let wallMs = 1_700_000_000_000;
  let steadyMs = 0;
  const clock = watchWallClock({ now: () => wallMs, steadyNow: () => steadyMs });
  wallMs += 60_000;
  steadyMs += 60_000;
  expect(clock.setByMs()).toBe(0);
  wallMs += 7_200_000;
  expect(clock.setByMs()).toBe(7_200_000);
  expect(clock.setByMs()).toBe(0);
  wallMs -= 3_600_000;
  steadyMs += 10;
  expect(clock.setByMs()).toBe(-3_600_010);
});

test("many small steps are noticed together", () => {
  let wallMs = 0;
  const clock = watchWallClock({ now: () => wallMs, steadyNow: () => 0 });
  let setByMs = 0;
  for (let i = 0; i < 60; i++) {
    wallMs += 100;
    setByMs += clock.setByMs();
  }
  expect(setByMs).toBe(6000);
});

test("a process that had to wait between two readings takes that for no step", () => {
  let wallMs = 0;
  let steadyMs = 0;
  let waitsMs = 0;
  const steadyNow = () => {
    const ms = steadyMs;
    steadyMs += waitsMs;
    wallMs += waitsMs;
    return ms;
  };
  const clock = watchWallClock({ now: () => wallMs, steadyNow });
  waitsMs = 5000;
  expect(clock.setByMs()).toBe(0);
  waitsMs = 0;
  expect(clock.setByMs()).toBe(0);
});

test("this machine's own clocks go on together", () => {
  const clock = watchWallClock();
  expect(clock.setByMs()).toBe(0);
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
});
