import type { UpstreamError } from "../upstream/errors.ts";
import type { PageSignIn, PageSignInWishes, SignedInPerson } from "../upstream/page-sign-in.ts";
import type { EntraRequest } from "../upstream/upstream.ts";

/** Entra's side of a sign-in to a page of ours: it sends back whoever a test sets, or refuses. */
export class TestPageSignIn implements PageSignIn {
  person: SignedInPerson = {
    objectId: "2f8e9a0b-6172-4384-85a6-b7c8d9eafb0c",
    tenantId: "tenant",
    name: "Mira Okafor",
    roles: [],
  };
  refusal: UpstreamError | undefined;

  async start(state: string, { prompt, claims }: PageSignInWishes = {}) {
    const request: EntraRequest = { verifier: "v".repeat(43), nonce: "1b4e28ba-2fa1-11d2-883f-0016d3cca427" };
    const query = new URLSearchParams({ state, ...(prompt && { prompt }), ...(claims && { claims }) });
    return { request, url: `https://login.example/authorize?${query}` };
  }

  async finish(): Promise<SignedInPerson> {
    if (this.refusal) throw this.refusal;
    return this.person;
  }
}
