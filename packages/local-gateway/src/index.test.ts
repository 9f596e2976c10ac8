import * as packed from "apim-local-gateway";
import { describe, expect, expectTypeOf, it } from "vitest";
import type {
  ApiDescription,
  CompiledPolicies,
  ElementNode,
  FragmentDescription,
  GatewayDescription,
  GatewayOptions,
  IdentityEndpoint,
  LocalGateway,
  LogLine,
  LogSink,
  NamedValueDescription,
  OperationDescription,
  PolicySource,
} from "./index.ts";
import * as face from "./index.ts";

describe("the package's public face", () => {
  it("has these values, and no others", () => {
    const names = [
      "HEAD_LIMIT",
      "PolicyError",
      "SourceFile",
      "loadPolicies",
      "readPolicyDocument",
      "startGateway",
    ];
    expect(Object.keys(face).sort()).toEqual(names);
    expect(Object.entries(packed).sort()).toEqual(Object.entries(face).sort());
  });

  it("starts a gateway from a description, which runs until it is stopped", () => {
    expectTypeOf(face.startGateway).toEqualTypeOf<(options: GatewayOptions) => Promise<LocalGateway>>();
    expectTypeOf<GatewayOptions>().toEqualTypeOf<{
      readonly description: GatewayDescription;
      readonly policiesFolder: string;
      readonly port: number;
      readonly identity?: IdentityEndpoint;
      readonly log: LogSink;
    }>();
    expectTypeOf<LocalGateway>().toEqualTypeOf<{
      readonly name: "gateway";
      readonly url: `http://localhost:${number}`;
      readonly cache: { clear(): void; readonly size: number };
      stop(): Promise<void>;
    }>();
    expectTypeOf<IdentityEndpoint>().toEqualTypeOf<{ readonly endpoint: string; readonly header: string }>();
  });

  it("takes a description of these parts", () => {
    expectTypeOf<GatewayDescription>().toEqualTypeOf<{
      readonly origin: string;
      readonly apis: readonly ApiDescription[];
      readonly fragments: readonly FragmentDescription[];
      readonly namedValues: readonly NamedValueDescription[];
    }>();
    expectTypeOf<ApiDescription>().toEqualTypeOf<{
      readonly name: string;
      readonly displayName: string;
      readonly path: string;
      readonly serviceUrl: string;
      readonly policy: string;
      readonly operations: readonly OperationDescription[];
    }>();
    expectTypeOf<OperationDescription>().toEqualTypeOf<{
      readonly name: string;
      readonly displayName: string;
      readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "HEAD";
      readonly urlTemplate: string;
      readonly policy?: PolicySource;
    }>();
    expectTypeOf<PolicySource>().toEqualTypeOf<string | { readonly name: string; readonly xml: string }>();
    expectTypeOf<FragmentDescription>().toEqualTypeOf<{
      readonly id: string;
      readonly policy: PolicySource;
    }>();
    expectTypeOf<NamedValueDescription>().toEqualTypeOf<{
      readonly name: string;
      readonly value: string;
      readonly secret?: boolean;
    }>();
  });

  it("writes lines of these parts", () => {
    expectTypeOf<LogSink>().toEqualTypeOf<(line: LogLine) => void>();
    expectTypeOf<LogLine>().toEqualTypeOf<{
      readonly component: "gateway";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly message: string;
    }>();
  });

  it("checks policies without serving them", () => {
    expectTypeOf(face.loadPolicies).toEqualTypeOf<
      (description: GatewayDescription, folder: string) => Promise<CompiledPolicies>
    >();
    expectTypeOf<CompiledPolicies["operations"][number]["operation"]>().toEqualTypeOf<OperationDescription>();
    expectTypeOf<CompiledPolicies["operations"][number]["api"]>().toEqualTypeOf<ApiDescription>();
    expectTypeOf<
      Pick<face.PolicyError, "name" | "message" | "file" | "line" | "column" | "problem">
    >().toEqualTypeOf<{
      name: string;
      message: string;
      readonly file: string;
      readonly line: number;
      readonly column: number;
      readonly problem: string;
    }>();
  });

  it("reads policy documents, and says how large a request's head may be", () => {
    expectTypeOf(face.readPolicyDocument).parameters.toEqualTypeOf<
      [file: face.SourceFile, namedValues: ReadonlyMap<string, string>]
    >();
    expectTypeOf(face.readPolicyDocument).returns.toEqualTypeOf<ElementNode>();
    expectTypeOf<ConstructorParameters<typeof face.SourceFile>>().toEqualTypeOf<
      [name: string, text: string]
    >();
    expectTypeOf<ElementNode["name"]>().toEqualTypeOf<string>();
    expectTypeOf<ElementNode["children"]>().toEqualTypeOf<readonly ElementNode[]>();
    expectTypeOf(face.HEAD_LIMIT).toEqualTypeOf<number>();
  });
});
