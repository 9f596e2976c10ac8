import type { Page } from "playwright-core";

/** Text on a page, and how it stands out from what is behind it (WCAG 2.2 §1.4.3). */
export interface Contrast {
  readonly text: string;
  readonly ratio: number;
}

/** @returns the contrast of every text that the page shows */
export function contrasts(page: Page): Promise<Contrast[]> {
  // Runs in the page, so everything it needs is inside.
  return page.locator("body").evaluate((body) => {
    const view = body.ownerDocument.defaultView;
    const channels = (color: string): number[] => {
      const numbers = /^rgba?\(([^)]+)\)$/.exec(color)?.[1]?.split(",").map(Number);
      if (!numbers) throw new Error(`a colour that is not understood: ${color}`);
      return numbers;
    };
    const luminance = (color: string): number => {
      const [red = 0, green = 0, blue = 0] = channels(color).map((channel) => {
        const share = channel / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element: typeof body): string => {
      const { backgroundColor, opacity } = view.getComputedStyle(element);
      const alpha = channels(backgroundColor)[3] ?? 1;
      if ((alpha !== 0 && alpha !== 1) || opacity !== "1") throw new Error("something shines through");
      return alpha === 1 ? backgroundColor : behind(element.parentElement);
    };
    const texts = body.ownerDocument.createTreeWalker(body, view.NodeFilter.SHOW_TEXT);
    const found: { text: string; ratio: number }[] = [];
    while (texts.nextNode()) {
      const text = texts.currentNode.textContent.trim();
      if (text === "") continue;
      const element = texts.currentNode.parentElement;
      const shades = [luminance(view.getComputedStyle(element).color), luminance(behind(element))];
      found.push({ text, ratio: (Math.max(...shades) + 0.05) / (Math.min(...shades) + 0.05) });
    }
    return found;
  });
}

/** @returns what reaches over the right or left edge of the window, or makes the page scroll sideways */
export function overflowing(page: Page): Promise<string[]> {
  return page.locator("html").evaluate((html) => {
    const width = html.clientWidth;
    const over = [...html.querySelectorAll("body, body *")]
      .filter((element) => {
        const box = element.getBoundingClientRect();
        return box.left < 0 || box.right > width || element.scrollWidth > element.clientWidth + 1;
      })
      .filter((element) => element.clientWidth > 0)
      .map((element) => `<${element.localName}> ${element.textContent.trim().slice(0, 40)}`);
    return html.scrollWidth > width ? [`the page scrolls to ${html.scrollWidth} of ${width}`, ...over] : over;
  });
}

/** @returns the heights of all buttons, and of links that look like one, in CSS pixels */
export function buttonHeights(page: Page): Promise<number[]> {
  return page
    .locator("button, a.button")
    .evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect().height));
}

/** @returns the accessible name of what has the keyboard's focus, and whether one sees that it has it */
export function focused(page: Page): Promise<{ readonly name: string; readonly visible: boolean }> {
  return page.locator(":focus").evaluate((element) => {
    const { outlineStyle, outlineWidth } = element.ownerDocument.defaultView.getComputedStyle(element);
    const named = element.labels?.[0] ?? element;
    return {
      name: named.textContent.replace(/\s+/g, " ").trim(),
      visible: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2,
    };
  });
}
