/** What keeps a machine from its boot program: the network, another server, the form of the offer. */

import { formatBytes } from "../amount.ts";
import { describeVariant } from "../ladder/offer-variant.ts";
import type { Session, SessionStage, SessionStep } from "../session/session.ts";
import type { Case } from "./case.ts";
import { brokenTransfer, evidenceOf, isStuck, lastStep, stepsOf } from "./case.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** Firmware that is not answered asks two or three times when all is well; one that took its address need not ask again. */
const MANY_TIMES = 3;
/** A port that has to learn first whether it makes a loop (spanning tree) forwards after 30 to 50 s. */
const LATE_SECONDS = 15;

type Rule = (boot: Case) => Diagnosis | undefined;

const withoutAddress: Rule = (boot) => {
  const step = boot.session.steps.find(
    ({ note }) => note === "pool-exhausted" || note === "no-subnet" || note === "no-reservation",
  );
  if (step === undefined || boot.session.address !== undefined) return undefined;
  const evidence = [evidenceOf(step)];
  return step.note === "pool-exhausted"
    ? {
        code: "pool-empty",
        certainty: "certain",
        what: "every address of the pools is taken, so the machine got none",
        cure: "make 'pools:' of its subnet larger, or 'leaseSeconds' shorter",
        evidence,
      }
    : {
        code: "no-address",
        certainty: "certain",
        what:
          step.note === "no-subnet"
            ? "no subnet is configured for the network that the machine is on"
            : "the subnet has addresses only for machines with a reservation, and this one has none",
        cure:
          step.note === "no-subnet"
            ? "add the network under 'subnets:'"
            : "give it an 'address:' under 'hosts:', or the subnet a pool",
        evidence,
      };
};

/** Who has come to us for any of these follows us, whatever else is offered on the network, to telephones say. */
const OURS = [
  "proxy-dhcp",
  "pi-firmware",
  "size-probe",
  "boot-program",
  "script",
  "kernel",
  "image",
] as const satisfies readonly SessionStage[];

const otherServer: Rule = (boot) => {
  const { otherServers = [], session } = boot;
  if (otherServers.length === 0 || !isStuck(boot) || session.outcome === "turned-away") return undefined;
  if (stepsOf(boot, ...OURS).length > 0) return undefined;
  return {
    code: "other-boot-server",
    certainty: "likely",
    what: `${otherServers.join(", ")} offers it something to boot too, and it follows that`,
    cure: "switch the boot part of that server off (its PXE or TFTP settings, DHCP options 43, 60, 66 and 67)",
    evidence: session.steps.map(evidenceOf),
  };
};

const asksInVain: Rule = (boot) => {
  const { session, givesAddresses, othersGetAddresses } = boot;
  const asked = stepsOf(boot, "firmware-dhcp");
  const onlyAsks = session.steps.every(({ stage }) => stage === "firmware-dhcp");
  const times = asked.reduce((sum, step) => sum + (step.times ?? 1), 0);
  if (!onlyAsks || !isStuck(boot) || session.outcome === "turned-away") return undefined;
  const evidence = asked.map(evidenceOf);
  if (session.address !== undefined) return tookAddress(boot, evidence);
  if (times < MANY_TIMES) return undefined;
  const variants = asked.flatMap(({ note }) => note ?? []);
  if (givesAddresses === true || othersGetAddresses === true) {
    return {
      code: "offer-ignored",
      certainty: "likely",
      what:
        variants.length === 0
          ? "the firmware takes none of the offers"
          : `the firmware takes none of the offers; the form is changed from time to time (now: ${variants.at(-1)})`,
      cure: "leave it on, every form is tried; if none helps, look for a newer firmware, and send us 'mayfly explain' of a capture",
      evidence,
    };
  }
  return {
    code: "no-dhcp-server",
    certainty: "likely",
    what: "nobody gives the machine an address, and without one no firmware goes on",
    cure: "look whether the network's DHCP server runs and has addresses left, or have Mayfly give them ('dhcp: authoritative')",
    evidence,
  };
};

/** The forms of a proxy's offer whose program UEFI fetches at once (Q2). */
const WITHOUT_4011: ReadonlySet<string> = new Set([describeVariant("direct"), describeVariant("url")]);

function tookAddress({ session, givesAddresses }: Case, evidence: readonly string[]): Diagnosis {
  const { stage } = session.client ?? {};
  const lastNote = session.steps.at(-1)?.note ?? "";
  if (stage === "uefi" && givesAddresses !== true && !WITHOUT_4011.has(lastNote)) {
    return {
      code: "never-asked-4011",
      certainty: "likely",
      what: `the firmware took the address ${session.address}, and its question for the boot file never reached port 4011`,
      cure: "let UDP port 4011 of this server through to it, in the firewalls here and on the way; look whether another server answers as PXE; if it starts over, it is offered a form that needs no 4011",
      evidence,
    };
  }
  const port = stage === "http-boot" ? "the HTTP port (TCP)" : "UDP port 69";
  return {
    code: "program-not-fetched",
    certainty: "likely",
    what: `the firmware took the address ${session.address} and did not come for the boot program`,
    cure: `let ${port} of this server through to it, in the firewalls here and on the way; look whether another server answers as PXE`,
    evidence,
  };
}

const afterProxy: Rule = (boot) => {
  const last = lastStep(boot);
  if (last?.stage !== "proxy-dhcp" || !isStuck(boot) || boot.session.outcome === "turned-away")
    return undefined;
  return {
    code: "program-not-fetched",
    certainty: "likely",
    what: "the firmware was told of the boot program and did not come for it",
    cure: "let UDP port 69 of this server through to it, in the firewalls here and on the way",
    evidence: stepsOf(boot, "firmware-dhcp", "proxy-dhcp").map(evidenceOf),
  };
};

const MAX_BLOCK = 65_535;
/** What fits in a packet of any network that is in use: blocks no longer than this do not get lost for their size. */
const SAFE_BLOCK_BYTES = 512;

const tftpBroken: Rule = (boot) => {
  const step = brokenTransfer(boot);
  if (step?.blocks === undefined || step.result === "stale" || step.result === "failed" || !isStuck(boot))
    return undefined;
  const { session } = boot;
  const { sizeBytes, acked } = step.blocks;
  const same = [...session.steps, ...boot.earlier.flatMap(({ steps }) => steps)].filter(
    ({ path, blocks }) => path === step.path && blocks?.acked === acked && blocks.sizeBytes === sizeBytes,
  );
  const evidence = same.slice(0, 4).map(evidenceOf);
  if (step.result === "timed-out" && (acked < 0 || (acked === 0 && sizeBytes <= SAFE_BLOCK_BYTES)))
    return answersLost(step, evidence);
  if (acked >= MAX_BLOCK - 1 && acked <= MAX_BLOCK + 1) {
    return {
      code: "block-rollover",
      certainty: same.length > 1 ? "certain" : "likely",
      what: `its TFTP cannot count beyond block 65,535: it stopped at ${formatBytes(acked * sizeBytes)} of ${step.path}, in blocks of ${sizeBytes} bytes`,
      cure:
        session.client?.piModel === undefined
          ? "have it fetch large files by HTTP, as UEFI and iPXE do, or make the file smaller"
          : "boot the Raspberry Pi through UEFI ('mayfly rpi4 assemble'), which fetches by HTTP, or give it an EEPROM of September 2025 or later; 'rpi4: { rollover: true }' of its host is for those only",
      evidence,
    };
  }
  if (acked === 0 && sizeBytes > SAFE_BLOCK_BYTES && step.result === "timed-out") {
    return {
      code: "blocks-lost",
      certainty: same.length > 1 ? "likely" : "possible",
      what: `it agreed to blocks of ${sizeBytes} bytes of ${step.path}, and not one of that size reached it`,
      cure: `look for what carries no packet of ${sizeBytes + 32} bytes on the way: a tunnel or VLAN with a smaller MTU, a firewall that drops fragments; 'tftpBlockSize: 512' goes through everything`,
      evidence,
    };
  }
  return undefined;
};

/** Not even what is small enough for any network came back: it is not the size. */
function answersLost({ path }: SessionStep, evidence: readonly string[]): Diagnosis {
  return {
    code: "program-not-fetched",
    certainty: "likely",
    what: `it asked for ${path} by TFTP, and not one of the answers reached it`,
    cure: "let UDP packets from all ports of this server through to it, since TFTP answers from a port of its own; where that cannot be, as behind address translation, set 'tftpSinglePort: true'",
    evidence,
  };
}

/** The boot program that arrived whole, where nothing later was seen of the machine. */
function fatalProgram({ steps }: Session): SessionStep | undefined {
  const index = steps.findLastIndex(({ stage, result }) => stage === "boot-program" && result === "complete");
  const after = steps.slice(index + 1);
  return after.every(({ stage }) => stage === "size-probe" || stage === "boot-program")
    ? steps[index]
    : undefined;
}

/** Boots after which the other driver has had its turn, where there is one. */
const TRIED_BOOTS = 3;

const programDied: Rule = (boot) => {
  const { session, earlier } = boot;
  const program = fatalProgram(session);
  if (program === undefined || !isStuck(boot)) return undefined;
  const dead = earlier.map(fatalProgram);
  const end = dead.findIndex((each) => each?.path !== program.path);
  const deaths = [program, ...dead.slice(0, end === -1 ? dead.length : end)].flatMap((each) => each ?? []);
  const times = deaths.length === 1 ? "" : `, ${deaths.length} times in a row`;
  return {
    code: "program-died",
    certainty: deaths.length === 1 ? "possible" : "likely",
    what: `it fetched ${program.path} and was not heard of again${times}: the program does not run on it, or finds no network`,
    cure: `${
      deaths.length < TRIED_BOOTS
        ? "the other driver is tried by itself after two such boots in a row"
        : "the other driver was not tried, because its program is missing or this one is named for the machine"
    }; 'bootProgram: native-driver' or 'firmware-driver' of its host settles it, and with Secure Boot on only a signed program starts`,
    evidence: deaths.reverse().map(evidenceOf),
  };
};

const linkLate: Rule = (boot) => {
  const first = boot.session.steps[0];
  const waited = first?.waitedSeconds ?? 0;
  if (first === undefined || waited < LATE_SECONDS || !isStuck(boot)) return undefined;
  // Who has come further had a link that forwards.
  if (lastStep(boot)?.stage !== first.stage) return undefined;
  return {
    code: "link-late",
    certainty: "possible",
    what: `the machine had asked for ${waited} s when its first packet arrived, and went no further: the port of its switch may forward late`,
    cure: "set the switch's port to 'portfast' or 'edge', or switch spanning tree off on it; switching the machine on again, with the link up, may do for now",
    evidence: [evidenceOf(first)],
  };
};

/** The most particular first: the first one that fits is the one that is told first. */
export const FIRMWARE_RULES: readonly Rule[] = [
  withoutAddress,
  tftpBroken,
  otherServer,
  asksInVain,
  afterProxy,
  programDied,
  linkLate,
];
