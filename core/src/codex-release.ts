/** The Codex version that this release of codex-workspace installs and is tested with. */
export const CODEX_PIN = "0.171.0";

/** Processor architectures that Codex is published for on Linux, as `process.arch` calls them. */
export type CodexArch = "x64" | "arm64";

/**
 * The versions this release is tested with, each with the registry's `dist.integrity` of `@openai/codex@VERSION-linux-ARCH`:
 * the package that holds the native program. An architecture that is missing was not on the registry.
 */
export const codexReleases: Readonly<Record<string, Readonly<Partial<Record<CodexArch, string>>>>> = {
  "0.171.0": {
    x64: "sha512-l66NZkQgdk2C3pbcfULDz42yEUB581MVA6I+Y43Wp4OIqEy73HCdmZ0GTjeAHY2ycuH4N00d9VsLrwT1jxshTw==",
    arm64: "sha512-9z17t4bbUJ9UCIb49O4PoA+ki+45q3rd8nZ8PeH6sYnlKkBld/Xpo/OS3h3Ti954+foshX4o7k5TCU8N7zzqQA==",
  },
  "0.169.0": {
    x64: "sha512-o05NyAOCDygSPRo1yinzxvkRSdmsZyBD9E7mbpmjRanSfM8lypqWtQgEo4XfNkwhuCR2aFu8mlGOsQGFXVbVww==",
    arm64: "sha512-NZ/DaQUpcQmxmqee7Z9uC1rzw3GhSbooawcaTe1LN5Yk+WlinUKGdTXJgClRT/9ogQEEM9TWxYzvxPfj5G/xFg==",
  },
  "0.162.1": {
    x64: "sha512-cjK2mdHIfEepZ1lQ1MX3aTQC+8ncIsvnacl/6vI2dIIcfP8/MrhTQ2+qRlkXFNDzJSj1d36quIszP+3/4CUJWQ==",
    arm64: "sha512-Ss7W/SrKtQFNaMtSojNoiykJgX+iDC8daM+YrcvgmJADtQPk0cd3w6Dna4CYH2CYvf9nQranj69fpcTzZ3sQIQ==",
  },
  "0.155.0": {
    x64: "sha512-CiXkVTy4ERdFSXXP8n98/iOyVUCOYFPQ8cuwgeOEEbLhe1LnlQbgH/H8ZeuxO9WXKIZLJg0x626UgR9axY2zSA==",
    arm64: "sha512-iMyMjIYHlBUUDeTEGeEftQozQz0h7nYYCaLDJlZnqDF2Y0+bfdD/ppDS3vsw6mIz/z49haC6TCer11iEWO6fsA==",
  },
  "0.140.0": {
    x64: "sha512-7+N/cHB74nsDkOoL+VQVFVFRlfGj6GFSIAQHgs9DQIsvG+UdzWgUeeDE3l926taJqmzcP9NH8bysptKlZ2Ff6g==",
  },
};

/** What the package of that version must hash to, or `undefined` for a version this release does not know. */
export function codexIntegrity(version: string, arch: CodexArch): string | undefined {
  return codexReleases[version]?.[arch];
}

/** Whether a version is this minor version or a later one. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [givenMajor = 0, givenMinor = 0] = version.split(".").map(Number);
  return givenMajor > major || (givenMajor === major && givenMinor >= minor);
}
