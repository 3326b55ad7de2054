/** The public API, for programs that have Mayfly inside them. */

export { type App, startApp } from "./app.ts";
export { loadSettings, type SettingsRequest } from "./config/load.ts";
export { ConfigError, type Mistake } from "./config/mistake.ts";
export type { LiveSettings, Settings } from "./config/settings.ts";
export type { Served } from "./ports.ts";
