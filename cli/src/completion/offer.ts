import type { Argument, Command, Option } from "commander";

/** What a shell is to offer for the word at the cursor. */
export type Offer =
  | { readonly kind: "values"; readonly values: readonly OfferedValue[] }
  | { readonly kind: "files" }
  | { readonly kind: "directories" };

export interface OfferedValue {
  readonly value: string;
  readonly description: string;
}

export interface OfferOptions {
  /** The names of this user's workspaces. */
  readonly workspaceNames: () => Promise<readonly string[]>;
  /** The names of this user's grants. */
  readonly grantNames: () => Promise<readonly string[]>;
}

/** @param words - what follows the program's name, up to the cursor; the last one may be empty or half of a word */
export async function offerFor(program: Command, words: readonly string[], options: OfferOptions): Promise<Offer> {
  const [current = "", ...before] = words.toReversed();
  const place = placeOf(program, before.reverse());
  const { flag, text } = splitFlag(current);
  const asked = flag === undefined ? awaited(place.option, current) : findOption(place.command, flag);
  const offered = await (asked === undefined ? wordsAt(place, current, options) : valuesOf(asked, options));
  if (offered.kind !== "values") return offered;
  const prefix = flag === undefined ? "" : `${flag}=`;
  const values = offered.values.filter(({ value }) => value.startsWith(text));
  return { kind: "values", values: values.map((offer) => ({ ...offer, value: `${prefix}${offer.value}` })) };
}

/** Where in a command line the cursor is. */
interface Place {
  readonly command: Command;
  /** How many arguments there are already. */
  readonly given: number;
  /** The option whose value comes next. */
  readonly option: Option | undefined;
  /** After `--`, where nothing is an option. */
  readonly isPlain: boolean;
}

function placeOf(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, given: 0, option: undefined, isPlain: false };
  for (const word of words) place = after(place, word);
  return place;
}

function after(place: Place, word: string): Place {
  const { command, given, option, isPlain } = place;
  const isFlag = !isPlain && word.startsWith("-") && word !== "-";
  if (awaited(option, isFlag ? word : "") !== undefined) return { ...place, option: undefined };
  if (!isFlag) {
    const child = command.commands.find((known) => known.name() === word);
    return child === undefined ? { ...place, given: given + 1 } : { ...place, command: child };
  }
  if (word === "--") return { ...place, option: undefined, isPlain: true };
  const found = findOption(command, word);
  return { ...place, option: found?.required === true || found?.optional === true ? found : undefined };
}

/** The option whose value a word is: what looks like an option is no value of one that can do without. */
function awaited(option: Option | undefined, word: string): Option | undefined {
  return option?.required === false && word.startsWith("-") ? undefined : option;
}

function findOption({ options }: Command, flag: string): Option | undefined {
  return options.find(({ long, short }) => long === flag || short === flag);
}

/** `--engine=do` in its two parts. */
function splitFlag(word: string): { readonly flag?: string; readonly text: string } {
  const [, flag, text = word] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
  return { ...(flag !== undefined && { flag }), text };
}

async function valuesOf(option: Option, options: OfferOptions): Promise<Offer> {
  if (option.long === "--name") return plain(await options.workspaceNames());
  return ofPlaceholder(/[<[](\w+)/.exec(option.flags)?.[1] ?? "", option.argChoices, options);
}

/** Options where one is begun or nothing else can come, else commands, else what the next argument may be. */
async function wordsAt({ command, given, isPlain }: Place, current: string, options: OfferOptions): Promise<Offer> {
  const argument = command.registeredArguments.at(given) ?? command.registeredArguments.findLast(isVariadic);
  const isOption = !isPlain && (current.startsWith("-") || (command.commands.length === 0 && argument === undefined));
  if (isOption) {
    const known = command.options.flatMap(({ long, description }) => (long ? [{ value: long, description }] : []));
    return { kind: "values", values: [...known, { value: "--help", description: "display help for command" }] };
  }
  if (command.commands.length > 0) {
    const values = command.commands.map((child) => ({ value: child.name(), description: child.summary() }));
    return { kind: "values", values };
  }
  return ofPlaceholder(argument?.name() ?? "", argument?.argChoices, options);
}

function isVariadic({ variadic }: Argument): boolean {
  return variadic;
}

/** Names of what is to be written say what it is: FILE, `<dir>`. */
async function ofPlaceholder(
  name: string,
  choices: readonly string[] | undefined,
  { grantNames }: OfferOptions,
): Promise<Offer> {
  switch (name.toLowerCase()) {
    case "file":
      return { kind: "files" };
    case "dir":
      return { kind: "directories" };
    case "grant":
      return plain(await grantNames());
    default:
      return plain(choices ?? []);
  }
}

function plain(values: readonly string[]): Offer {
  return { kind: "values", values: values.map((value) => ({ value, description: "" })) };
}
