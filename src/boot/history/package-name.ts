/** Takes the name of a store path apart, as nix does: which package it is, which version, which output. */

export interface PackageName {
  readonly name: string;
  /** Empty where the name has none. */
  readonly version: string;
  /** `dev`, `lib` and the like; empty for the main output. */
  readonly output: string;
}

/**
 * @param name - of a store path, without its hash: `openssl-3.0.14-dev`
 * @see nix's manual, `builtins.parseDrvName`, and what its `nix store diff-closures` takes for an output
 */
export function parsePackageName(name: string): PackageName {
  const [, withoutOutput = name, output = ""] = /^(.*)-([a-z]+|lib32|lib64)$/.exec(name) ?? [];
  // The version begins behind the first dash that no letter follows.
  const dash = /-(?=[^A-Za-z])/.exec(withoutOutput)?.index;
  if (dash === undefined) return { name: withoutOutput, version: "", output };
  return { name: withoutOutput.slice(0, dash), version: withoutOutput.slice(dash + 1), output };
}

/** The name of a store path without its hash; `undefined` for what is none. */
export function storePathName(path: string): string | undefined {
  return /(?:^|\/)[0-9a-df-np-sv-z]{32}-([0-9A-Za-z+._?=-]+)$/.exec(path)?.[1];
}
