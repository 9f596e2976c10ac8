import * as z from "zod";
import type { Assertion, OnBehalfOf } from "./on-behalf-of.ts";
import { ToolError } from "./tool-error.ts";

const GRAPH_TIMEOUT_MS = 10_000;

const text = z.string().nullable().default(null);

/** What Microsoft Graph's `GET /me` gives of a user. */
export const profileSchema = z.object({
  id: z.string().describe("Object ID in Microsoft Entra ID"),
  displayName: text.describe("Full name"),
  givenName: text,
  surname: text,
  userPrincipalName: text.describe("Sign-in name"),
  mail: text.describe("E-mail address"),
  jobTitle: text,
  officeLocation: text,
  mobilePhone: text,
  businessPhones: z.array(z.string()).default([]),
  preferredLanguage: text,
});

type Profile = z.output<typeof profileSchema>;

/** Microsoft Graph, as one user at a time. */
export interface Graph {
  /**
   * The profile of the user whose token is given (`GET /v1.0/me`).
   *
   * @param user whose token for this application it is
   * @param signal ends the call
   * @throws ToolError saying what to do when Entra or Graph refuses or does not answer
   */
  me(user: Assertion, signal: AbortSignal): Promise<Profile>;
}

/** @param url Graph's origin */
export function graphClient(url: string, tokens: OnBehalfOf): Graph {
  const me = `${url.replace(/\/$/, "")}/v1.0/me`;
  return {
    async me(user, signal) {
      const token = await tokens.token(user);
      const response = await send(me, token, signal);
      if (response.status === 401) tokens.forget(user);
      if (!response.ok) {
        await response.body?.cancel();
        throw refusal(response);
      }
      const profile = profileSchema.safeParse(await response.json().catch(() => undefined));
      if (!profile.success) {
        throw new ToolError(
          "graph_answer",
          "Microsoft Graph gave an answer that this server does not understand.",
        );
      }
      return profile.data;
    },
  };
}

async function send(url: string, token: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { Authorization: `Bearer ${token}`, Accept: "application/json" },
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(GRAPH_TIMEOUT_MS)]),
    });
  } catch {
    throw new ToolError("graph_unavailable", "Microsoft Graph could not be reached. Try again in a minute.");
  }
}

function refusal({ status, headers }: Response): ToolError {
  const code = `graph_${status}`;
  if (status === 401) {
    return new ToolError(
      code,
      "Microsoft Graph no longer accepts your sign-in. Disconnect this server, connect it again and sign in.",
    );
  }
  if (status === 403) {
    return new ToolError(
      code,
      "Microsoft Graph does not let this server read your profile. An administrator must consent to User.Read for its application.",
    );
  }
  if (status === 429 || status === 503) {
    const seconds = /^\d{1,5}$/.exec(headers.get("Retry-After") ?? "")?.[0] ?? "60";
    return new ToolError(code, `Microsoft Graph is busy. Try again in ${seconds} seconds.`);
  }
  return new ToolError(code, `Microsoft Graph answered with an error (HTTP ${status}). Try again later.`);
}
