/**
 * Tries to reach others past every proxy, and prints as JSON what became of each way: `went`, the status of an answer, or why
 * not. Arguments: an address, one of IPv6, a name, and any number of HOST:PORT. What is asked by HTTP goes where the proxy
 * variables say, where there are some.
 */
import { createSocket } from "node:dgram";
import { Resolver, lookup } from "node:dns/promises";
import { get } from "node:http";
import { connect } from "node:net";

const [address, address6, name, ...elsewhere] = process.argv.slice(2);
const deadlineMs = 1_000;
/** Of an answer: a busy machine's proxy takes its time. */
const answerDeadlineMs = 20_000;

function toTcp(host, port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: deadlineMs });
    socket.once("connect", () => resolve(socket.destroy())).once("error", reject);
    socket.once("timeout", () => socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
  });
}

function toUdp(host, family) {
  return new Promise((resolve, reject) => {
    const socket = createSocket(family);
    socket.once("error", reject);
    socket.send("anybody?", 53, host, (error) => {
      socket.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

function byHttp(host) {
  return new Promise((resolve, reject) => {
    const request = get({ host, timeout: answerDeadlineMs }, (answer) => resolve(answer.destroy().statusCode));
    request.once("error", reject).once("timeout", () => request.destroy());
  });
}

const resolver = new Resolver({ timeout: deadlineMs, tries: 1 });
resolver.setServers([address]);
const ways = {
  tcp: () => toTcp(address, 80),
  tcp6: () => toTcp(address6, 80),
  mapped: () => toTcp(`::ffff:${address}`, 80),
  udp: () => toUdp(address, "udp4"),
  udp6: () => toUdp(address6, "udp6"),
  dns: () => resolver.resolve4("secret.example.test"),
  name: () => lookup(name),
  http: () => byHttp(address),
  ...Object.fromEntries(elsewhere.map((place) => [place, () => toTcp(...place.split(":"))])),
};
const outcomes = Object.entries(ways).map(async ([way, go]) => [
  way,
  await go().then(
    (outcome) => (typeof outcome === "number" ? outcome : "went"),
    ({ code }) => code,
  ),
]);
console.log(JSON.stringify(Object.fromEntries(await Promise.all(outcomes))));
