import { h, render } from "preact";

import { App } from "./app.ts";
import { start } from "./state/session.ts";
import { applyTheme } from "./ui/theme.ts";

applyTheme();
const root = document.querySelector("#app");
if (root === null) throw new Error("The page has no element for the application");
render(h(App, null), root);
await start();
