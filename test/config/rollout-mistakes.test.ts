import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/config-text.ts";
import { formatMistake } from "../../src/config/mistake.ts";

const mistakesOf = (text: string) => parseConfig(text, "mayfly.yaml").mistakes.map(formatMistake);

const CANARY = "a whole number of machines from 1 to 1000";
const HOURS = "hours such as '02:00-05:00' or 'Mon-Fri 22:00-04:00', or a list of them";
const MINUTES = "a number of minutes from 0.1 to 10080";
const TRIES = "a whole number of boots from 1 to 100";
const STRATEGY = "all, canary, window or manual";

describe("a mistake about rollouts is told with its place, what was read and what is wanted", () => {
  test.each<[why: string, value: string, message: string]>([
    ["a strategy is none", "{ strategy: some }", `rollout.strategy: read 'some', want ${STRATEGY}`],
    ["no machine is no canary", "{ canary: 0 }", `rollout.canary: read '0', want ${CANARY}`],
    ["half a machine is no canary", "{ canary: 1.5 }", `rollout.canary: read '1.5', want ${CANARY}`],
    ["hours are none", "{ window: night }", `rollout.window: read 'night', want ${HOURS}`],
    [
      "one of several hours is none",
      "{ window: ['02:00-05:00', '05:00-05:00'] }",
      `rollout.window[1]: read '05:00-05:00', want ${HOURS}`,
    ],
    ["a limit is none", "{ checkInMinutes: 0 }", `rollout.checkInMinutes: read '0', want ${MINUTES}`],
    ["a switch is text", "{ requireWell: well }", "rollout.requireWell: read 'well', want true or false"],
    ["a check-in is text", "{ expectCheckIn: 1 }", "rollout.expectCheckIn: read '1', want true or false"],
    ["no boot is no try", "{ tries: 0 }", `rollout.tries: read '0', want ${TRIES}`],
    [
      "a window needs its hours",
      "{ strategy: window }",
      "rollout.strategy: read 'window', want 'window:' with it, as in 'window: 02:00-05:00'",
    ],
    [
      "canaries are for one strategy",
      "{ strategy: manual, canary: 1 }",
      "rollout.canary: read '1', want it with 'strategy: canary' alone",
    ],
    [
      "hours are for one strategy",
      "{ strategy: all, window: '02:00-05:00' }",
      "rollout.window: read '02:00-05:00', want it with 'strategy: window' alone",
    ],
    [
      "canaries and hours are two strategies",
      "{ canary: 1, window: '02:00-05:00' }",
      "rollout.window: read '02:00-05:00', want it with 'strategy: window' alone",
    ],
    ["a key is misspelt", "{ canry: 1 }", "rollout.canry: read the key 'canry', want 'canary'"],
  ])("%s", (_why, value, message) => {
    expect(mistakesOf(`rollout: ${value}`)).toEqual([`mayfly.yaml:1: ${message}`]);
    expect(mistakesOf(`groups:\n  nodes:\n    rollout: ${value}`)).toEqual([
      `mayfly.yaml:3: groups.nodes.${message}`,
    ]);
  });

  test.each<[why: string, text: string, message: string]>([
    [
      "a group's name has a blank",
      "groups: { 'a b': {} }",
      "1: groups.'a b': read the key 'a b', want a group's name: letters, digits, '.', '_' and '-', the first one a letter or a digit",
    ],
    [
      "groups are a list",
      "groups: [nodes]",
      "1: groups: read a list of one, want groups by name, as in 'groups: { nodes: { rollout: { canary: 1 } } }'",
    ],
    [
      "a group has a key of its rollout",
      "groups: { nodes: { canary: 1 } }",
      "1: groups.nodes.canary: read the key 'canary', want one of rollout",
    ],
    [
      "a host is of a group that is not there",
      "hosts: { beta: { macs: ['52:54:00:12:34:56'], group: nodes } }",
      "1: hosts.beta.group: read 'nodes', want a group that there is, as in 'groups: { nodes: {} }'",
    ],
    [
      "a host has a strategy beside its group's",
      "groups: { nodes: {} }\nhosts: { beta: { macs: ['52:54:00:12:34:56'], group: nodes, rollout: { canary: 1 } } }",
      "2: hosts.beta.rollout.canary: read the key 'canary' of a host in a group, want it below the group: 'groups: { nodes: { rollout: { … } } }'",
    ],
  ])("%s", (_why, text, message) => {
    expect(mistakesOf(text)).toEqual([`mayfly.yaml:${message}`]);
  });
});
