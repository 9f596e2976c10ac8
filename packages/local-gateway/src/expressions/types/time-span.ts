import { compareValues } from "../collections.ts";
import { raiseFormat } from "../exceptions.ts";
import { Double } from "../values.ts";
import { int, number, text } from "./arguments.ts";
import type { Property, TypeDefinition } from "./definition.ts";
import { TimeSpan } from "./time-span-value.ts";
import { DAY, HOUR, MINUTE, SECOND } from "./units-of-time.ts";

function total(unit: number): Property {
  return { type: "double", get: (self: TimeSpan) => new Double(self.milliseconds / unit) };
}

function spanPart(unit: number, of: number): Property {
  return { type: "int", get: (self: TimeSpan) => self.part(unit, of) };
}

function from(unit: number): NonNullable<TypeDefinition["staticMethods"]>[string] {
  return {
    type: "TimeSpan",
    count: [1, 1],
    call: ([value]) => new TimeSpan(Math.round(number(value) * unit)),
  };
}

function parseSpan(source: string): TimeSpan {
  const match = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/.exec(source.trim());
  if (!match) {
    return /^-?\d+$/.test(source.trim()) ? new TimeSpan(Number(source) * DAY) : raiseFormat();
  }
  const [, sign, days = "0", hours = "0", minutes = "0", seconds = "0", fraction = "0"] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) raiseFormat();
  const milliseconds =
    Number(days) * DAY +
    Number(hours) * HOUR +
    Number(minutes) * MINUTE +
    Number(seconds) * SECOND +
    Number(`0.${fraction}`) * SECOND;
  return new TimeSpan(sign ? -milliseconds : milliseconds);
}

export const timeSpanType: TypeDefinition = {
  name: "TimeSpan",
  namespace: "System",
  holds: (value) => value instanceof TimeSpan,
  defaultValue: new TimeSpan(0),
  properties: {
    TotalDays: total(DAY),
    TotalHours: total(HOUR),
    TotalMinutes: total(MINUTE),
    TotalSeconds: total(SECOND),
    TotalMilliseconds: total(1),
    Days: spanPart(DAY, Number.POSITIVE_INFINITY),
    Hours: spanPart(HOUR, 24),
    Minutes: spanPart(MINUTE, 60),
    Seconds: spanPart(SECOND, 60),
    Milliseconds: spanPart(1, 1000),
    Ticks: { type: "long", get: (self: TimeSpan) => BigInt(Math.round(self.milliseconds * 10_000)) },
  },
  methods: {
    Add: {
      type: "TimeSpan",
      count: [1, 1],
      call: (self: TimeSpan, [other]) => new TimeSpan(self.milliseconds + (other as TimeSpan).milliseconds),
    },
    Subtract: {
      type: "TimeSpan",
      count: [1, 1],
      call: (self: TimeSpan, [other]) => new TimeSpan(self.milliseconds - (other as TimeSpan).milliseconds),
    },
    Duration: {
      type: "TimeSpan",
      count: [0, 0],
      call: (self: TimeSpan) => new TimeSpan(Math.abs(self.milliseconds)),
    },
    Negate: { type: "TimeSpan", count: [0, 0], call: (self: TimeSpan) => new TimeSpan(-self.milliseconds) },
    CompareTo: { type: "int", count: [1, 1], call: (self: TimeSpan, [other]) => compareValues(self, other) },
  },
  statics: { Zero: { type: "TimeSpan", get: () => new TimeSpan(0) } },
  staticMethods: {
    FromDays: from(DAY),
    FromHours: from(HOUR),
    FromMinutes: from(MINUTE),
    FromSeconds: from(SECOND),
    FromMilliseconds: from(1),
    FromTicks: from(1 / 10_000),
    Parse: { type: "TimeSpan", count: [1, 1], call: ([source]) => parseSpan(text(source)) },
  },
  construct: {
    count: [1, 5],
    call: (args) => {
      if (args.length === 1) return new TimeSpan(number(args[0]) / 10_000);
      const parts = args.map((value) => int(value));
      const [days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] =
        args.length === 3 ? [0, ...parts] : parts;
      return new TimeSpan(days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + milliseconds);
    },
  },
};
