/** What keeps a machine from its image, and what is wrong with one that has it. */

import { formatBytes, formatSpan } from "../amount.ts";
import { isWell } from "../session/check-in.ts";
import { describeFaults } from "../session/describe-session.ts";
import type { Session, SessionStage, SessionStep } from "../session/session.ts";
import {
  brokenTransfer,
  type Case,
  evidenceOf,
  formatClock,
  isOurs,
  isStuck,
  lastStep,
  quietMs,
  stepsOf,
} from "./case.ts";
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
      what: `the kernel of ${session.host ?? "its host"}'s image is not for this machine's processor${session.client?.isa === undefined ? "" : ` (${session.client.isa})`}`,
      cure: "build the image for this kind of processor, or list the machine under a host whose image is",
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

/** iPXE gives up after four DISCOVERs; one that is lost, and its REQUEST, are three packets. */
const IPXE_IN_VAIN = 4;

const ipxeWithoutScript: Rule = (boot) => {
  const { session } = boot;
  const last = lastStep(boot);
  if (!isStuck(boot) || (last?.stage !== "ipxe-dhcp" && last?.stage !== "autoexec")) return undefined;
  if (session.outcome === "turned-away" || stepsOf(boot, "script").length > 0) return undefined;
  const evidence = stepsOf(boot, "ipxe-dhcp", "autoexec").map(evidenceOf);
  // The firmware may have had one; iPXE that gets its own asks once, and takes it.
  const many = session.address === undefined ? 2 : IPXE_IN_VAIN;
  if (last.stage === "ipxe-dhcp" && (last.times ?? 1) >= many) {
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
    cure: "look at its screen for the address that iPXE tries: this network may not reach it (a firewall before this server's HTTP port, 'publicAddress:')",
    evidence,
  };
};

/** An EFI program of 32 bits, and firmware that keeps what it fetches below 4 GB (K1). */
const LARGE_BYTES = 2 * 1024 ** 3;

/** What is sent before a client gives up differs by what the network holds at that moment. */
const ALIKE_BYTES = 16 * 1024 ** 2;

function areAlike(steps: readonly SessionStep[]): boolean {
  const sent = steps.map(({ sentBytes = 0 }) => sentBytes);
  return Math.max(...sent) - Math.min(...sent) <= ALIKE_BYTES;
}

/** It did not take all that we had for it. */
function isBrokenOff(step: SessionStep): boolean {
  return (step.result === "aborted" || step.result === "timed-out") && !isOurs(step);
}

const brokeOff: Rule = (boot) => {
  const step = brokenTransfer(boot);
  if (step === undefined || !isStuck(boot) || !["kernel", "initrd", "image"].includes(step.stage))
    return undefined;
  if (!isBrokenOff(step)) return undefined;
  const { sizeBytes = 0, sentBytes = 0 } = step;
  const all = [...boot.earlier.toReversed(), boot.session].flatMap(({ steps }) => steps);
  const again = all.filter(
    (each) => each.path === step.path && each.result === step.result && isBrokenOff(each),
  );
  const evidence = again.slice(-4).map(evidenceOf);
  if (sizeBytes >= LARGE_BYTES || again.length > 1) {
    return {
      code: "image-too-large",
      certainty: again.length > 1 && (sizeBytes >= LARGE_BYTES || areAlike(again)) ? "likely" : "possible",
      what: `it breaks ${step.path} off${again.length > 1 ? ", every time it tries," : ""} after ${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}: there may be more of it than the machine's memory or firmware takes`,
      cure: "look at its screen ('No space left on device' is iPXE's word for it); give it more memory, three times the initrd, or a smaller image; above 2 GB boot it by UEFI of 64 bits",
      evidence,
    };
  }
  return {
    code: "file-broke-off",
    certainty: "possible",
    what: `it stopped in the middle of ${step.path}, after ${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}`,
    cure: "if nobody switched it off: its screen says what iPXE missed; then its cable and its memory",
    evidence,
  };
};

/** A script's next line follows at once. Of an initrd that it does not fetch here there may be a copy in a cache. */
const stoppedBetween: Rule = (boot) => {
  const last = lastStep(boot);
  const { generation } = boot;
  if (last?.stage !== "kernel" || last.result !== "complete" || !isStuck(boot)) return undefined;
  if (generation === undefined || generation.initrds.length === 0) return undefined;
  return {
    code: "file-broke-off",
    certainty: "possible",
    what: `it fetched ${last.path} and came for no initrd`,
    cure: "if nobody switched it off: its screen says what iPXE missed; then its cable and its memory",
    evidence: [evidenceOf(last)],
  };
};

/** From the last file to the first packet of what was booted. A kernel takes seconds, its network may take a minute. */
export const SILENCE_MS = 120_000;

function has({ steps }: Session, ...stages: readonly SessionStage[]): boolean {
  return steps.some(({ stage }) => stages.includes(stage));
}

/** The system ran, and had come for nothing of it here: there is a cache between us. */
function isCached(session: Session): boolean {
  return (
    has(session, "script") &&
    has(session, "kernel-dhcp", "check-in") &&
    !has(session, "kernel", "initrd", "image")
  );
}

const nothingFetched: Rule = (boot) => {
  const last = lastStep(boot);
  if (last?.stage !== "script" || !isStuck(boot) || boot.session.outcome === "turned-away") return undefined;
  const isNew = boot.session.outcome === "under-way" && quietMs(boot) < SILENCE_MS;
  const hasCache = boot.earlier.some(isCached);
  if (hasCache && isNew) return undefined;
  const isSure = !hasCache && !isNew;
  return {
    code: "kernel-not-fetched",
    certainty: isSure ? "likely" : "possible",
    what: `it has its script, and no request for a file of the image arrived${isSure ? "" : "; where a cache between it and this server has the image, it may be starting from that"}`,
    cure: "look at its screen for the address that it fetches from and for what iPXE says of it: this network may not reach that address ('publicAddress:'), or a proxy or firewall let the script through and not the image",
    evidence: stepsOf(boot, "script").slice(-3).map(evidenceOf),
  };
};

/** It had its initrd, and nothing was heard of what was booted. */
function isSilent(session: Session): boolean {
  return (
    session.outcome === "handed-over" && has(session, "initrd") && !has(session, "kernel-dhcp", "check-in")
  );
}

/** A kernel that panics, and firmware that takes its time to start over. */
const COME_BACK_MS = 10 * 60_000;

const initrdMissing: Rule = (boot) => {
  const { session, generation, earlier } = boot;
  const isEfi =
    session.client?.facts?.platform === "efi" || session.client?.program?.startsWith("efi") === true;
  if (generation?.ownScript === undefined || generation.lacksInitrdName !== true || !isEfi) return undefined;
  const same = earlier.filter((each) => each.generation === generation.id);
  // With a later iPXE and kernel the initrd is found without being named.
  if (!isSilent(session) || same.some((each) => has(each, "kernel-dhcp", "check-in"))) return undefined;
  const [before] = earlier;
  const cameBack =
    before !== undefined &&
    before === same[0] &&
    isSilent(before) &&
    session.startMs - before.lastMs <= COME_BACK_MS;
  if (quietMs(boot) < SILENCE_MS && !cameBack) return undefined;
  return {
    code: "initrd-missing",
    certainty: cameBack ? "likely" : "possible",
    what: `the image's own ${generation.ownScript} loads an initrd without naming it to the kernel, as a kernel needs that UEFI starts, and nothing was heard of the machine since${cameBack ? "" : "; a system with a fixed address that reports to nobody is as silent"}`,
    cure: "write initrd=NAME on the script's line that begins with 'kernel', with the name of the file on its line 'initrd' (quirk I9)",
    evidence: stepsOf(boot, "kernel", "initrd").map(evidenceOf),
  };
};

const LOOP_BOOTS = 3;
/** Of what never reports, the like is seen where somebody tries his image. */
const SILENT_LOOP_BOOTS = 5;
const LOOP_MS = 30 * 60_000;

/** Boots in a row of the same generation that got all of it and were not up, each soon after the one before. */
const bootLoop: Rule = (boot) => {
  const { session, earlier, checkInWithinMs } = boot;
  const isUnfinished = (each: Session) =>
    each.generation !== undefined && each.generation === session.generation && each.outcome === "handed-over";
  if (session.generation === undefined || session.outcome === "checked-in") return undefined;
  const end = earlier.findIndex((each) => !isUnfinished(each) || session.startMs - each.startMs > LOOP_MS);
  const loops = end === -1 ? earlier : earlier.slice(0, end);
  const least = checkInWithinMs === undefined ? SILENT_LOOP_BOOTS : LOOP_BOOTS;
  if (loops.length < least - 1) return undefined;
  const minutes = Math.ceil((session.startMs - (loops.at(-1)?.startMs ?? 0)) / 60_000);
  return {
    code: "boot-loop",
    certainty: checkInWithinMs === undefined ? "possible" : "likely",
    what: `it has booted ${session.generation} ${loops.length + 1} times within ${minutes === 1 ? "a minute" : `${minutes} minutes`} and does not stay up`,
    cure: `look at the last lines on its console before it restarts ('panic=60' among the kernel parameters leaves time to read them); 'mayfly rollback ${session.host ?? "HOST"}' gives it the generation before at the next boot`,
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
        ? `it runs its image, which has asked for an address, and has not reported within ${formatSpan(checkInWithinMs)} that it is up`
        : `it has all of its image, and nothing was heard of it for ${formatSpan(checkInWithinMs)} since`,
    cure: `look at its console, and whether it reaches this server's HTTP port; 'mayfly rollback ${session.host ?? "HOST"}' gives it the generation before at the next boot; 'rollout: { expectCheckIn: false }' of its host says that no report is to come`,
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
const MS_PER_DAY = 24 * 3_600_000;

const clockWrong: Rule = ({ session }) => {
  const { checkIn } = session;
  if (checkIn?.clockMs === undefined) return undefined;
  const offMs = checkIn.clockMs - checkIn.atMs;
  if (Math.abs(offMs) < CLOCK_MS) return undefined;
  return {
    code: "clock-wrong",
    certainty: "certain",
    what: `its clock is ${formatSpan(Math.abs(offMs))} ${offMs < 0 ? "behind" : "ahead of"} this server's`,
    cure: "find out which of the two is wrong ('date -u' on both), and give that one a time server: with a wrong clock certificates and signatures are refused",
    evidence: [
      Math.abs(offMs) < MS_PER_DAY
        ? `its check-in at ${formatClock(checkIn.atMs)} says that it is ${formatClock(checkIn.clockMs)}`
        : `its check-in at ${formatClock(checkIn.atMs)} tells a time of another day`,
    ],
  };
};

export const IMAGE_RULES: readonly Rule[] = [
  turnedAway,
  brokeOff,
  stoppedBetween,
  ipxeWithoutScript,
  nothingFetched,
  initrdMissing,
  bootLoop,
  noCheckIn,
  notWell,
  clockWrong,
];
