import fc from "fast-check";

/**
 * The generator of the `*.property.test.ts` files. Every run generates the same, so that a change fails for what it
 * changed; `FC_SEED=<number>` generates other input, to look further.
 */
fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 20_261_121) });

export default fc;
