/**
 * The conversation of session `main`: what /events tells, and a form that posts to /message. The token comes in the
 * fragment (#token=…), which no server sees, or is asked for; it stays in this tab.
 */
const storedAs = "codex-workspace-token";
const reconnectMs = 3000;
const api = new URL("..", location.href);

const [status, access, token, messages, problem, prompt, text, send] = [
  "status",
  "access",
  "token",
  "messages",
  "problem",
  "prompt",
  "text",
  "send",
].map((id) => document.getElementById(id));
const scroller = document.querySelector("main");

takeTokenFromFragment();
access.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(storedAs, token.value.trim());
  token.value = "";
  void connect();
});
prompt.addEventListener("submit", (event) => {
  event.preventDefault();
  void sendPrompt();
});
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void sendPrompt();
});
void connect();

function takeTokenFromFragment() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return;
  sessionStorage.setItem(storedAs, given);
  history.replaceState(null, "", location.pathname + location.search);
}

function request(path, options = {}) {
  const authorization = `Bearer ${sessionStorage.getItem(storedAs)}`;
  return fetch(new URL(path, api), { ...options, headers: { ...options.headers, authorization } });
}

/** Follows /events until it ends, then again: every time it begins with the whole conversation. */
async function connect() {
  if (sessionStorage.getItem(storedAs) === null) {
    askForToken();
    return;
  }
  access.hidden = true;
  showStatus("connecting");
  try {
    const response = await request("events");
    if (response.status === 401) {
      askForToken("This token is not valid here.");
      return;
    }
    if (!response.ok) throw new Error(`The workspace answered ${response.status}.`);
    messages.replaceChildren();
    showProblem("");
    for await (const { event, data } of eventsOf(response.body)) {
      if (event === "message_update") showMessage(data);
      if (event === "status_change") {
        showStatus(data.status);
        if (data.status === "stable") await showFailure();
      }
    }
  } catch (error) {
    showProblem(`The connection is lost; the next attempt is in ${reconnectMs / 1000} s. ${error.message}`);
  }
  showStatus("disconnected");
  setTimeout(connect, reconnectMs);
}

function askForToken(why = "") {
  sessionStorage.removeItem(storedAs);
  showStatus("disconnected");
  showProblem(why);
  access.hidden = false;
  token.focus();
}

async function* eventsOf(body) {
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== undefined) yield { event, data: JSON.parse(data) };
    }
  }
}

async function sendPrompt() {
  const content = text.value;
  if (content.trim() === "" || send.disabled) return;
  send.disabled = true;
  showProblem("");
  try {
    const body = JSON.stringify({ type: "user", content });
    const response = await request("message", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    if (response.ok) {
      text.value = "";
    } else {
      const { detail, remedy = "" } = await response.json();
      showProblem(`${detail} ${remedy}`);
    }
  } catch (error) {
    showProblem(`The prompt may not have been sent: ${error.message}`);
  }
  send.disabled = status.dataset.status !== "stable";
}

/** Says code and remedy of the turn that ended last, where it failed. */
async function showFailure() {
  const response = await request("v1/status");
  const { failure } = (response.ok && (await response.json()).lastTurn) || {};
  showProblem(failure === undefined ? "" : `${failure.code}: ${failure.remedy}`);
}

function showMessage({ id, role, message }) {
  // The greeting, when it says nothing.
  if (id === 0 && message === "") return;
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
  const item = document.getElementById(`message-${id}`) ?? newMessage(id, role);
  item.lastChild.textContent = message;
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}

function newMessage(id, role) {
  const item = document.createElement("li");
  item.id = `message-${id}`;
  item.dataset.role = role;
  const who = document.createElement("p");
  who.className = "who";
  who.textContent = role === "user" ? "You" : "Codex";
  const content = document.createElement("p");
  content.className = "text";
  item.append(who, content);
  messages.append(item);
  return item;
}

function showStatus(word) {
  status.dataset.status = word;
  status.textContent = word;
  send.disabled = word !== "stable";
}

function showProblem(words) {
  problem.textContent = words;
  problem.hidden = words === "";
}
