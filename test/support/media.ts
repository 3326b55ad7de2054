/** Real folders for tests of images: a store, a media folder, links swapped as nix swaps them. */

import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BootEvent } from "../../src/boot/event.ts";
import type { World } from "../../src/io/world.ts";
import type { Contents } from "./image-folders.ts";

export interface Media {
  readonly folder: string;
  readonly hosts: string;
  /** Puts an image into the store and gives its path; the same contents have the same path. */
  store(contents: Contents, name?: string): string;
  /** Writes files, and the folders that they need. */
  write(path: string, contents: Contents): string;
  /** Links as nix does: under a temporary name first, then renamed over what is there. */
  link(name: string, target: string): void;
  /** Removes a link and makes it anew, as people do. */
  relink(name: string, target: string): void;
  remove(): void;
}

export function makeMedia(): Media {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-media-"));
  const hosts = join(folder, "boot-media", "hosts");
  mkdirSync(hosts, { recursive: true });
  let links = 0;
  const write = (path: string, contents: Contents) => {
    mkdirSync(path, { recursive: true });
    for (const [name, text] of Object.entries(contents)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
    return path;
  };
  return {
    folder,
    hosts,
    store(contents, name = "kexec-tree") {
      const digest = createHash("sha256").update(JSON.stringify(contents)).digest();
      const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";
      const hash = Array.from(digest, (byte) => alphabet[byte % 32]).join("");
      return write(join(folder, "store", `${hash}-${name}`), contents);
    },
    write,
    link(name, target) {
      const temporary = join(hosts, `${name}.tmp-${process.pid}-${links++}`);
      symlinkSync(target, temporary);
      renameSync(temporary, join(hosts, name));
    },
    relink(name, target) {
      unlinkSync(join(hosts, name));
      symlinkSync(target, join(hosts, name));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Waits for an event that fits, from now on; fails after a while with what came instead. */
export function nextEvent<Type extends BootEvent["type"]>(
  world: World,
  type: Type,
  fits: (event: Extract<BootEvent, { type: Type }>) => boolean = () => true,
  withinMs = 10_000,
): Promise<Extract<BootEvent, { type: Type }>> {
  const seen: string[] = [];
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      stop();
      fail(new Error(`no such '${type}' within ${withinMs} ms, but: ${seen.join("; ") || "nothing"}`));
    }, withinMs);
    const stop = world.subscribe((event) => {
      const isIt = event.type === type && fits(event as Extract<BootEvent, { type: Type }>);
      seen.push(JSON.stringify(event, (key, value) => (key === "generation" ? value.id : value)));
      if (!isIt) return;
      clearTimeout(timer);
      stop();
      done(event as Extract<BootEvent, { type: Type }>);
    });
  });
}
