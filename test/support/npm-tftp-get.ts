/** Fetches one file by the npm package `tftp`. Arguments: host, port, remote, local, blksize, windowsize, retries, timeout in ms. */

import { createRequire } from "node:module";

interface NpmTftp {
  createClient(options: object): { get(remote: string, local: string, done: (error?: Error) => void): void };
}

const [host, port, remote = "", local = "", blockSize, windowSize, retries, timeout] = process.argv.slice(2);
const tftp: NpmTftp = createRequire(import.meta.url)("tftp");
const client = tftp.createClient({
  host,
  port: Number(port),
  blockSize: Number(blockSize),
  windowSize: Number(windowSize),
  retries: Number(retries),
  timeout: Number(timeout),
});
client.get(remote, local, (error) => {
  if (error !== undefined && error !== null) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
});
