/** What booted: what it is, what it got, and what it said when it was up. */

import type { SessionDetail } from "../../../src/web/schema/sessions.ts";
import { bytesText, durationText, momentText } from "../state/words.ts";
import { Facts } from "./facts.tsx";
import { Sign } from "./outcome.tsx";

export function BootFacts({ boot }: { readonly boot: SessionDetail }) {
  const { id, mac, address, via, arch, program, generation, scripts, sentBytes, facts, fetchedAfterMs } =
    boot;
  const usual = boot.medians.totalMs;
  const rule = usual === undefined ? "" : `, as a rule ${durationText(usual)}`;
  return (
    <Facts
      facts={[
        ["Boot", <code key="id">{id}</code>],
        ["Generation", generation && <code>{generation}</code>],
        ["Fetched after", fetchedAfterMs === undefined ? undefined : durationText(fetchedAfterMs) + rule],
        ["MAC", mac],
        ["Address", address],
        ["Came by", via === "kexec" ? "kexec, from a Linux that ran" : "network boot"],
        ["Firmware", arch],
        ["Last program", program],
        ["Scripts given", scripts > 1 ? String(scripts) : undefined],
        ["Sent", sentBytes > 0 ? bytesText(sentBytes) : undefined],
        ...Object.entries(facts ?? {}),
      ]}
    />
  );
}

export function CheckInReport({ boot: { checkIn } }: { readonly boot: SessionDetail }) {
  if (checkIn === undefined) return undefined;
  const { at, nixos, kernel, system, uptimeMs, failedUnits, missingMounts, missingFiles } = checkIn;
  const missing = failedUnits.length + missingMounts.length + missingFiles.length;
  return (
    <section aria-labelledby="check-in">
      <h2 id="check-in">Its report</h2>
      <p>
        {missing === 0 ? (
          <Sign tone="good" text="Up, and nothing is missing" />
        ) : (
          <Sign tone="warn" text="Up, but not well" />
        )}
      </p>
      <Facts
        facts={[
          ["Failed units", failedUnits.join(", ")],
          ["Not mounted", missingMounts.join(", ")],
          ["Files not there", missingFiles.join(", ")],
          ["Reported", momentText(at)],
          ["NixOS", nixos],
          ["Linux", kernel],
          ["System", system],
          ["From the kernel's start", uptimeMs === undefined ? undefined : durationText(uptimeMs)],
        ]}
      />
    </section>
  );
}
