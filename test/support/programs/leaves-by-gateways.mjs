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
    const asking = request({ host: "127.0.0.1", timeout: 5_000, ...options });
    asking.once("response", (answer) => resolve(answer.destroy().statusCode));
    asking.once("connect", ({ statusCode }, socket) => resolve((socket.destroy(), statusCode)));
    asking.once("error", ({ code, message }) => resolve(code ?? message));
    asking.once("timeout", () => asking.destroy());
    asking.end();
  });
}

const places = process.argv.slice(2);
const statuses = await Promise.all(
  places.map(async (place) => [place, await Promise.all(ways.map((way) => statusOf(way(place))))]),
);
console.log(JSON.stringify(Object.fromEntries(statuses)));
