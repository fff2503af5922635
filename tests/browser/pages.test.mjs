// Pages as shoppers see them, on each screen.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import axe from "axe-core";

import { gate, inTabs, launch, screens } from "./chromium.mjs";
import { direction, long, page, sample, serve } from "./site.mjs";

// What a page's shifts may add up to. A busy machine paints a page in steps; a tenth is still called good
// (https://web.dev/articles/cls).
const SHIFT = 0.02;
const PATIENCE = { timeout: long ? 3_600_000 : 600_000 };

let browser;
let shop;

before(async () => {
  [browser, shop] = await Promise.all([launch(), serve()]);
});

after(async () => {
  await browser?.close();
  await shop?.close();
});

/** Everything a tab complains about or fetches from elsewhere, as text. */
function listen(tab, complaints) {
  tab.on("console", (said) => ["error", "warning"].includes(said.type()) && complaints.push(`console: ${said.text()}`));
  tab.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  tab.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  tab.on("response", (response) => response.status() >= 400 && complaints.push(`${response.status()}: ${response.url()}`));
  tab.on("request", (request) => {
    if (!request.url().startsWith(shop.origin) && !request.url().startsWith("data:")) {
      complaints.push(`third party: ${request.url()}`);
    }
  });
}

/** Where everything stands, once it has been painted: `[name, left, top, width, height]` of each element. */
async function places() {
  const painted = () => new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)));
  while (document.readyState === "loading" || document.styleSheets.length === 0) await painted();
  scrollTo(0, 0);
  for (const strip of document.querySelectorAll(".strip")) strip.scrollTo({ left: 0, behavior: "instant" });
  await painted();
  return [...document.body.querySelectorAll("*:not(svg *)")].map((node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return [`${node.localName}.${node.className?.baseVal ?? node.className}`, x, y, width, height];
  });
}

/** What stood elsewhere before pictures and scripts came. Layout is in steps of a 64th of a pixel. */
function displaced(before, after) {
  if (before.length !== after.length) return [`${after.length - before.length} elements came later`];
  const differs = (place, index) => place.some((value, at) => at > 0 && Math.abs(value - after[index][at]) > 1 / 64);
  const found = before.filter(differs).map(([name]) => name);
  return found.length > 0 ? [`${found.length} elements moved when pictures came, among them ${found.slice(-3).join(" ")}`] : [];
}

/** Scrolls to the end and to every picture, so that lazy ones load, and waits until all are painted. */
async function seeAll() {
  const moment = (ms) => new Promise((over) => setTimeout(over, ms));
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await moment(20);
  }
  for (const image of document.images) {
    if (image.complete || image.getClientRects().length === 0) continue;
    image.scrollIntoView({ block: "center", inline: "center" });
    for (let tries = 0; tries < 100 && !image.complete; tries += 1) await moment(20);
  }
  await moment(50);
}

/** What moved, which pictures are missing or misshapen, and how the page is turned. */
async function inspect() {
  const shifts = [];
  const name = (node) => (node?.nodeType === 1 ? `${node.localName}.${node.className}` : node?.nodeName);
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      shifts.push({ value, of: sources.map(({ node }) => name(node)).join(" ") });
    }
  }).observe({ type: "layout-shift", buffered: true });
  await new Promise((heard) => setTimeout(heard, 50));
  const shown = [...document.images].filter((image) => image.getClientRects().length > 0);
  const missing = shown.filter((image) => image.naturalWidth === 0).map((image) => `missing ${image.src}`);
  const distortion = (image) => (image.naturalWidth * image.height) / (image.naturalHeight * image.width);
  const stretched = (image) => getComputedStyle(image).objectFit === "fill" && Math.abs(distortion(image) - 1) > 0.02;
  const unsized = (image) => !image.hasAttribute("width") || !image.hasAttribute("height");
  const misshapen = shown
    .filter((image) => image.naturalWidth > 0 && (stretched(image) || unsized(image)))
    .map((image) => `stretched or without a size: ${image.currentSrc}`);
  return {
    shifts,
    pictures: [...missing, ...misshapen],
    dir: document.documentElement.dir,
    computed: getComputedStyle(document.body).direction,
    lang: document.documentElement.lang,
  };
}

const rules = { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

async function violations(tab) {
  await tab.evaluate(axe.source);
  const result = await tab.evaluate((options) => window.axe.run(document, options), rules);
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map((node) => `axe ${id}: ${node.target.join(" ")} (${node.any[0]?.message ?? node.failureSummary})`),
  );
}

for (const [name, screen] of Object.entries(screens)) {
  describe(name, () => {
    const found = new Map();

    before(async () => {
      const opened = new WeakMap();
      await inTabs(browser, screen, sample(), async (tab, visited) => {
        if (!opened.has(tab)) {
          opened.set(tab, { complaints: [], line: await gate(tab) });
          listen(tab, opened.get(tab).complaints);
        }
        const { complaints, line } = opened.get(tab);
        complaints.length = 0;
        line.shut();
        await tab.goto(shop.origin + visited.url, { waitUntil: "commit" });
        const before = await tab.evaluate(places);
        await line.open();
        await tab.waitForLoadState("load");
        await tab.evaluate(seeAll);
        const facts = await tab.evaluate(inspect);
        const moved = displaced(before, await tab.evaluate(places));
        found.set(visited, { ...facts, moved, complaints: [...complaints], violations: await violations(tab) });
      });
    }, PATIENCE);

    /** All that `wrong(facts, page)` lists, each once with the number of pages it was found on. */
    const collect = (wrong) => {
      const places = new Map();
      for (const [visited, facts] of found) {
        for (const what of wrong(facts, visited)) places.set(what, [...(places.get(what) ?? []), visited.path]);
      }
      return [...places].map(([what, paths]) => `${what}, on ${paths.length} pages: ${paths.slice(0, 3).join(" ")}`);
    };

    test("axe finds no violation", () => {
      assert.deepEqual(collect((facts) => facts.violations), []);
    });
    test("nothing is logged, missing or fetched from elsewhere", () => {
      assert.deepEqual(collect((facts) => facts.complaints), []);
    });
    test("pictures and scripts find their places kept when they come late", () => {
      assert.deepEqual(collect(({ moved }) => moved), []);
    });
    test(`a page moves by less than ${SHIFT} in all while it loads`, () => {
      const wrong = ({ shifts }) => {
        const sum = shifts.reduce((sum, { value }) => sum + value, 0);
        return sum < SHIFT ? [] : [`${sum.toFixed(4)}: ${shifts.map(({ of }) => of).join(", ")}`];
      };
      assert.deepEqual(collect(wrong), []);
    });
    test("every picture arrives, with a size and unstretched", () => {
      assert.deepEqual(collect(({ pictures }) => pictures), []);
    });
    test("each page has the language and the direction of its edition", () => {
      const wrong = ({ dir, computed, lang }, { edition }) => {
        if (!edition) return [];
        const expected = direction(edition);
        return dir === expected && computed === expected && lang === edition.locale ? [] : [`${lang} ${dir} ${computed}`];
      };
      assert.deepEqual(collect(wrong), []);
    });
  });
}

test("nothing scrolls sideways at 320 pixels", PATIENCE, async () => {
  const wide = [];
  const screen = { ...screens.phone, viewport: { width: 320, height: 640 } };
  await inTabs(browser, screen, sample(), async (tab, visited) => {
    await tab.goto(shop.origin + visited.url, { waitUntil: "load" });
    const width = await tab.evaluate(() => document.documentElement.scrollWidth);
    if (width > 320) wide.push(`${visited.path} is ${width} wide`);
  });
  assert.deepEqual(wide, []);
});

describe("without JavaScript", () => {
  let tab;

  before(async () => {
    const context = await browser.newContext({ ...screens.phone, javaScriptEnabled: false });
    tab = await context.newPage();
  });

  test("the menu opens and leads to a category", async () => {
    await tab.goto(shop.origin + page("de-DE", "home").url);
    const link = tab.locator('header a[href*="/c/"]:visible').first();
    assert.equal(await link.count(), 0, "the menu is closed");
    await tab.locator("header summary:visible").first().click();
    await link.click();
    assert.match(new URL(tab.url()).pathname, /^\/de\/c\//);
    assert.ok((await tab.locator('main a[href*="/p/"]').count()) > 0);
  });

  test("a choice is a link to a page of its own", async () => {
    await tab.goto(shop.origin + page("de-DE", "variant").url);
    const choice = tab.locator("main .option a:not([aria-current])").first();
    const leads = await choice.getAttribute("href");
    await choice.click();
    assert.equal(new URL(tab.url()).pathname, new URL(leads, shop.origin).pathname);
    assert.ok((await tab.locator("main .option a[aria-current]").count()) > 0);
  });

  test("every picture of the gallery can be seen", async () => {
    await tab.goto(shop.origin + page("de-DE", "product").url);
    const pictures = tab.locator("main .product picture img");
    assert.ok((await pictures.count()) > 1);
    for (const picture of await pictures.all()) {
      await picture.scrollIntoViewIfNeeded();
      assert.ok(await picture.isVisible());
    }
  });
});
