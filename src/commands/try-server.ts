/**
 * The server's half of `mayfly try`: a program of its own, started inside the virtual LAN.
 *
 * It runs the very server that `mayfly serve` runs, and tells what happens to the program that started it.
 */

import type { ProgramKind } from "../boot/arch.ts";
import type { BootEvent } from "../boot/event.ts";
import type { Generation } from "../boot/generation.ts";
import type { Snapshot } from "../boot/snapshot.ts";
import type { Settings } from "../config/settings.ts";
import type { World } from "../io/world.ts";

/** What it is told, once. */
export interface TryRequest {
  readonly settings: Settings;
}

/** What it tells. */
export type TryNews =
  | {
      readonly type: "ready";
      /** The image, as a machine that asks now gets it. */
      readonly generation: Generation;
      /** Kinds of firmware for which there is a boot program. */
      readonly programs: readonly ProgramKind[];
    }
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "event"; readonly event: BootEvent };

/** An image that lies still is published at once; one that is being written may take a while. */
const PUBLISHED_WITHIN_MS = 60_000;

async function run({ settings }: TryRequest): Promise<void> {
  const { startApp } = await import("../app.ts");
  const app = await startApp(settings, async () => settings);
  for (const end of ["disconnect", "SIGTERM"] as const) {
    process.once(end, () => void app.stop().finally(() => process.exit(0)));
  }
  app.world.subscribe((event) => tell({ type: "event", event }));

  const generation = await published(app.world);
  const programs = [...app.world.snapshot().programs.keys()];
  tell(
    typeof generation === "string"
      ? { type: "failed", reason: generation }
      : { type: "ready", generation, programs },
  );
}

/** The one image's generation, or why there is none. */
function published(world: World): Promise<Generation | string> {
  return new Promise((resolve) => {
    const settle = (result: Generation | string): void => {
      clearTimeout(timer);
      stop();
      resolve(result);
    };
    const timer = setTimeout(() => settle("the image is still being written"), PUBLISHED_WITHIN_MS);
    const stop = world.subscribe((event) => {
      if (event.type === "published") settle(event.generation);
      if (event.type === "trouble") settle(event.reason);
    });
    const already = imageNow(world.snapshot());
    if (already !== undefined) settle(already);
  });
}

function imageNow({ images, generations }: Snapshot): Generation | string | undefined {
  const [image] = images.values();
  return (image?.current === undefined ? undefined : generations.get(image.current)) ?? image?.trouble;
}

function tell(news: TryNews): void {
  process.send?.(news);
}

process.once("message", (request: TryRequest) => {
  run(request).catch((error: unknown) => {
    tell({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
  });
});
