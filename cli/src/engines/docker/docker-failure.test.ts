import { expect, test } from "vitest";
import { dockerFailure } from "./docker-failure.ts";

const failure = (message: string, properties: object): Error => Object.assign(new Error(message), properties);

test.each([
  ["no socket", failure("connect ENOENT /var/run/docker.sock", { code: "ENOENT" }), /did not answer/, /Install Docker/],
  ["no right", failure("connect EACCES", { code: "EACCES" }), /may not be used/, /usermod -aG docker/],
  ["cut off", failure("aborted", { code: "ECONNRESET" }), /went away while building/, /Start Docker again/],
])("%s: the engine is unavailable, with what to do", (_what, error, message, remedy) => {
  expect(dockerFailure("building", error)).toMatchObject({
    code: "ENGINE_UNAVAILABLE",
    message: expect.stringMatching(message) as string,
    remedy: expect.stringMatching(remedy) as string,
  });
});

test("a refusal is told in the engine's own words", () => {
  const error = failure("(HTTP code 400) bad parameter - no such path", {
    statusCode: 400,
    json: { message: "no such path" },
  });

  expect(dockerFailure("creating a container", error)).toMatchObject({
    code: "ENGINE_REFUSED",
    message: "Docker refused while creating a container: no such path",
  });
});

test("any other error stays what it is", () => {
  const error = new TypeError("x is undefined");

  expect(dockerFailure("building", error)).toBe(error);
});
