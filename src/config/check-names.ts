/** Checks that no host has a name by which something else is asked for. */

import { TAKEN_NAME } from "../boot/hosts.ts";
import type { Mistake } from "./mistake.ts";
import { entriesOf, field, mistakeAt, type Origin } from "./origin.ts";

const WANT = `another name: /hosts/${TAKEN_NAME} of the API tells which machines were approved`;

export function checkNames(value: unknown, origin: Origin): Mistake[] {
  const hosts = entriesOf(field(value, "hosts")).filter(([name]) => name === TAKEN_NAME);
  return [
    ...hosts.map(([name]) => mistakeAt(["hosts", name], WANT, origin, `the name '${name}'`)),
    ...(field(value, "default") === TAKEN_NAME ? [mistakeAt(["default"], WANT, origin)] : []),
  ];
}
