import type { Call } from "../../platform/endpoint.ts";
import type { Client } from "../clients/client.ts";
import type { Dependencies } from "../dependencies.ts";

/** Best effort: a registration whose use could not be noted today is noted tomorrow. */
export async function noteUse(
  { clients }: Pick<Dependencies, "clients">,
  call: Call,
  client: Pick<Client, "id" | "useIsWorthNoting">,
): Promise<void> {
  if (!client.useIsWorthNoting) return;
  try {
    await clients.noteUse(client.id);
  } catch (error) {
    call.log("warn", "client_use_not_noted", {
      client: client.id,
      reason: error instanceof Error ? error.name : "",
    });
  }
}
