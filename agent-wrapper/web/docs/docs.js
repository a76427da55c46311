/**
 * Swagger UI over openapi.json. "Try it out" works with the examples as they are: every prompt has a new Idempotency-Key,
 * the example ids of a prompt and an approval become ids of the session's newest ones, and a stream shows its first
 * seconds. The color scheme is the browser's.
 */
const shownStreamMs = 5000;
const listed = { prompt: "prompts", approval: "approvals" };
const dark = matchMedia("(prefers-color-scheme: dark)");

followColorScheme();
dark.addEventListener("change", followColorScheme);
const spec = await (await fetch("openapi.json")).json();
const examples = examplesOf(spec);
// swagger-ui-bundle.js was loaded before this file. `validatorUrl: null` sends the document to no other server.
globalThis.SwaggerUIBundle({
  spec,
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
  requestInterceptor: prepare,
});

function followColorScheme() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

/** Returns the example of each parameter by the parameter's name. */
function examplesOf({ paths }) {
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const parameters = operations.flatMap((operation) => operation.parameters ?? []);
  return Object.fromEntries(parameters.map(({ name, example }) => [name, example]));
}

/** Replaces what an example cannot know. */
async function prepare(request) {
  const key = "Idempotency-Key";
  if (request.headers[key] === examples[key]) request.headers[key] = randomId();
  for (const [name, list] of Object.entries(listed)) {
    const [before, after] = request.url.split(`/${list}/${examples[name]}`);
    if (after === undefined) continue;
    const id = await newestId(`${before}/${list}`, list, request.headers.Authorization);
    if (id !== undefined) request.url = `${before}/${list}/${id}${after}`;
  }
  if (request.headers.accept === "text/event-stream") request.userFetch = fetchStart;
  return request;
}

async function newestId(url, list, authorization) {
  let id;
  for (let page, cursor = "0"; cursor !== undefined; cursor = page.nextCursor) {
    const response = await fetch(`${url}?cursor=${cursor}`, { headers: { authorization } });
    if (!response.ok) return undefined;
    page = await response.json();
    id = page[list].at(-1)?.id ?? id;
  }
  return id;
}

/** Fetches what an endless stream sends in its first seconds. */
async function fetchStart(url, request) {
  const response = await fetch(url, request);
  if (!response.ok) return response;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  setTimeout(() => void reader.cancel(), shownStreamMs);
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  text += `\n: this page shows the first ${shownStreamMs / 1000} s of a stream\n`;
  return new Response(text, { status: response.status, headers: response.headers });
}

/** Returns 128 random bits. `crypto.randomUUID` exists only for https and localhost. */
function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
