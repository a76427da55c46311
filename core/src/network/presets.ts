export const networkPresets = ["npm", "pypi", "debian", "crates", "go", "github"] as const;

/** Lists of the hosts that installing packages, or a forge, needs. */
export type NetworkPreset = (typeof networkPresets)[number];

/** What may be reached where a spec says nothing: all that packages are installed from. */
export const packagePresets: readonly NetworkPreset[] = ["npm", "pypi", "debian", "crates", "go"];

/** Patterns of hosts. docs/gateway.md says what each host is for. */
export const presetHosts: Readonly<Record<NetworkPreset, readonly string[]>> = {
  npm: ["registry.npmjs.org", "registry.yarnpkg.com", "nodejs.org"],
  pypi: ["pypi.org", "files.pythonhosted.org"],
  debian: ["deb.debian.org", "security.debian.org"],
  crates: ["crates.io", "index.crates.io", "static.crates.io"],
  go: ["proxy.golang.org", "sum.golang.org"],
  github: [
    "github.com",
    "api.github.com",
    "codeload.github.com",
    "media.githubusercontent.com",
    "objects.githubusercontent.com",
    "raw.githubusercontent.com",
    "release-assets.githubusercontent.com",
  ],
};
