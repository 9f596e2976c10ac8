/** An sRGB colour: red, green and blue from 0 to 255. */
type Rgb = readonly [red: number, green: number, blue: number];

/** The one colour of a page that is the operator's, made fit for a background. `#rrggbb` all. */
interface Accent {
  /** Text, borders, and the ground of the button that leads on. */
  readonly accent: string;
  /** The same under the pointer. */
  readonly strong: string;
  /** Text on either of them. */
  readonly onAccent: string;
}

/** What text stands on. */
interface Backgrounds {
  /** The card. */
  readonly paper: string;
  /** Around it. */
  readonly ground: string;
}

/** WCAG 2.2 §1.4.3 asks for 4.5; rounding must not cost it. */
const READABLE = 4.55;
const STEPS = 100;

/**
 * Makes a colour readable on a light page by darkening it, as far as it takes.
 *
 * @param color `#rrggbb`
 */
export function accentOnLight(color: string, backgrounds: Backgrounds): Accent {
  const accent = readable(rgbOf(color), BLACK, backgrounds);
  return accentOf(accent, mixed(accent, BLACK, 0.22), WHITE);
}

/** The same on a dark page, by lightening it. */
export function accentOnDark(color: string, backgrounds: Backgrounds): Accent {
  // A colour made for light pages glows on dark ones; softened first, as dark themes have it.
  const accent = readable(mixed(rgbOf(color), WHITE, 0.35), WHITE, backgrounds);
  return accentOf(accent, mixed(accent, WHITE, 0.3), mixed(accent, BLACK, 0.88));
}

/** @returns WCAG 2.2's contrast ratio of two colours, `#rrggbb` each: from 1 to 21 */
export function contrast(one: string, other: string): number {
  return ratio(rgbOf(one), rgbOf(other));
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

function readable(color: Rgb, towards: Rgb, { paper, ground }: Backgrounds): Rgb {
  const behind = [rgbOf(paper), rgbOf(ground)];
  for (let step = 0; step < STEPS; step++) {
    const tried = mixed(color, towards, step / STEPS);
    if (behind.every((background) => ratio(tried, background) >= READABLE)) return tried;
  }
  return towards;
}

function accentOf(accent: Rgb, strong: Rgb, onAccent: Rgb): Accent {
  return { accent: hexOf(accent), strong: hexOf(strong), onAccent: hexOf(onAccent) };
}

function mixed(color: Rgb, other: Rgb, share: number): Rgb {
  const channel = (index: 0 | 1 | 2) => Math.round(color[index] + (other[index] - color[index]) * share);
  return [channel(0), channel(1), channel(2)];
}

function ratio(one: Rgb, other: Rgb): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG 2.2's relative luminance. */
function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function rgbOf(hex: string): Rgb {
  const channel = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  return [channel(1), channel(3), channel(5)];
}

function hexOf(color: Rgb): string {
  return `#${color.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}
