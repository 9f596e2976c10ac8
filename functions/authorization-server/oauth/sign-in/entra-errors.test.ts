import { describe, expect, it } from "vitest";
import { UpstreamError } from "../../upstream/errors.ts";
import { entraAnswer } from "./entra-answer.ts";
import { entraErrorToOAuth, redemptionErrorToOAuth } from "./entra-errors.ts";

/** What becomes of an answer with these parameters. */
const errorOf = (error: string | undefined, description: string | undefined) =>
  entraErrorToOAuth(
    entraAnswer(new Map(Object.entries({ error: error ?? "", error_description: description ?? "" }))),
  );

describe("entraErrorToOAuth", () => {
  it.each([
    ["AADSTS50105", "The person is not assigned to the application."],
    ["AADSTS50057", "The account is disabled."],
    ["AADSTS53003", "A Conditional Access policy refused the sign-in."],
    ["AADSTS65001", "The tenant has not consented to the permissions yet."],
    ["AADSTS65004", "The person cancelled the sign-in."],
    ["AADSTS90094", "An administrator of the tenant has to consent first."],
    ["AADSTS99999", "Microsoft Entra ID did not complete the sign-in."],
  ])("CAL-3 puts %s in our own words", (number, description) => {
    const error = errorOf("access_denied", `${number}: User 'mira' of tenant 6f1b. Trace ID: 12`);
    expect(error).toMatchObject({
      code: "access_denied",
      description,
      message: `entra_error access_denied ${number}`,
    });
  });

  it.each(["temporarily_unavailable", "server_error"])(
    "CAL-3 says for %s that a later try may succeed",
    (code) => {
      expect(errorOf(code, "AADSTS90033: A transient error")).toMatchObject({
        code: "temporarily_unavailable",
        status: 503,
        message: `entra_error ${code} AADSTS90033`,
        description: "Microsoft Entra ID is temporarily unavailable.",
      });
    },
  );

  it.each([
    ["interaction_required", undefined, "entra_error interaction_required"],
    ["interaction_required more", undefined, "entra_error"],
    [undefined, undefined, "entra_error"],
    [undefined, "AADSTS50105", "entra_error  AADSTS50105"],
  ])("CAL-3 takes any other end of the sign-in for a refusal: %s, %s", (error, description, reason) => {
    expect(errorOf(error, description)).toMatchObject({ code: "access_denied", message: reason });
  });

  it("CAL-3 hands nothing on that anybody could have put into the URL", () => {
    const evil = "<script>alert(1)</script>\r\nevil";
    const { code, description, message } = errorOf(evil, evil);
    expect(code).toBe("access_denied");
    expect(`${description}${message}`).not.toMatch(/script|evil|[\r\n]/);
  });
});

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

  it("tells the administrator that the configured scope is not there", () => {
    const error = redemptionErrorToOAuth(new UpstreamError("refused", "AADSTS650053"));
    expect(error).toMatchObject({
      code: "server_error",
      description: expect.stringContaining("AADSTS650053"),
      message: "entra_refused AADSTS650053",
    });
  });

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
