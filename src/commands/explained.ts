/** The noun `explained`: an explanation, of a machine or of a capture. */

import type { CaptureExplanation } from "../boot/explain/capture.ts";
import type { MachineExplanation } from "../boot/explain/machine.ts";

/** What `--json` prints. */
export type Explained =
  | ({
      readonly type: "machine";
      readonly self: string;
      readonly notes: readonly string[];
    } & MachineExplanation)
  | ({ readonly type: "capture" } & CaptureExplanation);
