/** Parts of `GET /info` that decide who reaches a published port. */
export interface EngineInfo {
  readonly ServerVersion: string;
  /** "Docker Desktop", or the operating system of the engine's host. */
  readonly OperatingSystem?: string;
  readonly SecurityOptions?: readonly string[] | null;
}

export interface PortExposure {
  readonly message: string;
  readonly remedy: string;
}

/**
 * Returns how other hosts reach ports that this engine publishes on 127.0.0.1, or `undefined` if they do not. Docker
 * Desktop and rootless engines publish through a process of their own, and other version schemes tell nothing.
 *
 * Sources: https://www.docker.com/blog/docker-engine-28-hardening-container-networking-by-default/ and
 * https://github.com/moby/moby/security/advisories/GHSA-x4rx-4gw3-53p4 (CVE-2025-54388).
 */
export function publishedPortExposure(info: EngineInfo): PortExposure | undefined {
  const { ServerVersion: version, OperatingSystem: system = "", SecurityOptions: options } = info;
  if (system.startsWith("Docker Desktop") || (options ?? []).some((option) => option.includes("rootless"))) return;
  const [, ...numbers] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  const [major = 0, minor = 0, patch = 0] = numbers.map(Number);
  // Podman answers with a version of its own, below 10.
  if (major < oldestDocker) return;
  if (major < 28) {
    return {
      message: `Docker Engine ${version} lets other hosts of its network segment reach ports that are published on 127.0.0.1`,
      remedy: "Update Docker Engine to 28.3.3 or later, or keep other hosts off that network segment.",
    };
  }
  if (major > 28 || minor > 3 || (minor === 3 && patch >= 3)) return;
  return {
    message: `With Docker Engine ${version}, a reload of firewalld lets other hosts reach ports that are published on 127.0.0.1 (CVE-2025-54388)`,
    remedy: "Update Docker Engine to 28.3.3 or later, or restart it after each reload of firewalld.",
  };
}

const oldestDocker = 17;
