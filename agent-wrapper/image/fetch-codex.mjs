/**
 * Fetches the package with Codex's native program for this architecture from npm, checks it, unpacks it.
 *
 *     CODEX_VERSION=… [CODEX_INTEGRITY="sha512-… sha512-…"] node fetch-codex.mjs <directory>
 *
 * CODEX_INTEGRITY lists what the package may hash to, one hash for each architecture. Without it, npm has still compared
 * the package with what the registry says about it.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const { CODEX_VERSION: version, CODEX_INTEGRITY: integrity = "" } = process.env;
const [directory] = process.argv.slice(2);
if (!version || !directory) {
  throw new Error("CODEX_VERSION and a directory are needed");
}

const name = `@openai/codex@${version}-linux-${process.arch}`;
mkdirSync(dirname(directory), { recursive: true });
const scratch = mkdtempSync(`${directory}-`);
try {
  const archive = fetchPackage();
  check(archive);
  unpack(archive);
  console.log(`Codex ${version} is in ${directory}`);
} catch (error) {
  console.error(`fetch-codex: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true });
}

function fetchPackage() {
  execFileSync("npm", ["pack", "--silent", name], { cwd: scratch, stdio: ["ignore", "ignore", "inherit"] });
  const [file] = readdirSync(scratch);
  return join(scratch, file);
}

function check(archive) {
  const expected = integrity.split(" ").filter(Boolean);
  const found = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (expected.length > 0 && !expected.includes(found)) {
    throw new Error(`${name} is not what was pinned: expected ${expected.join(" or ")}, found ${found}`);
  }
}

function unpack(archive) {
  // Speech needs a sound card and a person beside it: 51 MB that no container can use.
  execFileSync("tar", ["-xzf", archive, "-C", scratch, "--exclude=*/codex-resources/voice"]);
  const vendor = join(scratch, "package", "vendor");
  const [target] = readdirSync(vendor);
  renameSync(join(vendor, target), directory);
  // The kernel lets no process of the same user look into one whose program it may not read: neither memory nor environment.
  chmodSync(join(directory, "bin", "codex"), 0o711);
}
