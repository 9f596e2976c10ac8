import { open } from "node:fs/promises";
import { SaxesParser } from "saxes";
import { LOGO_LIMIT_BYTES } from "./branding.ts";

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";
const PNG_SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");

/**
 * Reads a logo, to be shown by `<img>`, where no script of an SVG runs and nothing that it names is loaded.
 *
 * @param file absolute path
 * @returns its content as a `data:` URI
 * @throws Error that says what is wrong with the file
 */
export async function readLogo(file: string): Promise<string> {
  const content = await read(file);
  if (content.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) return dataUri("image/png", content);
  const fault = svgFault(content);
  if (fault !== undefined) throw new Error(`${file} is no PNG file, and no SVG file: ${fault}`);
  return dataUri("image/svg+xml", content);
}

async function read(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size > LOGO_LIMIT_BYTES) {
      throw new Error(`${file} is ${size} bytes; a logo has at most ${LOGO_LIMIT_BYTES}`);
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** A browser shows nothing of an SVG that is not well formed, or whose root is not in SVG's namespace. */
function svgFault(content: Buffer): string | undefined {
  const parser = new SaxesParser({ xmlns: true });
  let root: { readonly local: string; readonly uri: string } | undefined;
  let fault: string | undefined;
  parser.on("error", (error) => {
    fault ??= error.message;
  });
  parser.on("opentag", ({ local, uri }) => {
    root ??= { local, uri };
  });
  parser.write(content.toString("utf8")).close();
  if (fault !== undefined) return fault;
  return root?.local === "svg" && root.uri === SVG_NAMESPACE
    ? undefined
    : `its root is not <svg xmlns="${SVG_NAMESPACE}">`;
}

function dataUri(type: string, content: Buffer): string {
  return `data:${type};base64,${content.toString("base64")}`;
}
