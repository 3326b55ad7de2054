/** Keeps hosts and images in step: what the configuration says, and what lies in the media folder. */

import { join } from "node:path";
import type { BootEvent, Notice } from "./boot/event.ts";
import type { GenerationId } from "./boot/generation.ts";
import type { HostName } from "./boot/host.ts";
import { hostChanges } from "./boot/host-changes.ts";
import { freshNotices, type HostTable, hostTable, withOutputs } from "./boot/hosts.ts";
import { limitNotices } from "./boot/image/limit-notice.ts";
import { parameterNotices } from "./boot/image/parameter-notice.ts";
import { type ApprovalVerdict, approvedMacs, judgeApproval } from "./boot/machine/approval.ts";
import { formatApproved } from "./config/hosts-text.ts";
import { readRawHosts } from "./config/load.ts";
import type { LiveSettings, Settings } from "./config/settings.ts";
import { followBuildOutput } from "./io/builds/build-output.ts";
import { parseStorePath } from "./io/images/image-path.ts";
import { startImages } from "./io/images/images.ts";
import type { Keeping } from "./io/images/keeping.ts";
import type { Approvals } from "./io/machines/approvals.ts";
import type { FileShelf } from "./io/open-file.ts";
import type { World } from "./io/world.ts";
import type { Mac } from "./wire/net/mac.ts";

export interface Hosts {
  /** Resolves when every image that is there was looked at once. */
  readonly ready: Promise<void>;
  readonly shelf: FileShelf;
  /** Takes over an edited configuration. */
  configure(live: LiveSettings): void;
  /** What is to be kept may have changed; resolves when what is needed is at hand, or was told to be lost. */
  review(): Promise<void>;
  /** Whether there ever was such a generation, as far as anybody remembers. */
  wasPublished(generation: GenerationId): Promise<boolean>;
  /** A boot was told to use this generation: keep it as long as that boot may need it. */
  touch(generation: GenerationId): void;
  /** Resolves when the approval is on the disk and counts, or was refused. `by`: with which token. */
  approve(mac: Mac, host: HostName, by?: string): Promise<ApprovalVerdict>;
  /** Takes an approval back. @returns the host that the machine was approved as, if it was */
  unapprove(mac: Mac, by?: string): Promise<HostName | undefined>;
  /** What the configuration would have to say for the approvals to be needless, as text. */
  exported(): Promise<string>;
  close(): Promise<void>;
}

const MS_PER_MINUTE = 60_000;
const NOWHERE: ReadonlyMap<HostName, string> = new Map();

/** Puts the table of hosts into the world now, and again whenever the configuration or the folder changes. */
export function startHosts(world: World, settings: Settings, approvals: Approvals, keeping?: Keeping): Hosts {
  let { live } = settings;
  let tableNotices: readonly Notice[] = [];
  const oneImage = settings.image === undefined ? {} : { image: settings.image };
  let noticed: readonly Notice[] = [];
  const output = followBuildOutput(live.buildOutput, {
    changed: () => relocate(),
    failed: (error) => world.record({ type: "bug", via: "buildOutput", error }),
  });
  let entries: ReadonlySet<string> = new Set();
  const table = (): HostTable => {
    const outputs = live.buildOutput === undefined ? NOWHERE : outputPlaces(live.buildOutput);
    const hosts = withOutputs(live.hosts, outputs, entries);
    return hostTable({ ...live, ...oneImage, hosts, approved: approvals.list() }, [...entries]);
  };
  /** What a server before this one has taken from there is at hand, whatever the next build has cleared away. */
  function outputPlaces(folder: string): ReadonlyMap<HostName, string> {
    const earlier = live.hosts.flatMap(({ name }) => {
      const record = keeping?.remembered?.recordsOf(name)[0];
      const isFromThere =
        record?.path.startsWith(`${folder}/`) || parseStorePath(record?.path ?? "")?.owner === "mayfly";
      const copy = record && isFromThere ? keeping?.copies?.placeOf(record.id) : undefined;
      return copy === undefined ? [] : [[name, copy] as const];
    });
    return new Map([...earlier, ...output.places()]);
  }
  const places = () => new Map(table().places.map(({ image, path }) => [image, path]));
  /** As it was when its changes were told last. */
  let told = table();

  const images = startImages({
    world,
    // One image for every machine: the folder does not count then.
    ...(settings.image === undefined ? { hostsFolder: join(settings.mediaFolder, "hosts") } : {}),
    images: places(),
    outlasts: (image) => output.places().has(image) && output.places().get(image) === places().get(image),
    settings: { keepMs: live.keepMinutes * MS_PER_MINUTE },
    ...(keeping === undefined ? {} : { keeping }),
  });

  function refresh(): HostTable {
    const found = table();
    const { places: _places, notices, ...hosts } = found;
    world.change([
      { type: "hosts", ...hosts },
      { type: "nics", rules: live.nics ?? [] },
    ]);
    tableNotices = notices;
    tell();
    return found;
  }
  /** Images may lie elsewhere than before. */
  function relocate(): void {
    entries = images.entries();
    images.setImages(places());
    const before = told;
    told = refresh();
    const changes = hostChanges(before, told);
    if (changes !== undefined) world.record({ type: "hosts", ...changes });
  }
  /** What was told before is not told again. */
  function tell(): void {
    const all = [...tableNotices, ...limitNotices(world.snapshot()), ...parameterNotices(world.snapshot())];
    const fresh = freshNotices(noticed, all);
    noticed = all;
    for (const notice of fresh) world.record({ type: "notice", ...notice });
  }

  const stopListening = world.subscribe((event) => {
    if (event.type === "published" && event.generation.bootFile !== undefined) tell();
    // From here on the machine may come for its files.
    if ((event.type === "dhcp" || event.type === "script") && "generation" in event.decision)
      images.touch(event.decision.generation.id);
  });
  images.onEntries(relocate);
  told = refresh();
  return {
    ready: Promise.all([output.settled, images.ready]).then(() => {
      const { hosts, strangers } = world.snapshot();
      if (hosts.size === 0 && strangers === undefined) world.record(nothingToServe(settings));
    }),
    shelf: images.shelf,
    configure(next) {
      live = next;
      images.setKeep(live.keepMinutes * MS_PER_MINUTE);
      output.follow(live.buildOutput);
      relocate();
      void images.review();
    },
    review: () => images.review(),
    async wasPublished(generation) {
      const remembered = keeping?.remembered;
      return remembered === undefined || (await remembered.recordOf(generation)) !== undefined;
    },
    touch: (generation) => images.touch(generation),
    async approve(mac, host, by) {
      const { hosts } = live;
      const { configFile } = settings;
      const verdict = judgeApproval(
        { mac, host },
        { hosts, configFile, entries: [...images.entries()], ...oneImage },
      );
      if (verdict.type === "refused") return verdict;
      await approvals.put({ mac, host });
      told = refresh();
      world.record({ type: "approved", mac, host, ...(by === undefined ? {} : { by }) });
      return verdict;
    },
    async unapprove(mac, by) {
      const host = approvals.get(mac)?.host;
      if (host === undefined) return undefined;
      await approvals.remove(mac);
      told = refresh();
      world.record({ type: "unapproved", mac, host, ...(by === undefined ? {} : { by }) });
      return host;
    },
    async exported() {
      const approved = approvedMacs(live.hosts, approvals.list());
      return formatApproved(approved, approved.length === 0 ? {} : await readRawHosts(settings.configFile));
    },
    async close() {
      stopListening();
      await output.close();
      await images.close();
    },
  };
}

/** What a newcomer sees who has started the server and nothing else. */
function nothingToServe({ mediaFolder }: Settings): BootEvent {
  return {
    type: "notice",
    level: "info",
    text: "no machine has an image yet, so all of them are left alone",
    cure: `'nix build -o ${join(mediaFolder, "hosts/default")} …' gives one to every machine, as does 'serve ./result'`,
  };
}
