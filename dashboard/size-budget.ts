/** Fails a build whose files are larger, compressed, than they may be. */

import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** @param maxBytes - of all files together, each compressed by gzip */
export function sizeBudget(maxBytes: number): Plugin {
  return {
    name: "size-budget",
    apply: "build",
    writeBundle(_options, bundle) {
      const sizes = Object.values(bundle).map((file) => {
        const content = file.type === "chunk" ? file.code : file.source;
        return { name: file.fileName, bytes: gzipSync(content).length };
      });
      const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
      const list = sizes.map(({ name, bytes }) => `  ${name}: ${bytes}`).join("\n");
      if (total > maxBytes)
        this.error(`the dashboard has ${total} bytes compressed, and may have ${maxBytes}:\n${list}`);
      this.info(`${total} of ${maxBytes} bytes compressed`);
    },
  };
}
