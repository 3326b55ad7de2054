/** Every page there is, in the order of the menu. */

import type { Page } from "../shell/page.ts";
import { bootPage } from "./boot.tsx";
import { bootsPage } from "./boots.tsx";
import { codesPage } from "./codes.tsx";
import { generationPage } from "./generation.tsx";
import { generationsPage } from "./generations.tsx";
import { hostPage } from "./host.tsx";
import { hostsPage } from "./hosts.tsx";
import { machinePage } from "./machine.tsx";
import { machinesPage } from "./machines.tsx";
import { stormPage } from "./storm.tsx";

export const PAGES: readonly Page[] = [
  hostsPage,
  hostPage,
  generationsPage,
  generationPage,
  bootsPage,
  bootPage,
  stormPage,
  machinesPage,
  machinePage,
  codesPage,
];
