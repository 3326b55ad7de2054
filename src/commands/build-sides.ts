/** Who runs nix for `mayfly build`: the server, or this process itself. */

import { withoutLogin } from "../boot/without-login.ts";
import { buildsConfig } from "../builds.ts";
import type { SettingsRequest } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import { startBuilds } from "../io/builds/builds.ts";
import { openStore } from "../io/store/sqlite-store.ts";
import { createMemoryStore, type Store } from "../io/store/store.ts";
import { StoreError } from "../io/store/store-error.ts";
import { createWorld } from "../io/world.ts";
import { type BuildView, builds, type PlanView, plans, wanted } from "../web/schema/builds.ts";
import { viewBuild } from "../web/view-build.ts";
import { connectAdmin, NoServerError } from "./admin-client.ts";
import { loadChecked } from "./load-checked.ts";
import { readPages } from "./pages.ts";

/** What builds, as the command sees it. */
export interface BuildSide {
  /** Whether it goes on when the command ends. */
  readonly isServer: boolean;
  plans(): Promise<readonly PlanView[]>;
  want(host: string): Promise<BuildView>;
  /** As it is now; `undefined` for one that is not known any more. */
  look(build: BuildView): Promise<BuildView | undefined>;
  cancel(host: string): Promise<readonly BuildView[]>;
  last(host: string): Promise<readonly BuildView[]>;
  close(): Promise<void>;
}

/** The server that runs. @throws NoServerError if there is none */
export async function serverSide(request: SettingsRequest): Promise<BuildSide> {
  const client = await connectAdmin(request);
  const path = (host: string, rest: string) => `hosts/${encodeURIComponent(host)}/${rest}`;
  const last = async (host: string) => (await client.ask(builds, "GET", path(host, "builds"))).builds;
  return {
    isServer: true,
    plans: async () => (await readPages(client, plans, "builds")).flatMap(({ hosts }) => hosts),
    want: async (host) => (await client.ask(wanted, "POST", path(host, "build"), {})).build,
    look: async ({ host, id }) => (await last(host)).find((build) => build.id === id),
    cancel: async (host) => (await client.ask(builds, "DELETE", path(host, "build"))).builds,
    last,
    close: async () => {},
  };
}

/** This process: the links are the same, and a server that comes later finds them. */
export async function localSide(request: SettingsRequest): Promise<BuildSide> {
  const settings = await loadChecked(request);
  const store = await stateOf(settings);
  const config = buildsConfig(settings.live, settings);
  const runner = await startBuilds({
    ...{ world: createWorld(), store, stateFolder: settings.stateFolder, config },
    resumes: false,
  });
  return {
    isServer: false,
    async plans() {
      const latest = await runner.latest();
      return config.targets.map(({ host, installable }) => {
        const build = latest.get(host);
        return {
          host,
          installable: withoutLogin(installable),
          ...(build === undefined ? {} : { last: viewBuild(build) }),
        };
      });
    },
    async want(host) {
      const verdict = await runner.want(host, "asked");
      if (verdict.type === "refused") throw new Error(`${verdict.reason}; ${verdict.cure}`);
      return viewBuild(verdict.build);
    },
    async look({ host, id }) {
      const build = (await runner.lastBuilds(host)).find((each) => each.id === id);
      return build && viewBuild(build);
    },
    cancel: async (host) => runner.cancel(host).map(viewBuild),
    last: async (host) => (await runner.lastBuilds(host)).map(viewBuild),
    async close() {
      await runner.close();
      await store.close();
    },
  };
}

/** The server if one runs, else this process. */
export async function anySide(request: SettingsRequest): Promise<BuildSide> {
  const server = await serverSide(request);
  try {
    await server.plans();
    return server;
  } catch (error) {
    if (!(error instanceof NoServerError)) throw error;
    return localSide(request);
  }
}

/** What becomes of a build is kept where that can be: a server that runs has the folder to itself. */
async function stateOf({ stateFolder }: Settings): Promise<Store> {
  try {
    return await openStore(stateFolder);
  } catch (error) {
    if (error instanceof StoreError) return createMemoryStore();
    throw error;
  }
}
