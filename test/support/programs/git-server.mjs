/**
 * What GitHub is to git and to its API, for REPOSITORIES, each with one commit: who has TOKEN reads and writes. With a certificate it
 * speaks TLS. With DEFAULT_BRANCH its API names that one. Each arrival is printed as a line of JSON.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { REPOSITORIES = "", TOKEN, DEFAULT_BRANCH, PATH, TLS_KEY: key, TLS_CERT: cert } = process.env;
const root = join(tmpdir(), "repositories");
const basic = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`;

function git(...args) {
  const author = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"];
  execFileSync("git", [...author, ...args], { stdio: "inherit" });
}

for (const name of REPOSITORIES.split(",")) {
  const repository = `${root}/${name}`;
  git("init", "--quiet", "--bare", repository);
  git("-C", repository, "config", "http.receivepack", "true");
  const checkout = mkdtempSync(join(tmpdir(), "first-commit-"));
  git("clone", "--quiet", repository, checkout);
  git("-C", checkout, "commit", "--quiet", "--allow-empty", "--message", `The first of ${name}`);
  git("-C", checkout, "push", "--quiet", "origin", "HEAD");
}

function serveGit(request, response, { pathname, search }) {
  const { method, headers } = request;
  const backend = spawn("git", ["http-backend"], {
    env: {
      PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: headers["git-protocol"] ?? "",
      PATH_INFO: pathname.replace(/\.git\//, "/"),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: method,
      REMOTE_USER: "test",
      CONTENT_TYPE: headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  request.pipe(backend.stdin);
  let head = Buffer.alloc(0);
  // As a web server does with a CGI program, it answers when it has the whole request: nginx sends no more of one that is answered.
  const whole = new Promise((resolve) => request.once("end", resolve));
  backend.stdout.on("data", async (chunk) => {
    await whole;
    if (response.headersSent) return response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const fields = head.subarray(0, end).toString().split("\r\n");
    const { status = "200", ...others } = Object.fromEntries(
      fields.map((field) => [field.split(": ")[0].toLowerCase(), field.slice(field.indexOf(": ") + 2)]),
    );
    response.writeHead(Number.parseInt(status), others);
    response.write(head.subarray(end + 4));
  });
  backend.stdout.on("end", () => void whole.then(() => response.end()));
}

function answer(request, response) {
  const { method, url, headers } = request;
  console.log(JSON.stringify({ arrived: url, method, headers }));
  const isApi = url.startsWith("/api/");
  if (headers.authorization !== (isApi ? `Bearer ${TOKEN}` : basic)) response.writeHead(401).end();
  else if (isApi) response.end(JSON.stringify({ method, url, default_branch: DEFAULT_BRANCH }));
  else serveGit(request, response, new URL(url, "http://github.test"));
}

if (key === undefined) createServer(answer).listen(80);
else createTlsServer({ key, cert }, answer).listen(443);
console.log(JSON.stringify({ listening: true }));
process.on("SIGTERM", () => process.exit());
