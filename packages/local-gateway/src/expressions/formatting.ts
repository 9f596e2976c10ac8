import { raiseFormat } from "./exceptions.ts";
import { Decimal, Double, NetEnum, NetObject, textOf } from "./values.ts";

/** A type whose values format themselves, as IFormattable does. */
export interface Formattable {
  format(format: string): string;
}

/** `value.ToString(format)` in the invariant culture. */
export function formatValue(value: unknown, format: string): string {
  if (format === "" || value === null || value === undefined) return textOf(value);
  if (typeof value === "number" || typeof value === "bigint") return formatInteger(value, format);
  if (value instanceof Double || value instanceof Decimal)
    return formatReal(value.value, format, textOf(value));
  if (value instanceof NetEnum) return /^[dD]$/.test(format) ? String(value.value) : value.name;
  if (value instanceof NetObject && "format" in value)
    return (value as NetObject & Formattable).format(format);
  return textOf(value);
}

function formatInteger(value: number | bigint, format: string): string {
  const standard = /^([DdXx])(\d{0,2})$/.exec(format);
  if (!standard) return formatReal(Number(value), format, String(value));
  const [, kind = "", digits = ""] = standard;
  const width = Number(digits || 1);
  if (kind === "D" || kind === "d") {
    const negative = value < 0;
    return `${negative ? "-" : ""}${String(negative ? -value : value).padStart(width, "0")}`;
  }
  const unsigned = value < 0 ? BigInt.asUintN(typeof value === "bigint" ? 64 : 32, BigInt(value)) : value;
  const hex = unsigned.toString(16).padStart(width, "0");
  return kind === "X" ? hex.toUpperCase() : hex;
}

function formatReal(value: number, format: string, general: string): string {
  const standard = /^([FfNnGgRrPpEe])(\d{0,2})$/.exec(format);
  if (standard) {
    const [, kind = "", digits = ""] = standard;
    const places = digits === "" ? 2 : Number(digits);
    switch (kind.toUpperCase()) {
      case "F":
        return fixed(value, places);
      case "N":
        return grouped(fixed(value, places));
      case "P":
        return `${grouped(fixed(value * 100, places))} %`;
      case "E": {
        const [mantissa = "", exponent = "0"] = value.toExponential(digits === "" ? 6 : places).split("e");
        const power = Math.abs(Number(exponent)).toString().padStart(3, "0");
        return `${mantissa}${kind}${exponent.startsWith("-") ? "-" : "+"}${power}`;
      }
      default:
        return digits === "" || digits === "0" ? general : String(Number(value.toPrecision(places)));
    }
  }
  return custom(value, format);
}

/** Rounds half away from zero, as .NET's formatting does. */
function fixed(value: number, places: number): string {
  const factor = 10 ** places;
  const scaled = Math.abs(value) * factor;
  const rounded = Math.round(Number(scaled.toPrecision(15)));
  const text = (rounded / factor).toFixed(places);
  return value < 0 && rounded !== 0 ? `-${text}` : text;
}

function grouped(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const sign = whole.startsWith("-") ? "-" : "";
  const digits = whole.slice(sign.length).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${sign}${digits}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** Custom formats of `0`, `#`, `,` and `.`. */
function custom(value: number, format: string): string {
  const shape = /^([0#,]*)(?:\.([0#]*))?$/.exec(format);
  if (!shape) return raiseFormat();
  const [, whole = "", fraction = ""] = shape;
  const text = fixed(Math.abs(value), fraction.length);
  let [digits = "", decimals = ""] = text.split(".");
  const least = whole.replaceAll(/[#,]/g, "").length;
  digits = digits === "0" && least === 0 ? "" : digits.padStart(least, "0");
  if (whole.includes(",")) digits = grouped(digits);
  const needed = fraction.lastIndexOf("0") + 1;
  while (decimals.length > needed && decimals.endsWith("0")) decimals = decimals.slice(0, -1);
  const sign = value < 0 && Number(text) !== 0 ? "-" : "";
  return `${sign}${digits}${decimals ? `.${decimals}` : ""}`;
}

/**
 * `string.Format`.
 *
 * @throws Thrown FormatException when the format is not one, or names an argument that is missing
 */
export function formatComposite(format: string, args: readonly unknown[]): string {
  let result = "";
  for (let at = 0; at < format.length; ) {
    const character = format[at] ?? "";
    if ((character === "{" || character === "}") && format[at + 1] === character) {
      result += character;
      at += 2;
    } else if (character === "{") {
      const end = format.indexOf("}", at);
      const hole =
        end === -1 ? null : /^(\d+)\s*(?:,\s*(-?\d+))?\s*(?::([^{}]*))?$/.exec(format.slice(at + 1, end));
      if (!hole || Number(hole[1]) >= args.length) return raiseFormat();
      result += align(formatValue(args[Number(hole[1])], hole[3] ?? ""), Number(hole[2] ?? 0));
      at = end + 1;
    } else if (character === "}") {
      return raiseFormat();
    } else {
      result += character;
      at++;
    }
  }
  return result;
}

/** Pads to a width; to the left for a negative one. */
export function align(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}
