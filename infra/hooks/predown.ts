import { synth } from "../main.ts";

/** Terraform takes away what the stack says, so the stack has to be there. */
await synth(process.env);
