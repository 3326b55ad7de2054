/** What keeps a machine from its image, and what is wrong with one that has it. */

import { formatBytes } from "../amount.ts";
import { isWell } from "../session/check-in.ts";
import { describeFaults } from "../session/describe-session.ts";
import type { Session } from "../session/session.ts";
import { brokenTransfer, type Case, evidenceOf, formatClock, isStuck, lastStep, stepsOf } from "./case.ts";
import type { Diagnosis } from "./diagnosis.ts";

type Rule = (boot: Case) => Diagnosis | undefined;

const turnedAway: Rule = (boot) => {
  const { session } = boot;
  const step = session.steps.findLast(({ note }) => note !== undefined);
  if (session.outcome !== "turned-away" || step?.note === undefined) return undefined;
  // A machine that nothing matches waits to be approved, or goes its own way: that is as it should be.
  if (step.note.startsWith("stranger")) return undefined;
  if (step.note === "wrong-isa") {
    return {
      code: "wrong-isa",
      certainty: "certain",
      what: `the image of ${session.host ?? "its host"} is for another processor than ${session.client?.isa ?? "this machine's"}`,
      cure: "build the image for this machine, or give the machine to another host",
      evidence: [evidenceOf(step)],
    };
  }
  return {
    code: "turned-away",
    certainty: "certain",
    what: `there is nothing for the machine to boot (${step.note})`,
    cure: `docs/errors.md says what to do about '${step.note}', and so does 'mayfly explain ${session.mac}'`,
    evidence: [evidenceOf(step)],
  };
};

const ipxeWithoutScript: Rule = (boot) => {
  const { session } = boot;
  const last = lastStep(boot);
  if (!isStuck(boot) || (last?.stage !== "ipxe-dhcp" && last?.stage !== "autoexec")) return undefined;
  if (session.outcome === "turned-away" || stepsOf(boot, "script").length > 0) return undefined;
  const evidence = stepsOf(boot, "ipxe-dhcp", "autoexec").map(evidenceOf);
  if (last.stage === "ipxe-dhcp" && session.address === undefined && (last.times ?? 1) > 1) {
    return {
      code: "ipxe-no-address",
      certainty: "likely",
      what: "iPXE runs and gets no address",
      cure: "look whether the network's DHCP server has addresses left, and whether the switch forwards at once after the link was lost ('portfast', 'edge')",
      evidence,
    };
  }
  return {
    code: "script-not-fetched",
    certainty: "likely",
    what: "iPXE runs and does not get as far as its script",
    cure: "look whether this network can reach the HTTP port of this server (a firewall, another network, 'publicAddress:'); the machine's screen says what iPXE tried",
    evidence,
  };
};

const GONE = /not kept any more|ENOENT|ESTALE|no such file/i;

const generationGone: Rule = (boot) => {
  const step = brokenTransfer(boot);
  if (step === undefined || !isStuck(boot)) return undefined;
  const isGone = step.result === "stale" || (step.result === "failed" && GONE.test(step.note ?? ""));
  if (!isGone) return undefined;
  return {
    code: "generation-gone",
    certainty: "certain",
    what: `${step.path} is not what it was when the boot began: the store path was collected, or the file was overwritten`,
    cure: "the machine starts over on the current image; 'rollbackDepth' and 'keepMinutes' say how long older ones are kept",
    evidence: [evidenceOf(step)],
  };
};

/** An EFI program of 32 bits, and firmware that keeps what it fetches below 4 GB (K1). */
const LARGE_BYTES = 2 * 1024 ** 3;

const brokeOff: Rule = (boot) => {
  const step = brokenTransfer(boot);
  if (step === undefined || !isStuck(boot) || !["kernel", "initrd", "image"].includes(step.stage))
    return undefined;
  const { sizeBytes = 0, sentBytes = 0 } = step;
  const earlier = boot.earlier
    .flatMap(({ steps }) => steps)
    .filter(
      ({ path, result, sentBytes: sent }) =>
        path === step.path && result === step.result && sent === sentBytes,
    );
  const evidence = [step, ...earlier.slice(0, 3)].map(evidenceOf);
  if (sizeBytes >= LARGE_BYTES || earlier.length > 0) {
    return {
      code: "image-too-large",
      certainty: sizeBytes >= LARGE_BYTES && earlier.length > 0 ? "likely" : "possible",
      what: `it stops at ${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)} of ${step.path}: more than this machine's firmware or memory takes`,
      cure: "give the machine more memory (three times the initrd), make the image smaller, or boot it by UEFI where it has a BIOS",
      evidence,
    };
  }
  return {
    code: "file-broke-off",
    certainty: "possible",
    what: `it stopped in the middle of ${step.path}, after ${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}`,
    cure: "look whether it was switched off; else at its screen, its memory and its cable",
    evidence,
  };
};

const nothingFetched: Rule = (boot) => {
  const last = lastStep(boot);
  if (last?.stage !== "script" || !isStuck(boot) || boot.session.outcome === "turned-away") return undefined;
  return {
    code: "kernel-not-fetched",
    certainty: "likely",
    what: "it has its script and came for no file of the image",
    cure: "look at its screen: the script names the address that it fetches from, which this network may not reach, or the kernel's parameters are in iPXE's way",
    evidence: stepsOf(boot, "script").slice(-3).map(evidenceOf),
  };
};

const initrdMissing: Rule = (boot) => {
  const { session, generation } = boot;
  const isEfi =
    session.client?.facts?.platform === "efi" || session.client?.program?.startsWith("efi") === true;
  if (generation?.ownScript === undefined || generation.lacksInitrdName !== true || !isEfi) return undefined;
  const isOver = session.outcome === "handed-over" || session.outcome === "failed";
  if (!isOver || stepsOf(boot, "kernel-dhcp", "check-in").length > 0 || stepsOf(boot, "initrd").length === 0)
    return undefined;
  return {
    code: "initrd-missing",
    certainty: "likely",
    what: `the image's own ${generation.ownScript} loads an initrd and does not name it to the kernel, which UEFI kernels need`,
    cure: "add initrd=NAME to the line that begins with 'kernel', with the name of the file that is loaded (quirk I9)",
    evidence: stepsOf(boot, "kernel", "initrd").map(evidenceOf),
  };
};

const LOOP_BOOTS = 3;
const LOOP_MS = 30 * 60_000;

/** Boots in a row of the same generation that got all of it and were not up, each soon after the one before. */
const bootLoop: Rule = (boot) => {
  const { session, earlier, checkInWithinMs } = boot;
  const isUnfinished = (each: Session) =>
    each.generation !== undefined && each.generation === session.generation && each.outcome === "handed-over";
  if (session.generation === undefined || session.outcome === "checked-in") return undefined;
  const end = earlier.findIndex((each) => !isUnfinished(each) || session.startMs - each.startMs > LOOP_MS);
  const loops = end === -1 ? earlier : earlier.slice(0, end);
  if (loops.length < LOOP_BOOTS - 1) return undefined;
  return {
    code: "boot-loop",
    certainty: checkInWithinMs === undefined ? "possible" : "likely",
    what: `it has booted ${session.generation} ${loops.length + 1} times within ${Math.ceil((session.startMs - (loops.at(-1)?.startMs ?? 0)) / 60_000)} minutes and does not stay up`,
    cure: `'mayfly rollback ${session.host ?? "HOST"}' gives it the one before at the next boot; its console says why it restarts`,
    evidence: [...loops]
      .reverse()
      .concat(session)
      .map(({ id, startMs }) => `boot ${id} at ${formatClock(startMs)}`),
  };
};

const noCheckIn: Rule = (boot) => {
  const { session, nowMs, checkInWithinMs } = boot;
  if (session.outcome !== "handed-over" || checkInWithinMs === undefined) return undefined;
  const since = session.steps.findLast(({ stage }) => stage !== "kernel-dhcp")?.endMs ?? session.lastMs;
  if (nowMs - since < checkInWithinMs) return undefined;
  const dhcp = stepsOf(boot, "kernel-dhcp");
  return {
    code: "no-check-in",
    certainty: "certain",
    what:
      dhcp.length > 0
        ? "it has booted its image, which asked for an address, and has not checked in"
        : "it has all of its image, and what was booted was not heard of since",
    cure: "look at its console; 'mayfly rollback' gives it the image before at the next boot, 'checkIn: false' says that no report is to be expected",
    evidence: [...stepsOf(boot, "kernel", "initrd", "image"), ...dhcp].map(evidenceOf),
  };
};

const notWell: Rule = ({ session }) => {
  const { checkIn } = session;
  if (checkIn === undefined || isWell(checkIn)) return undefined;
  return {
    code: "not-well",
    certainty: "certain",
    what: `it is up, but ${describeFaults(checkIn)}`,
    cure: "on the node, 'systemctl status' and 'journalctl -b' of what is named say why",
    evidence: [`its check-in at ${formatClock(checkIn.atMs)}`],
  };
};

const CLOCK_MS = 5 * 60_000;

const clockWrong: Rule = ({ session }) => {
  const { checkIn } = session;
  if (checkIn?.clockMs === undefined) return undefined;
  const offMs = checkIn.clockMs - checkIn.atMs;
  if (Math.abs(offMs) < CLOCK_MS) return undefined;
  return {
    code: "clock-wrong",
    certainty: "certain",
    what: `its clock is ${Math.round(Math.abs(offMs) / 60_000)} minutes ${offMs < 0 ? "behind" : "ahead of"} this server's`,
    cure: "look which of the two is right, and give that machine a time server: certificates and signatures fail by a wrong clock",
    evidence: [`its check-in at ${formatClock(checkIn.atMs)} says ${formatClock(checkIn.clockMs)}`],
  };
};

export const IMAGE_RULES: readonly Rule[] = [
  turnedAway,
  generationGone,
  brokeOff,
  ipxeWithoutScript,
  nothingFetched,
  initrdMissing,
  bootLoop,
  noCheckIn,
  notWell,
  clockWrong,
];
