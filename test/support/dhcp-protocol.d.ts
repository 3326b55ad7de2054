/** What we use of the npm package `dhcp`, which has no types: its parser, as a second opinion on our packets. */

declare module "dhcp/lib/protocol.js" {
  const protocol: { parse(bytes: Buffer): Record<string, unknown> & { options: Record<number, unknown> } };
  export default protocol;
}

declare module "dhcp/lib/options.js" {
  const options: { addOption(code: number, option: { name: string; type: string; attr: string }): void };
  export default options;
}
