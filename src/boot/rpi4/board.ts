/** The boards that boot from a Raspberry Pi 4's folder, as the filters of `config.txt` tell them apart. */

import type { ConfigFilter } from "../../wire/rpi/config-txt.ts";

export interface Board {
  readonly people: string;
  /** The model filters whose sections it reads. */
  readonly models: readonly string[];
  /** Of `[board-type=…]`. */
  readonly boardType: number;
  readonly deviceTree: string;
}

export const PI_4B: Board = {
  people: "Pi 4 B",
  models: ["pi4"],
  boardType: 0x11,
  deviceTree: "bcm2711-rpi-4-b.dtb",
};

/** A Pi 4 B first; the others count where the folder has their device tree. */
export const BOARDS: readonly Board[] = [
  PI_4B,
  { people: "Pi 400", models: ["pi4", "pi400"], boardType: 0x13, deviceTree: "bcm2711-rpi-400.dtb" },
  { people: "Compute Module 4", models: ["pi4", "cm4"], boardType: 0x14, deviceTree: "bcm2711-rpi-cm4.dtb" },
  {
    people: "Compute Module 4S",
    models: ["pi4", "cm4s"],
    boardType: 0x15,
    deviceTree: "bcm2711-rpi-cm4s.dtb",
  },
];

/** Whether the lines of a section count. `maybe`: a monitor, a pin or the serial number decides. */
export type Holds = "yes" | "maybe" | "no";

/** Whether all the filters hold on a board. */
export function holdsOn(filters: readonly ConfigFilter[], board: Board): Holds {
  const each = filters.map((filter) => holds(filter, board));
  if (each.includes("no")) return "no";
  return each.includes("maybe") ? "maybe" : "yes";
}

function holds({ group, text }: ConfigFilter, board: Board): Holds {
  switch (group) {
    case "none":
      return "no";
    case "model": {
      const type = /^board-type=(.*)$/.exec(text)?.[1];
      const isMeant = type === undefined ? board.models.includes(text) : Number(type) === board.boardType;
      return isMeant ? "yes" : "no";
    }
    case "hdmi":
      // Says which connector a line is for, not whether it counts.
      return "yes";
    case "serial":
    case "gpio":
    case "edid":
    case "tryboot":
    case "partition":
    case "other":
      return "maybe";
  }
}
