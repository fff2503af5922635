// The built shop as files: its pages, what kind each is, and a server for them.

import { createServer } from "node:http";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { extname, join, resolve, sep } from "node:path";

/** Folder that `vitrine build` wrote. */
export const root = resolve(process.env.VITRINE_SITE ?? "../../target/browser/site");

/** Whether every page is visited instead of those that show each part once. */
export const long = process.env.VITRINE_LONG === "1";

/** The languages of the countries: `{ country, locale, path }`. */
export const editions = JSON.parse(readFileSync(join(root, "_vitrine/site.json"), "utf8")).editions;

const RTL = new Set(["ar", "fa", "he", "ur"]);

/** The direction a page of an edition must have. */
export const direction = (edition) => (RTL.has(edition.locale.split("-")[0]) ? "rtl" : "ltr");

/** Every HTML file: `{ file, url, html, bytes, edition, kind }`; `edition` is undefined for the chooser. */
export const pages = readdirSync(root, { recursive: true })
  .filter((name) => name.endsWith(".html"))
  .sort()
  .map((name) => {
    const file = join(root, name);
    const path = `/${name.split(sep).join("/")}`.replace(/index\.html$/, "");
    const html = readFileSync(file, "utf8");
    const edition = editions.find((one) => path.startsWith(one.path));
    const bytes = statSync(file).size;
    return { file, path, url: encodeURI(path), html, bytes, edition, kind: kindOf(path, html, edition) };
  });

function kindOf(path, html, edition) {
  if (/<meta http-equiv="?refresh/i.test(html)) return "redirect";
  if (path.endsWith("404.html")) return "not-found";
  if (!edition) return "chooser";
  const rest = path.slice(edition.path.length).split("/").filter(Boolean);
  if (rest.length === 0) return "home";
  if (rest[0] === "c") return "category";
  if (rest[0] === "p") return rest.length > 2 ? "variant" : "product";
  return "content";
}

/** The page of a kind with the most to show in the edition of a locale. */
export function page(locale, kind) {
  const all = pages.filter((one) => one.edition?.locale === locale && one.kind === kind);
  if (all.length === 0) throw new Error(`no ${kind} page in ${locale}`);
  return all.reduce((best, one) => (one.bytes > best.bytes ? one : best));
}

/**
 * Pages that together show every kind of page in each edition, and every class name and element in each language.
 *
 * A page is taken when it shows something that those before it did not. With VITRINE_LONG=1: all pages.
 */
export function sample() {
  const shoppers = pages.filter((one) => one.kind !== "redirect");
  if (long) return shoppers;
  const seen = new Set();
  return shoppers.filter(({ kind, html, edition }) => {
    const language = edition?.locale.split("-")[0];
    const tags = [...html.matchAll(/<([a-z0-9]+)(?:[^>]*? class="([^"]*)")?/g)];
    const parts = tags.flatMap(([, tag, names]) => [tag, ...(names ?? "").split(" ").map((name) => `.${name}`)]);
    const facts = [`${edition?.path} ${kind}`, ...parts.map((part) => `${language} ${part}`)];
    const isNew = facts.some((fact) => !seen.has(fact));
    facts.forEach((fact) => seen.add(fact));
    return isNew;
  });
}

const TYPES = {
  ".avif": "image/avif",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".xml": "application/xml",
};

// As strict as the edge's, so that an inline style or a foreign picture shows here.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Serves the folder on a free port: `{ origin, close }`. */
export async function serve() {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
    response.setHeader("content-security-policy", POLICY);
    response.setHeader("x-content-type-options", "nosniff");
    try {
      if (!file.startsWith(root + sep)) throw new Error("outside");
      const body = readFileSync(file);
      response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end("not found");
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const close = () => new Promise((closed) => server.close(closed));
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}
