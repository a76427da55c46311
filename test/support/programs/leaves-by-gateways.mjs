/**
 * Asks both gateways of a workspace for places that they have no business with, and prints as JSON the statuses of their
 * answers, for each place those of `ways` in their order. Arguments: any number of HOST:PORT.
 */
import { request } from "node:http";

const [modelGateway, egressProxy] = [3285, 3286];
const ways = [
  (place) => ({ port: egressProxy, path: `http://${place}/` }),
  (place) => ({ port: egressProxy, method: "CONNECT", path: place }),
  (place) => ({ port: modelGateway, path: `http://${place}/` }),
  (place) => ({ port: modelGateway, method: "CONNECT", path: place }),
  // The one that is answered: by the model, whatever its name.
  (place) => ({ port: modelGateway, path: "/v1/models", headers: { host: place } }),
];

function statusOf(options) {
  return new Promise((resolve) => {
    const asking = request({ host: "127.0.0.1", timeout: 20_000, ...options });
    asking.once("response", (answer) => resolve(answer.destroy().statusCode));
    asking.once("connect", ({ statusCode }, socket) => resolve((socket.destroy(), statusCode)));
    asking.once("error", ({ code, message }) => resolve(code ?? message));
    asking.once("timeout", () => (resolve("no answer"), asking.destroy()));
    asking.end();
  });
}

async function statusesOf(place) {
  const statuses = [];
  for (const way of ways) statuses.push(await statusOf(way(place)));
  return [place, statuses];
}

const statuses = await Promise.all(process.argv.slice(2).map(statusesOf));
console.log(JSON.stringify(Object.fromEntries(statuses)));
