import { Html } from "./html.ts";

const SHIELD = "M12 1.8 3.6 5v6.2c0 5.2 3.5 9.3 8.4 11 4.9-1.7 8.4-5.8 8.4-11V5z";
const KEYHOLE = "M13.9 9.9a1.9 1.9 0 1 0-2.9 1.6l-.7 4.1h3.4l-.7-4.1a1.9 1.9 0 0 0 .9-1.6z";

const paths = (shield: string, keyhole: string) =>
  `<path fill="${shield}" d="${SHIELD}"/><path fill="${keyhole}" d="${KEYHOLE}"/>`;

/** A shield with a keyhole, in the style sheet's colours. It says nothing that the words beside it do not. */
export const mark = new Html(
  `<svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">${paths("currentColor", "var(--paper)")}</svg>`,
);

/** The same as the page's icon, so that a browser does not ask the gateway for `/favicon.ico`. @param color `#rrggbb` */
export function iconUri(color: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${paths(color, "#fff")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
