import { describe, expect, it } from "vitest";
import { UpstreamError } from "../../upstream/entra.ts";
import { redemptionErrorToOAuth } from "./entra-errors.ts";

describe("CAL-3 a code that Entra does not redeem", () => {
  it.each(["AADSTS700211", "AADSTS700212", "AADSTS700213", "AADSTS70021"])(
    "tells the administrator that it is the gateway's own credential (%s)",
    (number) => {
      for (const kind of ["refused", "unavailable"] as const) {
        const error = redemptionErrorToOAuth(new UpstreamError(kind, number));
        expect(error?.code).toBe("server_error");
        expect(error?.description).toContain("federated credential");
        expect(error?.description).toContain(number);
        // RFC 6749 §4.1.2.1
        expect(error?.description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
      }
    },
  );

  it("says what a person can understand, without a number", () => {
    const error = redemptionErrorToOAuth(new UpstreamError("refused", "AADSTS65001"));
    expect(error?.code).toBe("access_denied");
    expect(error?.description).toBe("The tenant has not consented to the permissions yet.");
  });

  it("keeps every other reason to the log", () => {
    const error = redemptionErrorToOAuth(new UpstreamError("refused", "id_token ERR_JWT_EXPIRED"));
    expect(error?.description).toBe("Microsoft Entra ID did not complete the sign-in.");
    expect(error?.message).toBe("entra_refused id_token ERR_JWT_EXPIRED");
  });

  it("is none when Entra could not be asked", () => {
    expect(redemptionErrorToOAuth(new UpstreamError("unavailable", "network_error"))).toBeUndefined();
  });
});
