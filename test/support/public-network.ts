import { docker, runDocker, testLabel } from "./docker.ts";

/**
 * Creates a network whose addresses are not private: those for documentation, which are nobody's. Every network has 16 of
 * them that no other network of this Docker has, and with `ipv6` some of IPv6 too.
 */
export async function createPublicNetwork(name: string, { ipv6 = false } = {}): Promise<void> {
  const blocks = Array.from({ length: 16 }, (_, index) => [
    ...["--subnet", `203.0.113.${index * 16}/28`],
    ...(ipv6 ? ["--ipv6", "--subnet", `2001:db8:0:${index.toString(16)}::/64`] : []),
  ]);
  for (const addresses of blocks) {
    const { exitCode, stderr } = await runDocker(["network", "create", "--label", testLabel, ...addresses, name]);
    if (exitCode === 0) return;
    if (!stderr.includes("overlaps")) throw new Error(stderr);
  }
  throw new Error(`no addresses for documentation are left: ${await docker(["network", "ls"])}`);
}
