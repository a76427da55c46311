import { docker, runDocker, testLabel } from "./docker.ts";

/**
 * Creates a network whose addresses are not private: those for documentation, which are nobody's. Every network has 16 of
 * them that no other network of this Docker has.
 */
export async function createPublicNetwork(name: string): Promise<void> {
  const blocks = Array.from({ length: 16 }, (_, index) => `203.0.113.${index * 16}/28`);
  for (const subnet of blocks) {
    const args = ["network", "create", "--label", testLabel, "--subnet", subnet, name];
    const { exitCode, stderr } = await runDocker(args);
    if (exitCode === 0) return;
    if (!stderr.includes("overlaps")) throw new Error(stderr);
  }
  throw new Error(`no addresses for documentation are left: ${await docker(["network", "ls"])}`);
}
