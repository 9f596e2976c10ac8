import { describe, expect, it } from "vitest";
import { OAuthError } from "../errors.ts";
import { StoreError } from "../store/documents.ts";
import { failureOf } from "../testing/failure.ts";
import type { SessionDocument } from "./session-document.ts";
import { about, subjectOf } from "./subject.ts";

const session: SessionDocument = {
  id: "session",
  user: "key",
  objectId: "object",
  client: { id: "client", name: "Client", grantTypes: [], answersTo: "https://client.example" },
  servers: ["graph", "notes"],
  scopes: [],
  createdAt: 1,
  endsAt: 2,
  code: { hash: "hash", expiresAt: 2, challenge: "challenge" },
  ttl: 60,
};
const SUBJECT = { client: "client", servers: "graph notes", session: "session", user: "object" };

describe("subjectOf", () => {
  it("names client, servers, session and the person's object ID, and not their key", () => {
    expect(subjectOf(session)).toEqual(SUBJECT);
  });
});

describe("about", () => {
  it("lets an error say whose session it was", async () => {
    const error = new OAuthError("invalid_grant", "x");
    expect(await failureOf(about(session, Promise.reject(error)))).toBe(error);
    expect(error.subject).toEqual(SUBJECT);
  });

  it("leaves to an error what it says by itself", async () => {
    const error = new OAuthError("invalid_grant", "x", { subject: { client: "another" } });
    await failureOf(about(session, Promise.reject(error)));
    expect(error.subject).toEqual({ client: "another" });
  });

  it("hands on what has no place for it, and what went well", async () => {
    const error = new StoreError("unavailable", { cause: undefined });
    expect(await failureOf(about(session, Promise.reject(error)))).toBe(error);
    expect(error).not.toHaveProperty("subject");
    expect(await about(session, Promise.resolve("done"))).toBe("done");
  });
});
