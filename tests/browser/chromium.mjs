// Chromium, and the screens the shop is looked at on.

import { chromium } from "playwright-core";

/** The browser's program. */
export const executablePath = process.env.CHROME_PATH ?? "/usr/bin/chromium";

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const DESKTOP = { viewport: { width: 1280, height: 900 } };

/** What shoppers have in front of them. */
export const screens = {
  phone: { ...PHONE, colorScheme: "light" },
  "phone, dark": { ...PHONE, colorScheme: "dark" },
  desktop: { ...DESKTOP, colorScheme: "light" },
  "desktop, dark": { ...DESKTOP, colorScheme: "dark" },
};

/** Starts it without a window. */
export function launch(args = []) {
  // The sandbox needs rights that a container's root does not have.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--force-color-profile=srgb", ...args] });
}

/** Runs `visit(page, item)` for all items in `tabs` tabs of one screen. */
export async function inTabs(browser, screen, items, visit, tabs = 2) {
  const left = [...items];
  const work = async () => {
    const context = await browser.newContext(screen);
    const tab = await context.newPage();
    while (left.length > 0) await visit(tab, left.shift());
    await context.close();
  };
  await Promise.all(Array.from({ length: tabs }, work));
}

/**
 * Keeps all but pages and style sheets from a tab while it is shut: `{ shut, open }`.
 *
 * What lies between the two is what shoppers see on a slow line: text, and room for what is to come.
 */
export async function gate(tab) {
  let waiting;
  await tab.route("**/*", (route) => {
    const isText = ["document", "stylesheet"].includes(route.request().resourceType());
    return waiting && !isText ? waiting.push(route) : route.continue();
  });
  return {
    shut: () => (waiting = []),
    open: async () => {
      const held = waiting ?? [];
      waiting = undefined;
      await Promise.all(held.map((route) => route.continue()));
    },
  };
}
