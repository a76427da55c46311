/**
 * Where packages come from: an npm registry (`/npm/`), an apt repository (`/apt`) and a git repository (`/hello.git`), each with one
 * package, as files over HTTP on port 80 and, with a certificate, over TLS on 443. It prints a line for each arrival, and says when
 * it listens.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { TLS_KEY: key, TLS_CERT: cert } = process.env;
const root = mkdtempSync(join(tmpdir(), "packages-"));
const path = (...parts) => join(root, ...parts);
const run = (program, ...args) => execFileSync(program, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
const hash = (kind, file, encoding) =>
  createHash(kind)
    .update(readFileSync(path(file)))
    .digest(encoding);

function makeNpmPackage() {
  mkdirSync(path("npm/package"), { recursive: true });
  const manifest = { name: "hello", version: "1.0.0" };
  writeFileSync(path("npm/package/package.json"), JSON.stringify(manifest));
  run("tar", "-czf", "npm/hello-1.0.0.tgz", "-C", "npm", "package");
  const dist = {
    tarball: "https://packages.test/npm/hello-1.0.0.tgz",
    shasum: hash("sha1", "npm/hello-1.0.0.tgz", "hex"),
  };
  const versions = { "1.0.0": { ...manifest, dist } };
  writeFileSync(path("npm/hello"), JSON.stringify({ name: "hello", "dist-tags": { latest: "1.0.0" }, versions }));
}

function makeDebianPackage() {
  mkdirSync(path("apt/hello/DEBIAN"), { recursive: true });
  const control =
    "Package: hello\nVersion: 1.0\nArchitecture: all\nMaintainer: Test <test@example.com>\nDescription: a test\n";
  writeFileSync(path("apt/hello/DEBIAN/control"), control);
  run("dpkg-deb", "--build", "apt/hello", "apt/hello.deb");
  const size = readFileSync(path("apt/hello.deb")).length;
  const found = `Filename: ./hello.deb\nSize: ${size}\nSHA256: ${hash("sha256", "apt/hello.deb", "hex")}\n`;
  writeFileSync(path("apt/Packages"), control + found);
}

function makeRepository() {
  const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  run("git", "init", "--quiet", "checkout");
  run("git", ...author, "-C", "checkout", "commit", "--quiet", "--allow-empty", "--message", "The first");
  run("git", "clone", "--quiet", "--bare", "checkout", "hello.git");
  run("git", "-C", "hello.git", "update-server-info");
}

function answer({ method, url, headers, socket }, response) {
  const { pathname } = new URL(url, "http://packages.test");
  console.log(`${socket.encrypted ? "https" : "http"} ${headers.host} ${method} ${pathname}`);
  try {
    response.end(readFileSync(path(decodeURIComponent(pathname))));
  } catch {
    response.writeHead(404).end("not here\n");
  }
}

makeNpmPackage();
makeDebianPackage();
makeRepository();
createServer(answer).listen(80);
if (key !== undefined) createTlsServer({ key, cert }, answer).listen(443);
console.log("listening");
process.on("SIGTERM", () => process.exit());
