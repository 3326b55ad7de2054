/** The noun `diagnosis`: why a boot stands still or repeats, as far as what was seen tells, and what to do. */

/** Stable; each is explained in docs/errors.md. */
export type DiagnosisCode =
  // before the boot program
  | "no-dhcp-server" // it asks on and on, and nobody gives it an address
  | "link-late" // it had asked for long before its first packet arrived
  | "offer-ignored" // it was offered something to boot and did not take it
  | "never-asked-4011" // it took its address and did not ask for its boot file
  | "other-boot-server" // another server has answered it as PXE
  | "program-not-fetched" // it was told of the boot program and did not come for it
  | "pool-empty" // no address is left for it
  | "no-address" // it is not to get one: no subnet, or no reservation
  // the boot program
  | "blocks-lost" // TFTP blocks of one size do not arrive
  | "block-rollover" // its TFTP cannot count beyond 65,535 blocks
  | "program-died" // it fetched the boot program, and was not heard of again
  // iPXE
  | "ipxe-no-address"
  | "script-not-fetched" // iPXE has its address and does not get as far as its script
  | "turned-away" // it asked, and there is nothing for it
  | "wrong-isa" // the kernel is for another processor
  // the files
  | "kernel-not-fetched" // it has its script and comes for nothing
  | "image-too-large" // more than such firmware takes
  | "file-broke-off" // it stopped in the middle of a file
  | "not-served" // we had it not, could not read it, or were stopped in the middle
  | "generation-gone" // what its script named is not there any more
  // what was booted
  | "initrd-missing" // the image's own script does not say initrd=
  | "no-check-in" // it has everything, and has not said that it is up
  | "boot-loop" // it boots the same again and again
  | "not-well" // it is up, and misses something
  | "clock-wrong"; // its clock is not ours

export interface Diagnosis {
  readonly code: DiagnosisCode;
  /** `certain`: it was seen; `likely`: nothing else that is known looks like it; `possible`: other things do. */
  readonly certainty: "certain" | "likely" | "possible";
  /** What is the matter, in a sentence without a full stop. */
  readonly what: string;
  /** What to do about it, in the same form. */
  readonly cure: string;
  /** What was seen that tells so, in the order in which it was. */
  readonly evidence: readonly string[];
}
