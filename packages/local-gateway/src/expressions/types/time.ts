import { compareValues } from "../collections.ts";
import { raise } from "../exceptions.ts";
import { NetEnum } from "../values.ts";
import { int, number, out, text, textOrNull } from "./arguments.ts";
import { parseInstant } from "./date-time-format.ts";
import { DateTime, type DateTimeKind, DateTimeOffset } from "./date-time-values.ts";
import type { Method, Property, TypeDefinition } from "./definition.ts";
import { JValue } from "./json-values.ts";
import { TimeSpan } from "./time-span-value.ts";
import { DAY, HOUR, MINUTE, SECOND } from "./units-of-time.ts";

/** 100-nanosecond ticks between 0001-01-01 and 1970-01-01. */
const EPOCH_TICKS = 621355968000000000n;

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

type Instant = DateTime | DateTimeOffset;

const clockOf = (self: Instant) => (self instanceof DateTimeOffset ? self.clock : self.milliseconds);
const withClock = (self: Instant, clock: number): Instant => self.plus(clock - clockOf(self));

function part(read: (date: Date) => number): Property {
  return { type: "int", get: (self: Instant) => read(new Date(clockOf(self))) };
}

function adding(typeName: string, unit: number): Method {
  return {
    type: typeName,
    count: [1, 1],
    call: (self: Instant, [value]) => self.plus(Math.round(number(value) * unit)),
  };
}

/** Adds months by the calendar: the day is cut to the month's length. */
function addMonths(self: Instant, months: number): Instant {
  const date = new Date(clockOf(self));
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, length));
  return withClock(self, date.getTime());
}

/** Properties of both DateTime and DateTimeOffset. */
const sharedProperties: Readonly<Record<string, Property>> = {
  Year: part((date) => date.getUTCFullYear()),
  Month: part((date) => date.getUTCMonth() + 1),
  Day: part((date) => date.getUTCDate()),
  Hour: part((date) => date.getUTCHours()),
  Minute: part((date) => date.getUTCMinutes()),
  Second: part((date) => date.getUTCSeconds()),
  Millisecond: part((date) => date.getUTCMilliseconds()),
  DayOfYear: part((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY) + 1),
  DayOfWeek: {
    type: "DayOfWeek",
    get: (self: Instant) => {
      const day = new Date(clockOf(self)).getUTCDay();
      return new NetEnum("DayOfWeek", WEEKDAYS[day] ?? "", day);
    },
  },
  TimeOfDay: {
    type: "TimeSpan",
    get: (self: Instant) => new TimeSpan(((clockOf(self) % DAY) + DAY) % DAY),
  },
  Date: {
    type: "DateTime",
    get: (self: Instant) =>
      new DateTime(
        Math.floor(clockOf(self) / DAY) * DAY,
        self instanceof DateTime ? self.kind : "Unspecified",
      ),
  },
  Ticks: {
    type: "long",
    get: (self: Instant) => BigInt(Math.trunc(clockOf(self))) * 10_000n + EPOCH_TICKS,
  },
};

/** Methods of both, by the name of the one that they belong to. */
function sharedMethods(typeName: string): Readonly<Record<string, Method>> {
  return {
    Add: {
      type: typeName,
      count: [1, 1],
      call: (self: Instant, [span]) => self.plus((span as TimeSpan).milliseconds),
    },
    AddDays: adding(typeName, DAY),
    AddHours: adding(typeName, HOUR),
    AddMinutes: adding(typeName, MINUTE),
    AddSeconds: adding(typeName, SECOND),
    AddMilliseconds: adding(typeName, 1),
    AddTicks: adding(typeName, 1 / 10_000),
    AddMonths: {
      type: typeName,
      count: [1, 1],
      call: (self: Instant, [months]) => addMonths(self, int(months)),
    },
    AddYears: {
      type: typeName,
      count: [1, 1],
      call: (self: Instant, [years]) => addMonths(self, int(years) * 12),
    },
    Subtract: {
      count: [1, 1],
      type: (_, { argumentTypes }) =>
        argumentTypes[0] && {
          name: argumentTypes[0].name === "TimeSpan" ? typeName : "TimeSpan",
          args: [],
        },
      call: (self: Instant, [other]) =>
        other instanceof TimeSpan
          ? self.plus(-other.milliseconds)
          : new TimeSpan(self.milliseconds - (other as Instant).milliseconds),
    },
    CompareTo: { type: "int", count: [1, 1], call: (self: Instant, [other]) => compareValues(self, other) },
    ToString: {
      type: "string",
      count: [0, 2],
      call: (self: Instant, [format]) =>
        self.format(textOrNull(format) || "G") +
        (format === undefined && self instanceof DateTimeOffset ? ` ${self.zone}` : ""),
    },
  };
}

function parseDateTime(source: string): DateTime {
  const { clock, offset } = parseInstant(source);
  // DateTime.Parse turns a time with an offset into local time, which is UTC here.
  return offset === undefined
    ? new DateTime(clock, "Unspecified")
    : new DateTime(clock - offset * MINUTE, "Local");
}

function parseOffset(source: string): DateTimeOffset {
  const { clock, offset = 0 } = parseInstant(source);
  return new DateTimeOffset(clock - offset * MINUTE, offset);
}

/** Parses, or gives undefined. */
function attempt<T>(parse: (source: string) => T, source: unknown): T | undefined {
  try {
    return typeof source === "string" ? parse(source) : undefined;
  } catch {
    return undefined;
  }
}

function construct(args: readonly unknown[]): DateTime {
  const kind =
    args.at(-1) instanceof NetEnum ? ((args.at(-1) as NetEnum).name as DateTimeKind) : "Unspecified";
  const [year, month, day, ...rest] = args.filter((value) => !(value instanceof NetEnum));
  if (typeof year === "bigint") return new DateTime(Number((year - EPOCH_TICKS) / 10_000n), kind);
  const [hour = 0, minute = 0, second = 0, millisecond = 0] = rest.map((value) => int(value));
  const [y, m, d] = [int(year), int(month), int(day)];
  const milliseconds = Date.UTC(y, m - 1, d, hour, minute, second, millisecond);
  const date = new Date(milliseconds);
  if (date.getUTCMonth() + 1 !== m || date.getUTCDate() !== d || hour > 23 || minute > 59 || second > 59) {
    raise(
      "ArgumentOutOfRangeException",
      "Year, Month, and Day parameters describe an un-representable DateTime.",
    );
  }
  return new DateTime(milliseconds, kind);
}

const now = (): number => Date.now();

export const dateTimeType: TypeDefinition = {
  name: "DateTime",
  namespace: "System",
  holds: (value) => value instanceof DateTime,
  cast: (value) => {
    if (!(value instanceof JValue)) return undefined;
    if (value.value instanceof DateTime) return value.value;
    return typeof value.value === "string" ? parseDateTime(value.value) : undefined;
  },
  defaultValue: new DateTime(-62135596800000, "Unspecified"),
  properties: {
    ...sharedProperties,
    Kind: { type: "DateTimeKind", get: (self: DateTime) => dateTimeKind(self.kind) },
  },
  methods: {
    ...sharedMethods("DateTime"),
    ToUniversalTime: {
      type: "DateTime",
      count: [0, 0],
      call: (self: DateTime) => new DateTime(self.milliseconds, "Utc"),
    },
    ToLocalTime: {
      type: "DateTime",
      count: [0, 0],
      call: (self: DateTime) => new DateTime(self.milliseconds, "Local"),
    },
  },
  statics: {
    Now: { type: "DateTime", get: () => new DateTime(now(), "Local") },
    UtcNow: { type: "DateTime", get: () => new DateTime(now(), "Utc") },
    Today: { type: "DateTime", get: () => new DateTime(Math.floor(now() / DAY) * DAY, "Local") },
    MinValue: { type: "DateTime", get: () => new DateTime(-62135596800000, "Unspecified") },
    MaxValue: { type: "DateTime", get: () => new DateTime(253402300799999, "Unspecified") },
    UnixEpoch: { type: "DateTime", get: () => new DateTime(0, "Utc") },
  },
  staticMethods: {
    Parse: { type: "DateTime", count: [1, 1], call: ([source]) => parseDateTime(text(source)) },
    TryParse: {
      type: "bool",
      count: [2, 2],
      call: ([source, result]) => {
        const parsed = attempt(parseDateTime, source);
        out(result).set(parsed ?? dateTimeType.defaultValue);
        return parsed !== undefined;
      },
    },
    DaysInMonth: {
      type: "int",
      count: [2, 2],
      call: ([year, month]) => new Date(Date.UTC(int(year), int(month), 0)).getUTCDate(),
    },
    IsLeapYear: {
      type: "bool",
      count: [1, 1],
      call: ([year]) => new Date(Date.UTC(int(year), 2, 0)).getUTCDate() === 29,
    },
  },
  construct: { count: [1, 8], call: construct },
};

function dateTimeKind(kind: DateTimeKind): NetEnum {
  return new NetEnum("DateTimeKind", kind, ["Unspecified", "Utc", "Local"].indexOf(kind));
}

export const dateTimeOffsetType: TypeDefinition = {
  name: "DateTimeOffset",
  namespace: "System",
  holds: (value) => value instanceof DateTimeOffset,
  cast: (value) => (value instanceof DateTime ? new DateTimeOffset(value.milliseconds) : undefined),
  defaultValue: new DateTimeOffset(-62135596800000),
  properties: {
    ...sharedProperties,
    Offset: { type: "TimeSpan", get: (self: DateTimeOffset) => new TimeSpan(self.offsetMinutes * MINUTE) },
    DateTime: { type: "DateTime", get: (self: DateTimeOffset) => new DateTime(self.clock, "Unspecified") },
    UtcDateTime: { type: "DateTime", get: (self: DateTimeOffset) => new DateTime(self.milliseconds, "Utc") },
  },
  methods: {
    ...sharedMethods("DateTimeOffset"),
    ToUnixTimeSeconds: {
      type: "long",
      count: [0, 0],
      call: (self: DateTimeOffset) => BigInt(Math.floor(self.milliseconds / SECOND)),
    },
    ToUnixTimeMilliseconds: {
      type: "long",
      count: [0, 0],
      call: (self: DateTimeOffset) => BigInt(Math.floor(self.milliseconds)),
    },
    ToUniversalTime: {
      type: "DateTimeOffset",
      count: [0, 0],
      call: (self: DateTimeOffset) => new DateTimeOffset(self.milliseconds),
    },
  },
  statics: {
    Now: { type: "DateTimeOffset", get: () => new DateTimeOffset(now()) },
    UtcNow: { type: "DateTimeOffset", get: () => new DateTimeOffset(now()) },
    UnixEpoch: { type: "DateTimeOffset", get: () => new DateTimeOffset(0) },
  },
  staticMethods: {
    FromUnixTimeSeconds: {
      type: "DateTimeOffset",
      count: [1, 1],
      call: ([value]) => new DateTimeOffset(number(value) * SECOND),
    },
    FromUnixTimeMilliseconds: {
      type: "DateTimeOffset",
      count: [1, 1],
      call: ([value]) => new DateTimeOffset(number(value)),
    },
    Parse: { type: "DateTimeOffset", count: [1, 1], call: ([source]) => parseOffset(text(source)) },
    TryParse: {
      type: "bool",
      count: [2, 2],
      call: ([source, result]) => {
        const parsed = attempt(parseOffset, source);
        out(result).set(parsed ?? dateTimeOffsetType.defaultValue);
        return parsed !== undefined;
      },
    },
  },
  construct: {
    count: [1, 1],
    call: ([value]) => new DateTimeOffset((value as DateTime).milliseconds),
  },
};
