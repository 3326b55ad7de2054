import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ImageShape } from "../../../src/boot/generation.ts";
import { type ImageFolder, recognise, servedFiles, wantedTexts } from "../../../src/boot/image/recognise.ts";
import {
  type Contents,
  homestakeros,
  INIT,
  INSTALLER_RUN,
  kexecBoot,
  nixpkgsScript,
  SYSTEM_INIT,
} from "../../support/image-folders.ts";

function folder(contents: Contents, more: Partial<ImageFolder> = {}): ImageFolder {
  const names = Object.keys(contents);
  return {
    files: new Map(names.map((name) => [name, contents[name]?.length ?? 0])),
    unreadable: new Map(),
    texts: new Map(wantedTexts(names).map((name) => [name, contents[name] ?? ""])),
    ...more,
  };
}

const FILES = { bzImage: "kernel", initrd: "initrd" };
const RELEASE = "https://github.com/nix-community/nixos-images/releases/download/nixos-24.11";

interface Row {
  readonly name: string;
  readonly contents: Contents;
  readonly initTarget?: string;
  readonly shape: ImageShape;
  readonly kernel?: string;
  readonly initrds?: readonly string[];
  readonly params?: string;
  readonly ownScript?: string;
  readonly lacksInitrdName?: true;
  readonly bootFile?: string;
}

const ROWS: readonly Row[] = [
  {
    name: "HomestakerOS' kexecTree with variables.ipxe",
    contents: homestakeros(),
    shape: "homestakeros",
    initrds: ["initrd.zst"],
    params: `${INIT} initrd=initrd.zst loglevel=4`,
  },
  {
    name: "HomestakerOS' kexecTree of 2023, before variables.ipxe",
    contents: {
      bzImage: "kernel",
      "initrd.zst": "initrd",
      "kexec-boot": kexecBoot("initrd.zst", INIT),
      "netboot.ipxe": nixpkgsScript("bzImage", `${INIT} initrd=initrd.zst a=1`).replace(
        "initrd initrd\n",
        "initrd initrd.zst\n",
      ),
    },
    shape: "homestakeros-2023",
    initrds: ["initrd.zst"],
    params: `${INIT} initrd=initrd.zst a=1`,
  },
  {
    name: "the three files that HomestakerOS' backend gives",
    contents: { bzImage: "k", "initrd.zst": "i", "kexec-boot": kexecBoot("initrd.zst", `${INIT} a b`) },
    shape: "kexec-tree",
    initrds: ["initrd.zst"],
    params: `${INIT} a b`,
  },
  {
    name: "nixpkgs' kexecTree",
    contents: { bzImage: "k", "initrd.gz": "i", "kexec-boot": kexecBoot("initrd.gz", `${INIT} quiet`) },
    shape: "kexec-tree",
    initrds: ["initrd.gz"],
    params: `${INIT} quiet`,
  },
  {
    name: "nixpkgs' netboot for x86_64, with the files that come along in a symlinkJoin",
    contents: {
      ...FILES,
      "System.map": "0",
      "dtbs/a.dtb": "x",
      "netboot.ipxe": nixpkgsScript("bzImage", `${INIT} initrd=initrd loglevel=4`),
    },
    shape: "netboot",
    params: `${INIT} initrd=initrd loglevel=4`,
  },
  {
    name: "nixpkgs' netboot for aarch64, whose kernel is called Image",
    contents: { Image: "k", initrd: "i", "netboot.ipxe": nixpkgsScript("Image", `${INIT} initrd=initrd`) },
    shape: "netboot",
    kernel: "Image",
    params: `${INIT} initrd=initrd`,
  },
  {
    name: "nixos-images' netboot, whose init is a link",
    contents: { ...FILES, "kernel-params": "nohibernate  loglevel=4\n" },
    initTarget: SYSTEM_INIT,
    shape: "kernel-params",
    params: `${INIT} nohibernate  loglevel=4`,
  },
  {
    name: "nixpkgs' kexec tree with kernel-params",
    contents: {
      kernel: "k",
      initrd: "i",
      "kernel-params": `${INIT} quiet\n`,
      "kexec-boot": 'kexec --load ./kernel --initrd=./initrd --append "$(< "${SCRIPT_DIR}/kernel-params")"\n',
    },
    shape: "kernel-params",
    kernel: "kernel",
    params: `${INIT} quiet`,
  },
  {
    name: "nixos-generators' kexec",
    contents: { kernel: "k", initrd: "i", cmdline: `${INIT} console=ttyS0,115200 panic=30\n` },
    shape: "cmdline",
    kernel: "kernel",
    params: `${INIT} console=ttyS0,115200 panic=30`,
  },
  {
    name: "nixos-images' kexec installer, unpacked",
    contents: { ...FILES, kexec: "x", ip: "x", run: INSTALLER_RUN },
    shape: "kexec-tree",
    params: `init=${SYSTEM_INIT} nohibernate console=tty0`,
  },
  {
    name: "the assets of a nixos-images release, which are served from here and not from there",
    contents: {
      "bzImage-x86_64-linux": "k",
      "initrd-x86_64-linux": "i",
      "netboot-x86_64-linux.ipxe": `#!ipxe
kernel ${RELEASE}/bzImage-x86_64-linux ${INIT} initrd=initrd-x86_64-linux loglevel=4 \${cmdline}
initrd ${RELEASE}/initrd-x86_64-linux
boot
`,
    },
    shape: "netboot",
    kernel: "bzImage-x86_64-linux",
    initrds: ["initrd-x86_64-linux"],
    params: `${INIT} initrd=initrd-x86_64-linux loglevel=4`,
  },
  {
    name: "a netboot.ipxe with absolute addresses, which is the user's own",
    contents: {
      ...FILES,
      "netboot.ipxe": `#!ipxe\nkernel ${RELEASE}/bzImage ${INIT}\ninitrd ${RELEASE}/initrd\nboot\n`,
    },
    shape: "own-script",
    ownScript: "netboot.ipxe",
    lacksInitrdName: true,
  },
  {
    name: "the user's own script, with files that no builder names so",
    contents: { "netboot.ipxe": `#!ipxe\nmenu Which?\nitem a A\nchoose x && goto \${x}\n`, "a.efi": "x" },
    shape: "own-script",
    initrds: [],
    ownScript: "netboot.ipxe",
  },
  {
    name: "a builder's script in which iPXE has more to expand than we know",
    contents: {
      ...FILES,
      "netboot.ipxe": nixpkgsScript("bzImage", "ip=${net0/ip} initrd=initrd"),
    },
    shape: "own-script",
    ownScript: "netboot.ipxe",
  },
  { name: "a kernel and an initrd", contents: FILES, shape: "plain" },
  {
    name: "a Debian kernel and its initrd",
    contents: {
      "vmlinuz-6.1.0-56-amd64": "k",
      "initrd.img-6.1.0-56-amd64": "i",
      "config-6.1.0-56-amd64": "c",
    },
    shape: "plain",
    kernel: "vmlinuz-6.1.0-56-amd64",
    initrds: ["initrd.img-6.1.0-56-amd64"],
  },
  {
    name: "vmlinuz and initrd.img",
    contents: { vmlinuz: "k", "initrd.img": "i" },
    shape: "plain",
    kernel: "vmlinuz",
    initrds: ["initrd.img"],
  },
  {
    name: "nixpkgs' ISO image, in a folder of its own",
    contents: { "iso/nixos.iso": "x", "iso/nixos.iso.sha256": "y", "nix-support/hydra-build-products": "z" },
    shape: "iso",
    initrds: [],
    bootFile: "iso/nixos.iso",
  },
  {
    name: "a unified kernel image",
    contents: { "nixos.efi": "x" },
    shape: "uki",
    initrds: [],
    bootFile: "nixos.efi",
  },
  {
    name: "a kernel and an initrd beside an EFI program",
    contents: { ...FILES, "x.efi": "x" },
    shape: "plain",
  },
  {
    name: "parameters in variables.ipxe only",
    contents: { bzImage: "k", "initrd.zst": "i", "variables.ipxe": `#!ipxe\nset kernel-params ${INIT}\n` },
    shape: "homestakeros",
    initrds: ["initrd.zst"],
    params: INIT,
  },
];

describe("recognise", () => {
  test.each(ROWS)("knows $name", (row) => {
    const content = folder(row.contents, row.initTarget === undefined ? {} : { initTarget: row.initTarget });
    const hasKernel = row.kernel !== undefined || "bzImage" in row.contents;
    expect(recognise(content)).toEqual({
      type: "complete",
      shape: row.shape,
      ...(hasKernel ? { kernel: row.kernel ?? "bzImage" } : {}),
      initrds: row.initrds ?? ["initrd"],
      kernelParams: row.params ?? "",
      ...(row.ownScript === undefined ? {} : { ownScript: row.ownScript }),
      ...(row.lacksInitrdName === undefined ? {} : { lacksInitrdName: row.lacksInitrdName }),
      ...(row.bootFile === undefined ? {} : { bootFile: row.bootFile }),
    });
  });

  test.each([
    ["an empty folder", {}, "the kernel is missing"],
    ["a kernel alone", { bzImage: "k" }, "the initrd is missing"],
    ["an initrd alone, as nixpkgs' netbootRamdisk has it", { initrd: "i" }, "the kernel is missing"],
    ["an empty initrd", { bzImage: "k", initrd: "" }, "initrd is empty"],
    [
      "netboot.ipxe without variables.ipxe",
      without(homestakeros(), "variables.ipxe"),
      "variables.ipxe is missing",
    ],
    [
      "netboot.ipxe without its initrd",
      without(homestakeros(), "initrd.zst"),
      "initrd.zst is missing; netboot.ipxe",
    ],
    [
      "netboot.ipxe without its kernel",
      without(homestakeros(), "bzImage"),
      "bzImage is missing; netboot.ipxe",
    ],
    ["an empty netboot.ipxe", { ...FILES, "netboot.ipxe": "" }, "does not begin with '#!ipxe'"],
    [
      "variables.ipxe that sets nothing",
      { ...homestakeros(), "variables.ipxe": "#!ipxe\n" },
      "variables.ipxe has no line",
    ],
    [
      "the user's own script without a file that it loads",
      {
        "netboot.ipxe": "#!ipxe\nkernel --name k linux.bin a=b\ninitrd rd.img\nimgstat\nboot k\n",
        "linux.bin": "k",
      },
      "rd.img is missing; netboot.ipxe loads it",
    ],
    [
      "kexec-boot without its initrd",
      { bzImage: "k", "kexec-boot": kexecBoot("initrd.zst", "") },
      "initrd.zst is missing",
    ],
    [
      "kexec-boot cut off",
      { ...FILES, "kexec-boot": "#!/usr/bin/env bash\nif" },
      "kexec-boot has no kernel command line",
    ],
    ["kernel-params whose init is a copy", { ...FILES, "kernel-params": "a", init: "#!" }, "init is a copy"],
    ["kernel-params without init", { ...FILES, "kernel-params": "a" }, "init is missing"],
    [
      "two kernels",
      { "vmlinuz-1": "k", "vmlinuz-2": "k", initrd: "i" },
      "more than one kernel (vmlinuz-1, vmlinuz-2)",
    ],
    ["two ISO images", { "a.iso": "x", "b.iso": "x" }, "more than one ISO image (a.iso, b.iso): leave one"],
    ["two EFI programs", { "a.efi": "x", "B.EFI": "x" }, "more than one EFI program (a.efi, B.EFI)"],
    ["an empty ISO image", { "nixos.iso": "" }, "nixos.iso is empty"],
    [
      "a system's toplevel",
      { kernel: "k", initrd: "i", "kernel-params": INIT, activate: "x", "nixos-version": "24.11" },
      "this is a system (config.system.build.toplevel)",
    ],
  ])("says of %s what is amiss", (_name, contents, reason) => {
    const result = recognise(folder(contents));
    expect(result).toEqual({ type: "incomplete", reason: expect.stringContaining(reason) });
  });

  test("says why a file that is there cannot be read", () => {
    const content = folder(without(homestakeros(), "initrd.zst"), {
      unreadable: new Map([["initrd.zst", "links to /nix/store/x, which is not there"]]),
    });
    expect(recognise(content)).toEqual({
      type: "incomplete",
      reason: "initrd.zst links to /nix/store/x, which is not there; netboot.ipxe loads it",
    });
  });

  test("does not take a broken netboot.ipxe for no netboot.ipxe", () => {
    const content = folder(without(homestakeros(), "netboot.ipxe"), {
      unreadable: new Map([["netboot.ipxe", "links to /nix/store/x, which is not there"]]),
    });
    expect(recognise(content)).toMatchObject({ type: "incomplete" });
  });

  test("lets an own script try what is not there, when it says what to do otherwise", () => {
    const script = `#!ipxe\nchain extra.ipxe || echo none\nkernel http://\${next-server}/k\nboot\n`;
    expect(recognise(folder({ "netboot.ipxe": script }))).toMatchObject({ shape: "own-script" });
  });

  test("keeps kernel parameters as they are, whatever they are", () => {
    const param = fc.string({ minLength: 1 }).filter((text) => /^[^\s$\\|&]+$/u.test(text));
    fc.assert(
      fc.property(fc.array(param, { minLength: 1, maxLength: 8 }), (params) => {
        const text = params.join(" ");
        const result = recognise(folder(homestakeros(text)));
        expect(result).toMatchObject({ type: "complete", kernelParams: text });
        const cmdline = recognise(folder({ kernel: "k", initrd: "i", cmdline: `${text}\n` }));
        expect(cmdline).toMatchObject({ type: "complete", kernelParams: text.trim() });
      }),
    );
  });

  test("gives a value for any texts, and never a complete image with a file that is not there", () => {
    const names = [
      "netboot.ipxe",
      "variables.ipxe",
      "kexec-boot",
      "kernel-params",
      "cmdline",
      "run",
      "bzImage",
      "initrd",
    ];
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "#!ipxe",
        "kernel bzImage a",
        "initrd initrd",
        "boot",
        "kexec -l x --append 'a'",
        "'",
        '"',
      ),
    );
    const text = fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), text), (contents) => {
        const content = folder(contents);
        const result = recognise(content);
        if (result.type === "incomplete") return;
        for (const name of [result.kernel, ...result.initrds, result.ownScript]) {
          if (name !== undefined) expect(content.files.get(name)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("servedFiles", () => {
  const contents = { ...FILES, "kexec-boot": kexecBoot("initrd", INIT), "secret.key": "x" };
  const image = recognise(folder(contents));

  test("shows of a folder outside a store only what the boot needs", () => {
    if (image.type !== "complete") throw new Error(image.reason);
    expect([...servedFiles(folder(contents), image, false).keys()]).toEqual([
      "bzImage",
      "initrd",
      "kexec-boot",
    ]);
    expect(servedFiles(folder(contents), image, true).has("secret.key")).toBe(true);
  });
});

function without(contents: Contents, name: string): Contents {
  const { [name]: _left, ...rest } = contents;
  return rest;
}
