/** What went wrong at our own end of a boot: neither the machine nor the network has a part in it. */

import type { SessionStep } from "../session/session.ts";
import { SERVER_STOPPED } from "../session/session-begin.ts";
import { brokenTransfer, type Case, evidenceOf, isOurs, isStuck } from "./case.ts";
import type { Diagnosis } from "./diagnosis.ts";

type Rule = (boot: Case) => Diagnosis | undefined;

const GONE = /not kept any more|ENOENT|ESTALE|no such file/i;

function isGone({ result, note = "" }: SessionStep): boolean {
  return result === "stale" || (result === "failed" && GONE.test(note));
}

const generationGone: Rule = (boot) => {
  const step = brokenTransfer(boot);
  if (step === undefined || !isStuck(boot) || !isGone(step)) return undefined;
  return {
    code: "generation-gone",
    certainty: "certain",
    what: `${step.path} is not what it was when the boot began: the store path was collected, or the file was overwritten`,
    cure: "nothing, where the machine has started over by itself; else switch it on again, it gets the current image; larger 'rollbackDepth' and 'keepMinutes' keep older ones longer, and copies of plain folders ('storeMaxGigabytes') are not overwritten",
    evidence: [evidenceOf(step)],
  };
};

/** Whether the machine has found its way without the file, be it another one of the kind or none. */
function isPast({ session: { steps } }: Case, step: SessionStep): boolean {
  const after = steps.slice(steps.indexOf(step) + 1);
  if (step.note === SERVER_STOPPED) return after.length > 0;
  const isEarly = step.stage === "boot-program" || step.stage === "autoexec";
  return isEarly && after.some(({ stage }) => stage === "ipxe-dhcp" || stage === "script");
}

const notServed: Rule = (boot) => {
  const step = brokenTransfer(boot);
  if (step === undefined || !isOurs(step) || !isStuck(boot) || isGone(step) || isPast(boot, step))
    return undefined;
  const evidence = [evidenceOf(step)];
  const { path, note = "its log says why" } = step;
  if (note !== SERVER_STOPPED) {
    return {
      code: "not-served",
      certainty: "certain",
      what: `this server did not give it ${path}: ${note.replace(/\.$/, "")}`,
      cure: "a file that is not there is named by a script of the image's own, by another DHCP server or by hand: correct the name, or add the file; one that cannot be read is on a disk that fails, or not for this server to read",
      evidence,
    };
  }
  return {
    code: "not-served",
    certainty: "certain",
    what: `this server was stopped while it sent ${path}, and the boot did not go on after that`,
    cure: "nothing, where the machine has started over by itself; else switch it on again",
    evidence,
  };
};

export const SERVER_RULES: readonly Rule[] = [generationGone, notServed];
