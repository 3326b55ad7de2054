/**
 * Tells what an event adds to the metrics. Pure.
 *
 * Whatever comes from the network becomes a label only where it is one of a closed list: nobody can make
 * the table grow by what they send.
 */

import type { WireErrorCode } from "../../wire/error.ts";
import type { DiagnosisCode } from "../diagnosis/diagnosis.ts";
import type { BootEvent } from "../event.ts";
import type { HostName } from "../host.ts";
import { stageTimes } from "../session/medians.ts";
import type { Session } from "../session/session.ts";
import type { Labels, Measurement, MetricName } from "./metric.ts";

/** What one event adds; how boots end is told by {@link measureBoot}, which has to know why. */
export function measure(event: BootEvent): readonly Measurement[] {
  switch (event.type) {
    case "dhcp":
      return [one("mayfly_dhcp_requests_total", dhcpLabels(event))];
    case "lease": {
      const answer = event.observed === true ? "observed" : leaseAnswer(event);
      return [one("mayfly_lease_requests_total", { type: dhcpType(event.request), answer })];
    }
    case "foreign-offer": {
      const offers = event.boot === undefined ? "address" : "boot";
      return [one("mayfly_other_server_offers_total", { offers })];
    }
    case "script":
      return [one("mayfly_scripts_total", { decision: event.decision.type })];
    case "check-in-refused":
      return [one("mayfly_refused_check_ins_total", { reason: event.reason })];
    case "diagnosed":
      if (event.repeated === true) return [];
      return [one("mayfly_diagnoses_total", { cause: event.diagnosis.code })];
    case "transfer-ended": {
      const { via, result, sentBytes } = event;
      const bytes = via === "tftp" ? "mayfly_tftp_bytes_total" : "mayfly_http_bytes_total";
      return [
        one("mayfly_transfers_total", { via, result }),
        { metric: bytes, labels: {}, value: sentBytes },
      ];
    }
    case "refused":
      return [one("mayfly_refused_requests_total", { via: event.via, expected: String(event.expected) })];
    case "malformed":
      return [one("mayfly_malformed_packets_total", { via: event.via, code: errorCode(event.code) })];
    case "build":
      return event.change === "ended" ? [one("mayfly_builds_total", { state: event.build.state })] : [];
    case "rollout":
      return [
        one("mayfly_rollout_changes_total", { change: event.change }),
        ...(event.change === "marked-bad"
          ? [one("mayfly_generations_marked_bad_total", { reason: event.reason ?? OTHER })]
          : []),
      ];
    case "bug":
      return [one("mayfly_bugs_total")];
    default:
      return [];
  }
}

/** Why a boot on which nothing is wrong ended as it did. */
export const NO_CAUSE = "none";

/**
 * What a boot adds when it is over.
 *
 * @param cause - what is wrong with it, if anything
 * @param host - as far as it may be a label
 * @param wasMeasured - it was over before, handed over say, and has another outcome now: its stages are counted
 */
export function measureBoot(
  session: Session,
  cause: DiagnosisCode | undefined,
  { host, wasMeasured }: { readonly host?: HostName | undefined; readonly wasMeasured: boolean },
): readonly Measurement[] {
  const { outcome, startMs, lastMs } = session;
  const labels = { ...(host === undefined ? {} : { host }), outcome, cause: cause ?? NO_CAUSE };
  const seconds = (lastMs - startMs) / 1000;
  const duration = { metric: "mayfly_boot_duration_seconds", labels: { outcome }, value: seconds } as const;
  const stages = wasMeasured ? [] : [...stageTimes(session)];
  return [
    one("mayfly_boots_total", labels),
    duration,
    ...stages.map(([stage, ms]) => ({
      metric: "mayfly_boot_stage_duration_seconds" as const,
      labels: { stage },
      value: ms / 1000,
    })),
  ];
}

function one(metric: MetricName, labels: Labels = {}): Measurement {
  return { metric, labels, value: 1 };
}

function dhcpLabels(event: Extract<BootEvent, { type: "dhcp" }>): Labels {
  const answer = event.observed === true ? "observed" : (event.reply?.toLowerCase() ?? "none");
  return { type: dhcpType(event.request), stage: event.client.stage, answer };
}

function leaseAnswer({ decision, unkept }: Extract<BootEvent, { type: "lease" }>): string {
  if (unkept !== undefined) return "unkept";
  return decision.type === "silent" ? decision.reason : decision.type;
}

const TYPES = new Set(["DISCOVER", "REQUEST", "DECLINE", "RELEASE", "INFORM", "BOOTP"]);

function dhcpType(request: string): string {
  return TYPES.has(request) ? request.toLowerCase() : OTHER;
}

const OTHER = "other";
const WIRE_CODES: Readonly<Record<WireErrorCode, true>> = {
  WIRE_TRUNCATED: true,
  WIRE_BAD_LENGTH: true,
  WIRE_BAD_VALUE: true,
  WIRE_BAD_MAGIC: true,
};

/** Node's HTTP parser has some forty codes (`HPE_…`), which are told apart in the log. */
function errorCode(code: string): string {
  if (Object.hasOwn(WIRE_CODES, code)) return code;
  return code.startsWith("HPE_") ? "HPE" : OTHER;
}
