import { decode, encode, ExtensionCodec } from "@msgpack/msgpack";

/** In the place of a value that is not known before apply. */
export const unknownValue = Object.freeze({ isUnknown: true });

/** An object of Terraform. */
export type Value = Readonly<Record<string, unknown>>;

/** How a value travels. */
export interface DynamicValue {
  readonly msgpack?: Uint8Array;
  readonly json?: Uint8Array;
}

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: 0,
  encode: (value) => (value === unknownValue ? new Uint8Array(1) : null),
  decode: () => unknownValue,
});
// The same, with what is known of it nevertheless.
extensionCodec.register({ type: 12, encode: () => null, decode: () => unknownValue });

export function fromWire({ msgpack = new Uint8Array() }: DynamicValue): Value | null {
  return decode(msgpack, { extensionCodec }) as Value | null;
}

export function toWire(value: Value | null): DynamicValue {
  return { msgpack: encode(value, { extensionCodec }) };
}

/** `null` in the place of what is not known. */
export function onlyKnown<T>(value: T): T {
  if (value === unknownValue) return null as T;
  if (Array.isArray(value)) return value.map(onlyKnown) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, onlyKnown(inner)])) as T;
}
