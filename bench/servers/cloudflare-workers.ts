/** Stands in for `cloudflare:workers`, which exists in workerd only; workers-oauth-provider asks for this one class. */
import { registerHooks } from "node:module";

const SOURCE = "export class WorkerEntrypoint { constructor(ctx, env) { this.ctx = ctx; this.env = env; } }";

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "cloudflare:workers"
      ? { url: `data:text/javascript,${encodeURIComponent(SOURCE)}`, shortCircuit: true }
      : next(specifier, context),
});
