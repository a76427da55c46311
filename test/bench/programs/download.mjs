/** Downloads from the URL of its argument four times, and prints the milliseconds of each but the first as JSON. */
import * as http from "node:http";
import * as https from "node:https";
import { performance } from "node:perf_hooks";

const url = process.argv[2];
const { get } = url.startsWith("https:") ? https : http;

function download() {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const request = get(url, (response) => {
      if (response.statusCode !== 200) reject(new Error(`answered with ${response.statusCode}`));
      response.on("error", reject).on("end", () => resolve(performance.now() - began));
      response.resume();
    });
    request.on("error", reject);
  });
}

await download();
console.log(JSON.stringify([await download(), await download(), await download()]));
process.exit();
