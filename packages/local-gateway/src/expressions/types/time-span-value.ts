import { NetObject } from "../values.ts";
import { DAY, HOUR, MINUTE, SECOND } from "./units-of-time.ts";

/** System.TimeSpan, to the millisecond. */
export class TimeSpan extends NetObject {
  readonly typeName = "TimeSpan";
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super();
    this.milliseconds = milliseconds;
  }

  /** One part of the span, with its sign: `part(60_000, 60)` is the minutes. */
  part(unit: number, of: number): number {
    return Math.trunc(this.milliseconds / unit) % of;
  }

  override toText(): string {
    const total = Math.abs(this.milliseconds);
    const two = (value: number) => Math.trunc(value).toString().padStart(2, "0");
    const days = Math.trunc(total / DAY);
    const clock = [(total / HOUR) % 24, (total / MINUTE) % 60, (total / SECOND) % 60].map(two).join(":");
    const fraction = Math.round((total % 1000) * 10_000);
    const sign = this.milliseconds < 0 ? "-" : "";
    const tail = fraction ? `.${fraction.toString().padStart(7, "0")}` : "";
    return `${sign}${days ? `${days}.` : ""}${clock}${tail}`;
  }

  override equals(other: unknown): boolean {
    return other instanceof TimeSpan && other.milliseconds === this.milliseconds;
  }
}
