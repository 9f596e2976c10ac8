import { NetObject } from "../values.ts";
import { formatInstant } from "./date-time-format.ts";

export type DateTimeKind = "Unspecified" | "Utc" | "Local";

/** System.DateTime, to the millisecond. The gateway's own zone is UTC, as in Azure. */
export class DateTime extends NetObject {
  readonly typeName = "DateTime";
  /** Since 1970-01-01, of the time that the clock shows. */
  readonly milliseconds: number;
  readonly kind: DateTimeKind;

  constructor(milliseconds: number, kind: DateTimeKind) {
    super();
    this.milliseconds = milliseconds;
    this.kind = kind;
  }

  plus(milliseconds: number): DateTime {
    return new DateTime(this.milliseconds + milliseconds, this.kind);
  }

  format(format: string): string {
    return formatInstant(
      this.milliseconds,
      format,
      this.kind === "Utc" ? "Z" : this.kind === "Local" ? "+00:00" : "",
    );
  }

  override toText(): string {
    return this.format("G");
  }

  override equals(other: unknown): boolean {
    return other instanceof DateTime && other.milliseconds === this.milliseconds;
  }
}

/** System.DateTimeOffset, to the millisecond. */
export class DateTimeOffset extends NetObject {
  readonly typeName = "DateTimeOffset";
  /** Since 1970-01-01 UTC. */
  readonly milliseconds: number;
  readonly offsetMinutes: number;

  constructor(milliseconds: number, offsetMinutes = 0) {
    super();
    this.milliseconds = milliseconds;
    this.offsetMinutes = offsetMinutes;
  }

  /** The time its own clock shows. */
  get clock(): number {
    return this.milliseconds + this.offsetMinutes * 60_000;
  }

  plus(milliseconds: number): DateTimeOffset {
    return new DateTimeOffset(this.milliseconds + milliseconds, this.offsetMinutes);
  }

  get zone(): string {
    const minutes = Math.abs(this.offsetMinutes);
    const two = (value: number) => Math.trunc(value).toString().padStart(2, "0");
    return `${this.offsetMinutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  }

  format(format: string): string {
    const universal = ["u", "R", "r"].includes(format);
    return formatInstant(universal ? this.milliseconds : this.clock, format, this.zone);
  }

  override toText(): string {
    return `${this.format("G")} ${this.zone}`;
  }

  override equals(other: unknown): boolean {
    return other instanceof DateTimeOffset && other.milliseconds === this.milliseconds;
  }
}
