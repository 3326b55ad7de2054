/** Transfers that are run twice: over the simulated network, and over real sockets. */

export interface TransferScenario {
  readonly title: string;
  readonly sizeBytes: number;
  readonly options: readonly { readonly name: string; readonly value: string }[];
  /** Over real sockets it would take its time, and show nothing more. */
  readonly simulatedOnly?: boolean;
}

const option = (name: string, value: number) => ({ name, value: String(value) });

export const TRANSFER_SCENARIOS: readonly TransferScenario[] = [
  { title: "an empty file", sizeBytes: 0, options: [] },
  { title: "one byte", sizeBytes: 1, options: [] },
  { title: "a file of exactly one block, which needs an empty one more", sizeBytes: 512, options: [] },
  { title: "a file that fills its last block but for a byte", sizeBytes: 1023, options: [] },
  {
    title: "a multiple of the block size in whole windows",
    sizeBytes: 1468 * 16,
    options: [option("blksize", 1468), option("windowsize", 4)],
  },
  {
    title: "windows that the file does not fill",
    sizeBytes: 1468 * 18 + 7,
    options: [option("blksize", 1468), option("windowsize", 8)],
  },
  {
    title: "a window larger than the file",
    sizeBytes: 5000,
    options: [option("blksize", 1024), option("windowsize", 64)],
  },
  {
    title: "what EDK2 asks in earnest",
    sizeBytes: 300_001,
    options: [option("blksize", 1468), option("windowsize", 4)],
  },
  { title: "what iPXE asks", sizeBytes: 300_000, options: [option("blksize", 1432), option("tsize", 0)] },
  {
    title: "options that nobody knows, which need no OACK",
    sizeBytes: 2000,
    options: [option("utimeout", 5)],
  },
  {
    title: "more than 65535 blocks, whose numbers roll over to 0 (T5)",
    sizeBytes: 8 * 65_600 + 3,
    options: [option("blksize", 8), option("windowsize", 64)],
  },
  {
    title: "more than 65535 blocks one at a time (T5)",
    sizeBytes: 8 * 65_540,
    options: [option("blksize", 8)],
    simulatedOnly: true,
  },
];
