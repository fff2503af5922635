// Lighthouse's performance score of home, category and product: the median of five runs each.
//
//   VITRINE_SITE=DIR node performance.mjs [RUNS]      DIR is a folder that `vitrine build` wrote
//
// A benchmark, not a test: the score moves with whatever else the machine does.

import lighthouse from "lighthouse";

import { launch } from "./chromium.mjs";
import { page, serve } from "./site.mjs";

const PORT = 9334;
const runs = Number(process.argv[2] ?? 5);
const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const [browser, shop] = await Promise.all([launch([`--remote-debugging-port=${PORT}`]), serve()]);
try {
  for (const [locale, kind] of ["de-DE", "ar-AE"].flatMap((locale) => ["home", "category", "product"].map((kind) => [locale, kind]))) {
    const scores = [];
    const paints = [];
    for (let run = 0; run < runs; run += 1) {
      const options = { port: PORT, onlyCategories: ["performance"], logLevel: "error" };
      const { lhr } = await lighthouse(shop.origin + page(locale, kind).url, options);
      scores.push(Math.round(lhr.categories.performance.score * 100));
      paints.push(Math.round(lhr.audits["largest-contentful-paint"].numericValue));
    }
    console.log(`${locale} ${kind}: ${middle(scores)} (${scores.join(" ")}), largest paint ${middle(paints)} ms`);
  }
} finally {
  await browser.close();
  await shop.close();
}
