"use strict";

// Everything from the document becomes text, never markup.
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

function resolve(api, part) {
  let found = part;
  while (found && found.$ref) {
    found = found.$ref.slice(2).split("/").reduce((inside, step) => inside?.[step], api);
  }
  return found ?? {};
}

// A value that fits a schema, to begin with.
function sample(api, schema, depth = 0) {
  const of = resolve(api, schema);
  if (depth > 6) return null;
  if (of.default !== undefined) return of.default;
  if (of.examples?.length) return of.examples[0];
  if (of.enum) return of.enum[0];
  const choice = (of.oneOf ?? of.anyOf ?? []).find((one) => one.type !== "null");
  if (choice) return sample(api, choice, depth + 1);
  const type = Array.isArray(of.type) ? of.type.find((one) => one !== "null") : of.type;
  switch (type) {
    case "object":
      return Object.fromEntries(
        Object.entries(of.properties ?? {}).map(([name, inner]) => [name, sample(api, inner, depth + 1)]),
      );
    case "array":
      return of.items ? [sample(api, of.items, depth + 1)] : [];
    case "integer":
    case "number":
      return of.minimum ?? 1;
    case "boolean":
      return false;
    case "string":
      return "";
    default:
      return null;
  }
}

function field(label, input) {
  return make("label", {}, label, input);
}

function answers(api, operation) {
  const list = make("dl", {});
  for (const [status, answer] of Object.entries(operation.responses ?? {})) {
    list.append(make("dt", {}, status), make("dd", {}, resolve(api, answer).description ?? ""));
  }
  return make("details", {}, make("summary", {}, "Answers"), list);
}

function secured(operation, scheme) {
  return (operation.security ?? []).some((one) => scheme in one);
}

// Of a stream that goes on, the first that comes.
async function read(answer) {
  if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) return answer.text();
  const reader = answer.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

async function send(method, path, operation, fields, body) {
  let address = path;
  const query = new URLSearchParams();
  const headers = {};
  for (const { parameter, input } of fields) {
    if (input.value === "" && !parameter.required) continue;
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (parameter.in === "header") headers[parameter.name] = input.value;
    else input.value.split(",").forEach((value) => query.append(parameter.name, value.trim()));
  }
  const token = document.getElementById("token").value;
  if (token && secured(operation, "token")) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = Object.keys(operation.requestBody.content)[0];
  const asked = query.size ? `${address}?${query}` : address;
  const began = performance.now();
  const answer = await fetch(asked, { method: method.toUpperCase(), headers, body: body?.value });
  const text = await read(answer);
  const told = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // What is no JSON is shown as it came.
  }
  return `${answer.status} in ${Math.round(performance.now() - began)} ms\n${told}\n\n${shown}`;
}

function form(api, method, path, operation) {
  const result = make("pre", { hidden: true, "aria-live": "polite" });
  const fields = (operation.parameters ?? []).map((one) => {
    const parameter = resolve(api, one);
    const input = make("input", { required: parameter.required, autocomplete: "off" });
    return { parameter, input };
  });
  const content = Object.entries(operation.requestBody?.content ?? {})[0];
  const body = content && make("textarea", { spellcheck: "false" });
  if (body) body.value = JSON.stringify(sample(api, content[1].schema), null, 2);
  const parts = fields.map(({ parameter, input }) =>
    field(`${parameter.name} (${parameter.in}) ${parameter.description ?? ""}`, input),
  );
  if (secured(operation, "signature")) {
    const input = make("input", { required: true, autocomplete: "off" });
    fields.push({ parameter: { name: "Vitrine-Signature", in: "header", required: true }, input });
    parts.push(field("Vitrine-Signature (header)", input));
  }
  const filled = make("form", {}, make("p", {}, operation.description ?? ""), ...parts);
  if (body) filled.append(field("Body", body));
  filled.append(make("button", {}, "Send"), result, answers(api, operation));
  filled.addEventListener("submit", async (event) => {
    event.preventDefault();
    result.hidden = false;
    result.textContent = "..";
    try {
      result.textContent = await send(method, path, operation, fields, body);
    } catch (error) {
      result.textContent = `no answer: ${error.message}`;
    }
  });
  return filled;
}

async function show() {
  const main = document.getElementById("operations");
  const api = await (await fetch("openapi.json")).json();
  document.getElementById("about").textContent = api.info.description;
  main.replaceChildren();
  for (const tag of api.tags) {
    main.append(make("h2", {}, tag.name), make("p", {}, tag.description ?? ""));
    for (const [path, operations] of Object.entries(api.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        if (!operation.tags?.includes(tag.name)) continue;
        const head = make(
          "summary",
          {},
          make("span", { class: "method" }, method.toUpperCase()),
          make("span", { class: "path" }, path),
          ` ${operation.summary ?? ""}`,
        );
        main.append(make("details", { id: operation.operationId }, head, form(api, method, path, operation)));
      }
    }
  }
}

show().catch((error) => {
  document.getElementById("operations").textContent = `The document can't be read: ${error.message}`;
});
