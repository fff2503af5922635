// Lighthouse: accessibility, SEO and best practices are 100.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import lighthouse from "lighthouse";

import { launch } from "./chromium.mjs";
import { long, page, serve } from "./site.mjs";

const CATEGORIES = ["accessibility", "best-practices", "seo"];
const PORT = 9333;

let browser;
let shop;

before(async () => {
  [browser, shop] = await Promise.all([launch([`--remote-debugging-port=${PORT}`]), serve()]);
});

after(async () => {
  await browser?.close();
  await shop?.close();
});

const visits = long
  ? ["de-DE", "ja-JP", "ar-AE"].flatMap((locale) => ["home", "category", "product"].map((kind) => [locale, kind]))
  : [["ar-AE", "product"]];

for (const [locale, kind] of visits) {
  test(`${kind} in ${locale}`, async () => {
    const options = { port: PORT, onlyCategories: CATEGORIES, logLevel: "error" };
    const { lhr } = await lighthouse(shop.origin + page(locale, kind).url, options);
    const failed = Object.values(lhr.categories).flatMap(({ auditRefs, title }) =>
      auditRefs
        .filter(({ id, weight }) => weight > 0 && (lhr.audits[id].score ?? 1) < 1)
        .map(({ id }) => `${title}: ${id}: ${lhr.audits[id].title}`),
    );
    assert.deepEqual(failed, []);
    for (const category of CATEGORIES) assert.equal(lhr.categories[category].score, 1, category);
  });
}
