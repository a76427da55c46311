/*
 * Checks a push to GitHub before the model gateway sends it on: the grant's rule is `push:`, so the push may create and update
 * branches, but not the default branch. nginx has read the whole body, and sends the bytes on that were checked here.
 *
 * njs 0.7 of Debian 12 runs this file: no destructuring, no spread, no classes, one default export.
 */

/** Bytes of the part before the pack: about 2,000 branches. */
const maxCommandBytes = 262144;
/** git's LARGE_PACKET_MAX. */
const maxPacketBytes = 65520;

/** What a client may ask of the server. `push-options` and `push-cert` are missing: hooks of a server act on them. */
const capability =
  /^(report-status|report-status-v2|side-band-64k|quiet|atomic|ofs-delta|delete-refs|object-format=(sha1|sha256)|(agent|session-id)=[!-~]+)$/;

/** Bytes as a string of one character each, so that no encoding can hide a difference. */
function bytesOf(buffer, start, end) {
  let text = "";
  for (let index = start; index < end; index++) text += String.fromCharCode(buffer[index]);
  return text;
}

/**
 * Reads the commands of a receive-pack request, which end at the first flush packet (gitprotocol-pack). Anything that git's own
 * client does not send is a fault.
 *
 * Returns `{ fault }`, or `{ commands: [{ ref, deletes }], capabilities }`.
 */
function readPush(body) {
  const commands = [];
  let capabilities = [];
  let offset = 0;
  for (;;) {
    const size = bytesOf(body, offset, Math.min(offset + 4, body.length));
    if (!/^[0-9a-fA-F]{4}$/.test(size)) {
      return { fault: "The push is compressed, cut short or not in git's format." };
    }
    const length = parseInt(size, 16);
    if (length === 0) break;
    if (length < 5 || length > maxPacketBytes || offset + length > body.length) {
      return { fault: "The push has a packet of a wrong length." };
    }
    if (offset + length > maxCommandBytes) return { fault: "The push has too many branches." };
    let line = bytesOf(body, offset + 4, offset + length);
    offset += length;
    if (line.charAt(line.length - 1) === "\n") line = line.slice(0, -1);

    if (commands.length === 0 && /^shallow ([0-9a-f]{40}|[0-9a-f]{64})$/.test(line)) continue;
    if (/^push-cert/.test(line)) return { fault: "The push is signed. Push without `--signed`." };
    const nul = line.indexOf("\0");
    if (nul >= 0) {
      if (commands.length > 0) return { fault: "The push names capabilities twice." };
      capabilities = line
        .slice(nul + 1)
        .split(" ")
        .filter((word) => word !== "");
      line = line.slice(0, nul);
    }
    const words = /^([0-9a-f]+) ([0-9a-f]+) ([^ ]+)$/.exec(line);
    if (words === null || words[1].length !== words[2].length || (words[1].length !== 40 && words[1].length !== 64)) {
      return { fault: "The push has a command that is not in git's format." };
    }
    commands.push({ ref: words[3], deletes: /^0+$/.test(words[2]) });
  }
  const refused = capabilities.filter((word) => !capability.test(word));
  if (refused.indexOf("push-options") >= 0) return { fault: "The push has options. Push without `--push-option`." };
  if (refused.length > 0) return { fault: "The push asks for a capability that the gateway does not know." };
  // git asks with an empty list whether it may push, before it sends a large pack.
  if (commands.length === 0 && body.length > 4) return { fault: "The push has no command." };
  return {
    commands: commands,
    capabilities: capabilities,
    pack: bytesOf(body, offset + 4, Math.min(offset + 8, body.length)),
  };
}

/** Whether git takes it as the name of a branch (git check-ref-format); `branch` has a character for each byte. */
function isBranch(branch) {
  return (
    !/[^!-~\x80-\xff]|[~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(\/|$)/.test(branch) &&
    !/^[./-]|[./]$/.test(branch) &&
    branch !== "@"
  );
}

/** Without regard to case, because a server's file system may have none. */
function isSameBranch(branch, other) {
  return branch.toLowerCase() === other.toLowerCase();
}

/** Returns why a command is refused, or undefined. `defaultBranch` has a character for each byte; undefined: unknown. */
function refusalOf(command, defaultBranch) {
  const heads = "refs/heads/";
  if (command.ref.indexOf(heads) !== 0) return "the grant allows branches only";
  const branch = command.ref.slice(heads.length);
  if (!isBranch(branch)) return "the grant allows branches only";
  if (command.deletes) return "the grant does not allow deletion of branches";
  if (defaultBranch === undefined) return "the gateway cannot read the name of the default branch";
  if (isSameBranch(branch, defaultBranch)) return "the grant does not allow the default branch";
  return undefined;
}

/** Returns the name in GitHub's answer to `GET /repos/OWNER/REPOSITORY`, a character for each byte; undefined without one. */
function defaultBranchOf(status, text) {
  if (status !== 200) return undefined;
  try {
    const name = JSON.parse(text).default_branch;
    if (typeof name !== "string" || name === "") return undefined;
    const bytes = Buffer.from(name);
    return bytesOf(bytes, 0, bytes.length);
    // njs 0.7 wants a name here.
    // eslint-disable-next-line no-unused-vars
  } catch (error) {
    return undefined;
  }
}

function packet(content) {
  return ("000" + (content.length + 4).toString(16)).slice(-4) + content;
}

/** The answer of a server whose hook rejects every branch: git shows the reason beside each. */
function rejection(push, reasons) {
  const lines = push.commands.map((command, index) => packet("ng " + command.ref + " " + reasons[index] + "\n"));
  const report = packet("unpack ok\n") + lines.join("") + "0000";
  if (push.capabilities.indexOf("side-band-64k") < 0) return report;
  let packets = "";
  for (let at = 0; at < report.length; at += 65000) packets += packet("\x01" + report.slice(at, at + 65000));
  return packets + "0000";
}

/** Returns undefined for a push that may go on, or `{ status, type, text }`, whose text has a character for each byte. */
function answerTo(push, defaultBranch) {
  const plain = { status: 403, type: "text/plain" };
  if (push.fault !== undefined) {
    plain.text = push.fault + "\n";
    return plain;
  }
  const refusals = push.commands.map((command) => refusalOf(command, defaultBranch));
  const first = refusals.filter((refusal) => refusal !== undefined)[0];
  if (first === undefined) {
    if (push.commands.length === 0 || push.pack === "PACK") return undefined;
    plain.text = "The push has no pack.\n";
    return plain;
  }
  if (push.capabilities.filter((word) => /^report-status/.test(word)).length === 0) {
    plain.text = "Push refused: " + first + ".\n";
    return plain;
  }
  const reasons = refusals.map((refusal) => refusal || "another branch of this push is refused");
  return { status: 200, type: "application/x-git-receive-pack-result", text: rejection(push, reasons) };
}

function latin1(text) {
  const bytes = [];
  for (let index = 0; index < text.length; index++) bytes.push(text.charCodeAt(index));
  return Buffer.from(bytes);
}

/** The request handler of nginx. A push that may go on leads to `@github_push`. */
async function check(r) {
  // A request within this one sets these for itself; the log shows them.
  const host = r.variables.to_host;
  const port = r.variables.to_port;
  // There is no buffer of a body that is in a file, or of none.
  const body = r.requestBuffer;
  const push = body ? readPush(body) : { fault: "The push is empty or too large." };
  let defaultBranch;
  const repository = /\/([\w.-]+\/[\w.-]+?)(\.git)?\/git-receive-pack$/i.exec(r.uri);
  if (push.fault === undefined && push.commands.length > 0 && repository !== null) {
    // Never from a cache: a default branch can change at any time.
    const reply = await r.subrequest("/github/default-branch/" + repository[1], { method: "GET" });
    defaultBranch = defaultBranchOf(reply.status, reply.responseText);
  }
  const answer = answerTo(push, defaultBranch);
  if (answer === undefined) {
    r.internalRedirect("@github_push");
    return;
  }
  r.variables.to_host = host;
  r.variables.to_port = port;
  r.variables.refused = "refused";
  r.headersOut["Content-Type"] = answer.type;
  r.headersOut["Cache-Control"] = "no-cache";
  r.return(answer.status, latin1(answer.text));
}

export default { check: check, readPush: readPush, answerTo: answerTo, defaultBranchOf: defaultBranchOf };
