// Writes the screenshots of the documentation: `node shots.mjs [FOLDER]`.

import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import { launch, screens } from "./chromium.mjs";
import { page, serve } from "./site.mjs";

const LOCALES = { de: "de-DE", ja: "ja-JP", ar: "ar-AE" };
const KINDS = ["home", "category", "product"];
const DEVICES = { phone: screens.phone, desktop: screens.desktop };

const folder = resolve(process.argv[2] ?? "../../docs/screenshots");
mkdirSync(folder, { recursive: true });
const [browser, shop] = await Promise.all([launch(), serve()]);
let bytes = 0;
for (const [device, screen] of Object.entries(DEVICES)) {
  const context = await browser.newContext(screen);
  const tab = await context.newPage();
  for (const [language, locale] of Object.entries(LOCALES)) {
    for (const kind of KINDS) {
      await tab.goto(shop.origin + page(locale, kind).url, { waitUntil: "networkidle" });
      const path = join(folder, `${kind}-${language}-${device}.jpg`);
      await tab.screenshot({ path, type: "jpeg", quality: 75 });
      bytes += statSync(path).size;
    }
  }
  await context.close();
}
await browser.close();
await shop.close();
console.log(`${bytes} bytes in ${folder}`);
