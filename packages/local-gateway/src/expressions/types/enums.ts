import { NetEnum } from "../values.ts";
import type { TypeDefinition } from "./definition.ts";
import { JTOKEN_TYPES } from "./json-token-types.ts";

function enumeration(
  namespace: string,
  name: string,
  members: Readonly<Record<string, number>>,
): TypeDefinition {
  const values = Object.entries(members).map(([member, value]) => new NetEnum(name, member, value));
  return {
    name,
    namespace,
    holds: (value) => value instanceof NetEnum && value.typeName === name,
    cast: (value) =>
      typeof value === "number" ? values.find((member) => member.value === value) : undefined,
    defaultValue: values[0],
    statics: Object.fromEntries(values.map((value) => [value.name, { type: name, get: () => value }])),
  };
}

/** Members numbered in their order, from 0. */
function numbered(namespace: string, name: string, ...members: string[]): TypeDefinition {
  return enumeration(namespace, name, Object.fromEntries(members.map((member, index) => [member, index])));
}

const COMPARISONS = [
  "CurrentCulture",
  "CurrentCultureIgnoreCase",
  "InvariantCulture",
  "InvariantCultureIgnoreCase",
  "Ordinal",
  "OrdinalIgnoreCase",
];

export const enumTypes: readonly TypeDefinition[] = [
  numbered("System", "StringComparison", ...COMPARISONS),
  enumeration("System", "StringSplitOptions", { None: 0, RemoveEmptyEntries: 1, TrimEntries: 2 }),
  numbered("System", "DateTimeKind", "Unspecified", "Utc", "Local"),
  numbered(
    "System",
    "DayOfWeek",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
  ),
  numbered("System", "MidpointRounding", "ToEven", "AwayFromZero"),
  numbered("System", "UriKind", "RelativeOrAbsolute", "Absolute", "Relative"),
  numbered("System", "UriPartial", "Scheme", "Authority", "Path", "Query"),
  numbered("Newtonsoft.Json", "Formatting", "None", "Indented"),
  enumeration("System.Text.RegularExpressions", "RegexOptions", {
    None: 0,
    IgnoreCase: 1,
    Multiline: 2,
    ExplicitCapture: 4,
    Compiled: 8,
    Singleline: 16,
    IgnorePatternWhitespace: 32,
    CultureInvariant: 512,
  }),
  numbered("Newtonsoft.Json.Linq", "JTokenType", ...JTOKEN_TYPES),
];

/** StringComparer's members serve as values of an enumeration: they only pick a comparison. */
export const stringComparerType: TypeDefinition = numbered("System", "StringComparer", ...COMPARISONS);
