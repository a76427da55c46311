import { describe, expect, test } from "vitest";
import { isAllowedOrigin, isForeignPage } from "./origin.ts";

const allowed = ["https://tasks.example", "https://*.tasks.example", "http://localhost:3000"];

describe("an Origin header", () => {
  test.each(["https://tasks.example", "https://a.tasks.example", "http://localhost:3000", "http://here:3284"])(
    "%s is allowed",
    (origin) => {
      expect(isAllowedOrigin(origin, "here:3284", allowed)).toBe(true);
    },
  );

  test.each([
    "null",
    "https://evil.example",
    "http://tasks.example",
    "https://tasksXexample",
    "https://tasks.example.evil.example",
    "https://evil.example/.tasks.example",
    "https://tasks.example:8443",
    "http://localhost:3001",
    "http://there:3284",
  ])("%s is not", (origin) => {
    expect(isAllowedOrigin(origin, "here:3284", allowed)).toBe(false);
  });
});

describe("a page", () => {
  const host = "here:3284";

  test.each([
    ["of no browser", {}],
    ["of ours", { "sec-fetch-site": "same-origin" }],
    ["of the list", { origin: "https://tasks.example", "sec-fetch-site": "cross-site" }],
    ["that a person opens by a link", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }],
    ["that a person opens by hand", { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }],
  ])("%s is not foreign", (_, headers) => {
    expect(isForeignPage({ host, ...headers }, allowed)).toBe(false);
  });

  test.each([
    ["of another origin", { origin: "https://evil.example" }],
    ["that hides its origin", { origin: "null" }],
    ["of another site, as an image", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
    ["of another port of this host, as a script", { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" }],
  ])("%s is", (_, headers) => {
    expect(isForeignPage({ host, ...headers }, allowed)).toBe(true);
  });
});
