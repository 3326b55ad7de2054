/**
 * Listens to frames of one kind on interfaces, for as long as it is open.
 *
 * Node cannot wait for such a socket: it is looked at now and then. The kernel keeps meanwhile what came.
 */

import type { FrameKind, NativeRaw, Tap } from "./native-raw.ts";

export interface FrameEar {
  /** Ends it; what has come is told first. */
  close(): void;
}

export interface FrameEarOptions {
  readonly device: string;
  readonly kind: FrameKind;
  /** How often it is looked whether something has come. */
  readonly everyMs: number;
  readonly onFrame: (frame: Uint8Array) => void;
}

/** A peer that floods us is not listened to for ever: the rest has its turn at the next look. */
const MAX_AT_ONCE = 256;

/** @throws with `code` */
export function openFrameEar(
  native: NativeRaw,
  { device, kind, everyMs, onFrame }: FrameEarOptions,
): FrameEar {
  const tap = native.openTap(device, kind);
  const timer = setInterval(() => drain(tap, onFrame), everyMs);
  timer.unref();
  return {
    close() {
      clearInterval(timer);
      drain(tap, onFrame);
      tap.close();
    },
  };
}

function drain(tap: Tap, onFrame: (frame: Uint8Array) => void): void {
  for (let i = 0; i < MAX_AT_ONCE; i++) {
    const frame = tap.receive();
    if (frame === undefined) return;
    onFrame(frame);
  }
}
