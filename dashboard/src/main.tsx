/** Puts the page together and starts it. */

import { render } from "preact";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/parts.css";
import "./styles/hosts.css";
import "./styles/boots.css";
import "./styles/codes.css";
import "./styles/dialog.css";
import "./styles/generations.css";
import "./styles/machines.css";
import "./styles/charts.css";
import "uplot/dist/uPlot.min.css";
import { createApi } from "./shell/api.ts";
import { AppContext } from "./shell/app.ts";
import { createDialogs } from "./shell/dialogs.tsx";
import { Frame } from "./shell/frame.tsx";
import { startLive } from "./shell/live.ts";
import { createMessages } from "./shell/messages.tsx";
import { startNavigation } from "./shell/navigation.ts";
import { createStore } from "./shell/store.ts";
import { applyTheme, savedTheme } from "./shell/theme.ts";

applyTheme(savedTheme());
const store = createStore();
const api = createApi(() => location.assign("/login"));
const messages = createMessages();
const dialogs = createDialogs();
const app = { store, api, navigation: startNavigation(), say: messages.say, open: dialogs.open };
const place = document.getElementById("app");
if (place === null) throw new Error("index.html has no place for the page");
render(
  <AppContext.Provider value={app}>
    <Frame messages={messages} dialogs={dialogs} />
  </AppContext.Provider>,
  place,
);
startLive(store, api);
