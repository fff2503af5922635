// Live reload and error overlay of `vitrine dev`. Never part of a published page.
(() => {
  "use strict";
  let build = document.currentScript.dataset.build;
  let dismissed = "";
  let host = null;

  const reload = () => location.reload();

  // The page as it is now names its style sheets; each is swapped once its successor is there, so nothing flashes.
  async function swapStyles() {
    const page = await fetch(location.href, { cache: "no-cache" });
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    const present = [...document.querySelectorAll('link[rel="stylesheet"]')];
    const next = [...fresh.querySelectorAll('link[rel="stylesheet"]')];
    if (present.length !== next.length) return reload();
    next.forEach((link, index) => {
      const old = present[index];
      const href = link.getAttribute("href");
      if (old.getAttribute("href") === href) return;
      const swap = old.cloneNode();
      swap.href = href;
      swap.onload = () => old.remove();
      swap.onerror = reload;
      old.after(swap);
    });
  }

  const styles = `
    :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; display: grid; place-items: center;
      padding: 1rem; background: rgb(20 22 26 / 55%); }
    section { box-sizing: border-box; width: min(60rem, 100%); max-height: 80vh; overflow: auto; padding: 1.5rem;
      border-radius: .75rem; border-top: .3rem solid #d64545; background: #17191d; color: #eceef1;
      font: 15px/1.5 system-ui, sans-serif; text-align: left; direction: ltr; }
    header { display: flex; gap: 1rem; align-items: start; justify-content: space-between; }
    h1 { margin: 0; font-size: 1.15rem; }
    p { margin: .5rem 0 0; color: #b6bcc6; }
    ol { margin: 1rem 0 0; padding: 0; list-style: none; }
    li { padding: .75rem 0; border-top: 1px solid #33373f; overflow-wrap: anywhere; }
    code { display: block; color: #ffb4a8; font: 13px/1.5 ui-monospace, monospace; }
    pre { margin: .25rem 0 0; white-space: pre-wrap; font: inherit; }
    button { flex: none; min-width: 2.75rem; min-height: 2.75rem; border: 1px solid #555b66; border-radius: .5rem;
      background: none; color: inherit; font: inherit; cursor: pointer; }
    button:focus-visible { outline: 3px solid #8ab4f8; outline-offset: 2px; }`;

  function element(name, text, ...children) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    made.append(...children);
    return made;
  }

  function hide() {
    host?.remove();
    host = null;
  }

  function show(problems) {
    hide();
    const signature = JSON.stringify(problems);
    if (!problems.length || signature === dismissed) return;
    const dismiss = () => {
      dismissed = signature;
      hide();
    };
    host = document.createElement("vitrine-problems");
    const root = host.attachShadow({ mode: "open" });
    // A constructed sheet is no inline style, so the page's content security policy lets it pass.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
    const close = element("button", "Close");
    close.addEventListener("click", dismiss);
    const title = problems.length === 1 ? "One thing is wrong" : `${problems.length} things are wrong`;
    const list = problems.map(({ place, what }) => element("li", "", element("code", place), element("pre", what)));
    const box = element("section", "",
      element("header", "", element("h1", title), close),
      element("p", "The last good version stays below. This goes away when the files are mended."),
      element("ol", "", ...list));
    box.setAttribute("role", "alertdialog");
    box.setAttribute("aria-label", title);
    box.addEventListener("keydown", (event) => event.key === "Escape" && dismiss());
    root.append(box);
    document.documentElement.append(host);
    close.focus();
  }

  // Addresses are compared as text, however their non-ASCII letters are written.
  const plain = (path) => {
    try {
      return decodeURI(path);
    } catch {
      return path;
    }
  };
  const hear = {
    hello(signal) {
      // The page is older than what is served: it was built, or the server was started again, in between.
      if (signal.build !== build) return reload();
      show(signal.problems);
    },
    pages(signal) {
      build = signal.build;
      if (signal.paths.some((path) => plain(path) === plain(location.pathname))) reload();
    },
    everything: reload,
    styles(signal) {
      build = signal.build;
      swapStyles().catch(reload);
    },
    problems: (signal) => show(signal.problems),
  };

  const events = new EventSource("/__vitrine/events");
  events.onmessage = (message) => {
    const signal = JSON.parse(message.data);
    hear[signal.kind]?.(signal);
  };
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => event.persisted && reload());
})();
