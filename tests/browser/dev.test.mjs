// `vitrine dev` beside an open browser: what is saved shows by itself.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";

import { launch } from "./chromium.mjs";

const program = resolve(process.env.VITRINE_PROGRAM ?? "../../target/debug/vitrine");
const PATIENCE = { timeout: 120_000 };
// What is promised is a second. The program here is made for finding mistakes, on a machine that does other things.
const LONGEST = 5_000;

let browser;
let folder;
let dev;
let origin;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "vitrine-dev-"));
  cpSync(resolve("../../content"), join(folder, "content"), { recursive: true });
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  dev = spawn(program, ["dev", "--port", `${port}`], { cwd: folder, stdio: "ignore" });
  browser = await launch();
  while (!(await fetch(origin).catch(() => undefined))?.ok) await new Promise((soon) => setTimeout(soon, 100));
}, PATIENCE);

after(async () => {
  await browser?.close();
  dev?.kill("SIGTERM");
  if (dev && dev.exitCode === null) await new Promise((ended) => dev.once("exit", ended));
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** A port that nobody listens on. */
function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

/** Changes a file of the content folder. */
function edit(file, change) {
  const path = join(folder, "content", file);
  const before = readFileSync(path, "utf8");
  const changed = change(before);
  assert.notEqual(changed, before, `${file} is to be changed`);
  writeFileSync(path, changed);
}

test("a price that is saved shows in the open page", PATIENCE, async (context) => {
  const tab = await browser.newPage();
  const complaints = [];
  tab.on("pageerror", (error) => complaints.push(error.message));
  await tab.goto(`${origin}/gb/p/cloud-mattress/`, { waitUntil: "load" });
  // A file in which every price of Great Britain is the same shows which of them a page has.
  for (const price of ["4321", "4322", "4323"]) {
    const saved = performance.now();
    edit("products/cloud/product.toml", (text) => text.replaceAll(/^GB = .*$/gm, `GB = ${price}`));
    const shown = `4,${price.slice(1)}`;
    await tab.waitForFunction((text) => document.body?.innerText.includes(text), shown, { polling: 20, timeout: 60_000 });
    const took = Math.round(performance.now() - saved);
    context.diagnostic(`${shown} after ${took} ms`);
    assert.ok(took < LONGEST, `${took} ms`);
  }
  assert.deepEqual(complaints, []);
  await tab.close();
});

test("a mistake is told over the page, and gone when it is mended", PATIENCE, async () => {
  const tab = await browser.newPage();
  await tab.goto(`${origin}/gb/`, { waitUntil: "load" });
  const overlay = tab.getByText("product.toml");
  edit("products/drift/product.toml", (text) => text.replace("status = ", "statsu = "));
  await overlay.first().waitFor({ timeout: 60_000 });
  edit("products/drift/product.toml", (text) => text.replace("statsu = ", "status = "));
  await overlay.first().waitFor({ state: "detached", timeout: 60_000 });
  await tab.close();
});
