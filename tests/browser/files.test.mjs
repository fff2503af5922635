// What can be told from the files alone: validity and weight.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import vnu from "vnu-jar";

import { editions, pages, root } from "./site.mjs";

const PRODUCT_BYTES = 20 * 1024;
const CSS_BYTES = 15 * 1024;

test("every edition has every kind of page", () => {
  const kinds = ["home", "category", "product", "variant", "content", "not-found"];
  for (const edition of editions) {
    const has = new Set(pages.filter((page) => page.edition === edition).map((page) => page.kind));
    assert.deepEqual(kinds.filter((kind) => !has.has(kind)), [], edition.locale);
  }
  assert.ok(pages.some((page) => page.path === "/" && page.kind === "chooser"));
});

test("the Nu HTML checker finds no error in any page", async () => {
  const run = promisify(execFile);
  const options = ["-Xss4m", "-jar", vnu.vnuJar ?? vnu, "--format", "json", "--stdout", "--exit-zero-always"];
  const { stdout } = await run("java", [...options, "--skip-non-html", root], { maxBuffer: 1 << 28 });
  const errors = JSON.parse(stdout).messages.filter((message) => message.type !== "info");
  const lines = errors.map((error) => `${error.url}:${error.lastLine}: ${error.message}`);
  assert.deepEqual(lines.slice(0, 20), [], `${lines.length} errors`);
});

// Links to the page in other editions are as many as a shop has countries and languages.
const alternates = (page) => page.html.match(/<link rel="alternate" hreflang=[^>]*>/g) ?? [];
const weight = (page) => page.bytes - Buffer.byteLength(alternates(page).join(""));

test(`a product page weighs at most ${PRODUCT_BYTES} bytes without its links to other editions`, () => {
  const products = pages.filter((page) => ["product", "variant"].includes(page.kind));
  const heavy = products.filter((page) => weight(page) > PRODUCT_BYTES);
  assert.deepEqual(heavy.map((page) => `${page.path} ${weight(page)}`), []);
});

test(`the style sheet weighs at most ${CSS_BYTES} bytes`, () => {
  const sheets = readdirSync(join(root, "assets")).filter((name) => name.endsWith(".css"));
  assert.equal(sheets.length, 1);
  const bytes = statSync(join(root, "assets", sheets[0])).size;
  assert.ok(bytes <= CSS_BYTES, `${sheets[0]} has ${bytes} bytes`);
});
