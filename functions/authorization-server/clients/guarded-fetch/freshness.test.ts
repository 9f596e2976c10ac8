import { expect, it } from "vitest";
import { freshFor } from "./freshness.ts";

const DATE = "Tue, 03 Nov 2026 10:00:00 GMT";
const DAY = 24 * 3600;

it.each([
  ["nothing is said", {}, 300],
  ["max-age", { "cache-control": "max-age=600" }, 600],
  ["public, max-age", { "cache-control": "public, max-age=600, must-revalidate" }, 600],
  ["a quoted max-age in capitals", { "cache-control": 'MAX-AGE="600"' }, 600],
  ["s-maxage before max-age", { "cache-control": "max-age=600, s-maxage=900" }, 900],
  ["max-age less what other caches used up", { "cache-control": "max-age=600", age: "200" }, 400],
  ["a max-age below the floor", { "cache-control": "max-age=0" }, 60],
  ["a max-age above the ceiling", { "cache-control": "max-age=31536000" }, DAY],
  ["a max-age that is no number", { "cache-control": "max-age=-1" }, 60],
  ["a max-age beyond all numbers", { "cache-control": `max-age=${"9".repeat(400)}` }, 60],
  ["no-store", { "cache-control": "no-store" }, 60],
  ["no-cache beside a max-age", { "cache-control": "no-cache, max-age=600" }, 60],
  ["private beside a max-age", { "cache-control": "private, max-age=600" }, 60],
  ["Expires", { date: DATE, expires: "Tue, 03 Nov 2026 10:10:00 GMT" }, 600],
  ["Expires in the past", { date: DATE, expires: "Tue, 03 Nov 2026 09:00:00 GMT" }, 60],
  ["Expires beyond the ceiling", { date: DATE, expires: "Tue, 03 Nov 2036 09:00:00 GMT" }, DAY],
  ["Expires that is no date", { date: DATE, expires: "0" }, 60],
  ["Expires that cannot be read", { date: DATE, expires: "soon" }, 60],
  ["Expires without a date", { expires: "Tue, 03 Nov 2036 10:10:00 GMT" }, 60],
  ["an age with something before it", { "cache-control": "max-age=600", age: "x200" }, 600],
  ["an age with something behind it", { "cache-control": "max-age=600", age: "200x" }, 600],
  ["max-age before Expires", { "cache-control": "max-age=120", date: DATE, expires: DATE }, 120],
  ["an age that is more than all", { "cache-control": "max-age=600", age: "9999" }, 60],
])("CLI-3 keeps an answer by HTTP's rules within bounds of its own: %s", (_, headers, seconds) => {
  expect(freshFor(headers)).toBe(seconds);
});
