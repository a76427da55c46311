/** Tries to reach an address past every proxy, and prints as JSON what became of each way. Arguments: an address, a name. */
import { createSocket } from "node:dgram";
import { Resolver, lookup } from "node:dns/promises";
import { connect } from "node:net";

const [address, name] = process.argv.slice(2);
const deadlineMs = 1_000;

function toTcp(host) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 80, timeout: deadlineMs });
    socket.once("connect", () => resolve(socket.destroy())).once("error", reject);
    socket.once("timeout", () => reject(Object.assign(new Error(), { code: "ETIMEDOUT" })));
  });
}

function toUdp(host) {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.send("anybody?", 53, host, (error) => {
      socket.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

const resolver = new Resolver({ timeout: deadlineMs, tries: 1 });
resolver.setServers([address]);
const ways = {
  tcp: () => toTcp(address),
  ipv6: () => toTcp("2001:db8::1"),
  mapped: () => toTcp(`::ffff:${address}`),
  udp: () => toUdp(address),
  dns: () => resolver.resolve4("secret.example.test"),
  name: () => lookup(name),
};
const outcomes = Object.entries(ways).map(async ([way, go]) => [
  way,
  await go().then(
    () => "went",
    ({ code }) => code,
  ),
]);
console.log(JSON.stringify(Object.fromEntries(await Promise.all(outcomes))));
