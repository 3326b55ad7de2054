import { defineConfig } from "vitest/config";

// Two projects: `unit` is fast and needs nothing but Node; `clients` runs real firmware, real
// TFTP and DHCP clients and real nix in network namespaces, one file at a time on two cores.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/clients/**"],
          // No module keeps state, so that files may share them: half of the time was loading them again.
          isolate: false,
          // A bound for what hangs, not a measure: a busy machine must not fail a test.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "clients",
          include: ["test/clients/**/*.test.ts"],
          globalSetup: ["test/support/require-tools.ts"],
          fileParallelism: false,
          // Who says 'concurrent' waits for most of its time; a file limits its virtual machines itself.
          maxConcurrency: 24,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
