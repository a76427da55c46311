import type { Output } from "@pulumi/pulumi";

/** An object that comes later as one whose properties do: what resources take. */
export function liftProperties<T extends object>(
  source: Output<T>,
  names: readonly (keyof T & string)[],
): { [Key in keyof T]: Output<T[Key]> } {
  const lifted: { [Key in keyof T]?: Output<T[Key]> } = {};
  for (const name of names) lifted[name] = source.apply((value) => value[name]);
  return lifted as { [Key in keyof T]: Output<T[Key]> };
}
