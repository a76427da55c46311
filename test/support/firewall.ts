import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { docker, runDocker } from "./docker.ts";

/**
 * The rules of this machine's firewall, but for those about a network that Docker has at this moment: another run of tests
 * may use the same Docker. Undefined where this user may not read them.
 */
export async function firewallRules(): Promise<string[] | undefined> {
  const saved = await promisify(execFile)("iptables-save").catch(() => undefined);
  if (saved === undefined) return undefined;
  const living = await livingNetworks();
  const rules = saved.stdout.split("\n").filter((line) => line.startsWith("-A"));
  return rules.filter((rule) => !living.some((word) => rule.includes(word)));
}

/** Words by which rules name networks: their bridges, their subnets, the addresses of containers in them. */
async function livingNetworks(): Promise<string[]> {
  const ids = (await docker(["network", "ls", "--no-trunc", "--quiet", "--filter", "driver=bridge"])).split("\n");
  const format = "{{range .IPAM.Config}}{{.Subnet}} {{end}}{{range .Containers}}{{.IPv4Address}} {{end}}";
  // One that is gone by now has no words.
  const described = await Promise.all(ids.map((id) => runDocker(["network", "inspect", "--format", format, id])));
  const addresses = described.flatMap(({ stdout }) => stdout.split(" ")).filter((word) => word !== "");
  const single = addresses.map((address) => `${address.replace(/\/\d+$/, "")}/32`);
  return [...ids.map((id) => `br-${id.slice(0, 12)}`), ...addresses, ...single];
}
