import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Excerpt } from "../document/excerpt.ts";
import { SourceFile } from "../document/position.ts";
import { classifyValue } from "../document/value.ts";
import { PolicyError, PolicyFailure } from "../errors.ts";
import { compilePolicyExpression } from "./compile/compile.ts";
import { MessageBody } from "./context/body.ts";
import { HttpHeaders } from "./context/headers.ts";
import { HttpRequest, HttpResponse } from "./context/messages.ts";
import { PolicyContext } from "./context/policy-context.ts";
import { Url } from "./context/url.ts";
import { type CSharpParser, loadCSharpParser } from "./syntax/parser.ts";
import { textOf } from "./values.ts";

let parser: CSharpParser;

beforeAll(async () => {
  parser = await loadCSharpParser();
});

const JWT = `${encode({ alg: "RS256", typ: "at+jwt", kid: "k" })}.${encode({ iss: "i", sub: "s", aud: ["a", "b"], exp: 1700000000, scope: "x y", roles: ["r1", "r2"] })}.c2ln`;

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function makeContext(): PolicyContext {
  const originalUrl = Url.parse("http://localhost:8080/mcp/tools?a=1&a=2&b=x%20y");
  const context = new PolicyContext({
    request: new HttpRequest({
      method: "POST",
      url: Url.parse("https://backend.example/base/tools?a=1"),
      originalUrl,
      headers: new HttpHeaders([
        ["Authorization", `Bearer ${JWT}`],
        ["Accept", "text/html"],
        ["Accept", "*/*"],
        ["X-Basic", "Basic dXNlcjpwYTpzcw=="],
      ]),
      ipAddress: "127.0.0.1",
      matchedParameters: new Map([["id", "42"]]),
      body: MessageBody.of('{"a":{"b":[1,2,{"c":"d"}]},"s":"text","n":null,"t":true}'),
    }),
    requestId: "a1b2c3d4-0000-4000-8000-000000000000",
    api: {
      name: "mcp",
      displayName: "MCP",
      path: "mcp",
      serviceUrl: Url.parse("https://backend.example/base"),
    },
    operation: { name: "call", displayName: "Call", method: "POST", urlTemplate: "/tools" },
    trace: () => {},
  });
  context.variables.set("text", "value");
  context.variables.set("number", 5);
  context.variables.set("response", new HttpResponse(201, "Created", MessageBody.of('{"token":"t"}')));
  context.variables.set("missing", null);
  return context;
}

function compile(source: string, expected?: string) {
  const file = new SourceFile("test.xml", source);
  return compilePolicyExpression(classifyValue(Excerpt.of(file, 0, source.length)), parser, expected);
}

function evaluate(source: string): string {
  return textOf(compile(source).evaluate(makeContext()));
}

const facts = JSON.parse(
  readFileSync(new URL("../../testing/dotnet-results.json", import.meta.url), "utf8"),
) as [string, string][];

describe("expressions give what .NET gives", () => {
  it.each(facts)("%s is %s", (expression, result) => {
    if (result.startsWith("=")) expect(evaluate(`@(${expression})`)).toBe(result.slice(1));
    else expect(() => evaluate(`@(${expression})`)).toThrow();
  });
});

describe("the context", () => {
  it.each([
    ['context.Request.Headers.GetValueOrDefault("accept", "")', "text/html,*/*"],
    ['context.Request.Headers.GetValueOrDefault("x-none", "none")', "none"],
    ['context.Request.Headers.GetValueOrDefault("x-none") == null', "True"],
    ['context.Request.Headers["Accept"][1]', "*/*"],
    ['context.Request.Headers.ContainsKey("ACCEPT")', "True"],
    ['context.Request.Headers.Any(h => h.Key == "Accept" && h.Value.Length == 2)', "True"],
    ["context.Request.Method + context.Request.IpAddress", "POST127.0.0.1"],
    ["context.Request.OriginalUrl.ToString()", "http://localhost:8080/mcp/tools?a=1&a=2&b=x%20y"],
    ['context.Request.OriginalUrl.Query.GetValueOrDefault("b")', "x y"],
    ['context.Request.OriginalUrl.Query["a"].Length', "2"],
    ["context.Request.OriginalUrl.QueryString", "?a=1&a=2&b=x%20y"],
    [
      "context.Request.Url.Scheme + context.Request.Url.Host + context.Request.Url.Port + context.Request.Url.Path",
      "httpsbackend.example443/base/tools",
    ],
    ['context.Request.MatchedParameters["id"]', "42"],
    ['context.Request.Body.As<JObject>(preserveContent: true)["a"]["b"][2]["c"]', "d"],
    ['(string)context.Request.Body.As<JObject>(true)["zz"]?["c"] ?? "none"', "none"],
    ['(string)context.Request.Body.As<JObject>(true)["n"] == null', "True"],
    ["context.Request.Body.As<string>().Length > 0", "True"],
    ['(string)context.Variables["text"]', "value"],
    ['context.Variables.GetValueOrDefault<int>("number", 1) + 1', "6"],
    ['context.Variables.GetValueOrDefault<string>("none", "x")', "x"],
    ['context.Variables.GetValueOrDefault<string>("missing", "x") == null', "True"],
    ['context.Variables.GetValueOrDefault<int>("none")', "0"],
    ['context.Variables.ContainsKey("text") && !context.Variables.ContainsKey("none")', "True"],
    ['((IResponse)context.Variables["response"]).StatusCode', "201"],
    ['((IResponse)context.Variables["response"]).Body.As<JObject>()["token"]', "t"],
    ['context.Variables["missing"] == null', "True"],
    ["context.RequestId.ToString()", "a1b2c3d4-0000-4000-8000-000000000000"],
    [
      "context.Api.Id + context.Api.Name + context.Api.Path + context.Operation.UrlTemplate",
      "mcpMCPmcp/tools",
    ],
    ['context.User?.Id ?? "nobody"', "nobody"],
    ["context.LastError == null && context.Subscription == null && context.Response == null", "True"],
    ["context.Deployment.GatewayId", "managed"],
    ["context.Elapsed.TotalSeconds >= 0", "True"],
    ['context.Request.Headers["Authorization"][0].AsJwt().Claims.GetValueOrDefault("roles", "")', "r1,r2"],
    ['context.Request.Headers.GetValueOrDefault("Authorization", "").AsJwt()?.Subject', "s"],
    [
      'context.Request.Headers.GetValueOrDefault("Authorization", "").AsJwt().Audiences.Contains("b")',
      "True",
    ],
    [
      'context.Request.Headers.GetValueOrDefault("Authorization", "").AsJwt().ExpirationTime > DateTime.UtcNow',
      "False",
    ],
    [
      'context.Request.Headers.GetValueOrDefault("Authorization", "").AsJwt().Claims["scope"][0].Split(\' \').Contains("y")',
      "True",
    ],
    ['"nonsense".AsJwt() == null', "True"],
    ['context.Request.Headers["X-Basic"].First().AsBasic().Password', "pa:ss"],
  ])("%s is %s", (expression, result) => {
    expect(evaluate(`@(${expression})`)).toBe(result);
  });

  it("empties a body that is read without preserveContent, as API Management does", () => {
    const context = makeContext();
    compile("@(context.Request.Body.As<string>())").evaluate(context);
    expect(context.request.body?.text(true)).toBe("");
  });
});

describe("statements", () => {
  it.each([
    ["var a = 1; a += 2; a++; return a;", "4"],
    [
      'string[] value; if (context.Request.Headers.TryGetValue("Accept", out value)) { return value.Length; } return 0;',
      "2",
    ],
    ['int number; return int.TryParse("12", out number) ? number : -1;', "12"],
    ['if (int.TryParse("x", out var n)) { return n; } else { return "no"; }', "no"],
    [
      'var list = new List<string>(); foreach (var h in context.Request.Headers["Accept"]) { if (h == "*/*") continue; list.Add(h); } return string.Join(",", list);',
      "text/html",
    ],
    [
      "var sum = 0; for (int i = 0, j = 10; i < j; i++, j--) { sum += i; if (sum > 5) break; } return sum;",
      "6",
    ],
    ["var i = 0; while (true) { if (++i == 3) { return i; } }", "3"],
    ["var i = 5; do { i--; } while (i > 2); return i;", "2"],
    [
      'switch (context.Request.Method) { case "GET": case "HEAD": return 1; case "POST": return 2; default: return 3; }',
      "2",
    ],
    [
      'switch (5) { case int n when n > 9: return "big"; case 5: { return "five"; } default: break; } return "none";',
      "five",
    ],
    [
      'try { return int.Parse("x").ToString(); } catch (FormatException e) { return e.Message; }',
      "Input string was not in a correct format.",
    ],
    [
      'try { throw new Exception("mine"); } catch (Exception e) when (e.Message == "other") { return 1; } catch { return 2; } finally { context.Trace("end"); }',
      "2",
    ],
    ['object o = "x"; if (o is string s && s.Length == 1) { return s; } return null;', "x"],
    [
      'var o = new JObject(); o["a"] = 1; o.Add("b", new JArray { "x", "y" }); o["c"] = null; return o.ToString(Formatting.None);',
      '{"a":1,"b":["x","y"],"c":null}',
    ],
    [
      'var d = new Dictionary<string, string> { ["a"] = "1" }; d["b"] = "2"; return string.Join("&", d.Select(p => $"{p.Key}={p.Value}"));',
      "a=1&b=2",
    ],
    [
      'var o = JObject.Parse("{\\"a\\":{\\"b\\":[1,{}]}}"); return string.Join(" ", o.Descendants().Select(t => t.Type.ToString()));',
      "Property Object Property Array Integer Object",
    ],
    [
      'var o = JToken.Parse("{\\"a\\":[{\\"b\\":\'x\\\\ny\'}]}"); return string.Join(" ", ((JContainer)o).Descendants().OfType<JProperty>().Select(p => p.Name)) + (string)o["a"][0]["b"];',
      "a bx\ny",
    ],
    ['return new object[] { 1, "x", null, 2 }.OfType<int>().Sum();', "3"],
    ["double d = 1; return d / 2;", "0.5"],
    ["long l = int.MaxValue; return l + 1;", "2147483648"],
    ["const int a = 2; return a * 3;", "6"],
    [
      'var fs = new List<string>(); foreach (var x in new[] { 1, 2 }) { var y = x * 10; fs.AddRange(new[] { 1 }.Select(z => (y + z).ToString())); } return string.Join(",", fs);',
      "11,21",
    ],
    ["// a comment with a \" in it\n/* and } another */ return 'x'; ", "x"],
    ['string s = null; s ??= "x"; return s;', "x"],
  ])("%s gives %s", (statements, result) => {
    expect(evaluate(`@{ ${statements} }`)).toBe(result);
  });
});

describe("precedence, where the grammar has it differently", () => {
  it.each([
    ['"a" + context.User?.Id + "b"', "ab"],
    ["true && context.User?.Id == null", "True"],
    ['(string)null ?? context.User?.Id ?? "last"', "last"],
    ['context.User is null || context.Request.Method == "GET"', "True"],
    ["(1) - 2", "-1"],
    ["1 < (2) && 3 > (1)", "True"],
    ['context.User == null ? "a" : (string)context.User?.Email', "a"],
    ["1 + 2 * 3 - 4 / 2 % 3", "5"],
    ["1 | 2 ^ 3 & 4 << 1", "3"],
    ["true ? false ? 1 : 2 : 3", "2"],
    ['!context.Variables.ContainsKey("x") == true', "True"],
  ])("%s is %s", (expression, result) => {
    expect(evaluate(`@(${expression})`)).toBe(result);
  });
});

describe("what does not compile says where", () => {
  it.each([
    ["@(1 + )", 3, "it cannot be parsed|unexpected|is missing"],
    ["@(context.Foo)", 11, 'has no member "Foo"'],
    ["@(context.Request.Foo())", 19, 'has no member "Foo"'],
    ["@(x)", 3, 'the name "x" does not exist'],
    ['@(File.ReadAllText("x"))', 3, 'the name "File" does not exist'],
    ['@(System.IO.File.ReadAllText("x"))', 3, 'the name "System" does not exist'],
    ["@(new Process())", 7, 'the type "Process" is not supported'],
    ["@(typeof(string))", 3, "the C# construct typeof_expression is not supported"],
    ["@(from x in new[]{1} select x)", 3, "query_expression is not supported"],
    ["@{ int F() { return 1; } return F(); }", 4, "local_function_statement is not supported"],
    ["@{ goto end; }", 4, "goto_statement is not supported"],
    ["@{ var a = 1; }", 4, "not all code paths return a value"],
    ["@{ if (true) { return 1; } }", 4, "not all code paths return a value"],
    ["@{ var a = 1; var a = 2; return a; }", 19, '"a" is already declared'],
    ["@{ string s = 1; return s; }", 15, "this gives int, where string is expected"],
    ['@{ int i = "1"; return i; }', 12, "this gives string, where int is expected"],
    ['@{ string s = context.Variables["a"]; return s; }', 32, "this gives object, where string is expected"],
    ['@(context.Variables["a"] == "b")', 20, "compares references"],
    ['@(1 == "1")', 3, "int and string cannot be compared"],
    ['@("a" && true)', 3, "this is string, where bool is expected"],
    ['@("a".Substring())', 16, "does not take 0 arguments"],
    ['@("a".As(foo: 1))', 7, 'has no member "As"'],
    ["@(context.Request.Body.As<string>(foo: true))", 35, 'there is no parameter named "foo"'],
    ["@(context = null)", 3, "only variables of the expression"],
    ["@(context.Request.Method())", 19, "Method is not a method"],
    ["@(context.Variables.ContainsKey)", 21, "ContainsKey is a method"],
    ["@((string)1)", 3, "int cannot be cast to string"],
    ["@(1 switch { 1 => 2, _ => 3 })", 3, "switch_expression is not supported"],
    ["@(context.User is not null)", 19, "negated_pattern is not supported"],
    ['@(")', 1, "has no end"],
    ["text @(1)", 6, "has to be the whole value"],
  ])("%s at column %i: %s", (source, column, problem) => {
    let error: unknown;
    try {
      compile(source);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PolicyError);
    expect((error as PolicyError).problem).toMatch(new RegExp(problem.replaceAll(/[[\]()]/g, "\\$&")));
    const { file, line, column: at } = error as PolicyError;
    expect({ file, line, column: at }).toEqual({ file: "test.xml", line: 1, column });
  });

  it("refuses an expression that cannot give what the policy needs", () => {
    expect(() => compile("@(1)", "string")).toThrow("test.xml:1:3: this gives int, where string is expected");
    expect(() => compile('@{ return "x"; }', "bool")).toThrow("this gives string, where bool is expected");
  });
});

describe("what fails at run time", () => {
  it.each([
    ["@(context.User.Id)", "Object reference not set to an instance of an object.", "test.xml:1:16"],
    [
      '@((int)context.Variables["text"])',
      "Unable to cast object of type 'string' to type 'int'.",
      "test.xml:1:3",
    ],
    [
      '@(context.Variables["none"])',
      "The given key 'none' was not present in the dictionary.",
      "test.xml:1:20",
    ],
    ['@{ dynamic d = "x"; return d.Foo(); }', "string has no member Foo", "test.xml:1:30"],
    ["@{ while (true) { } return 1; }", "The loop does not end", "test.xml:1:4"],
    ['@{ throw new Exception("mine"); }', "mine", "test.xml:1:10"],
  ])("%s: %s", (source, message, place) => {
    const failure = failureOf(() => compile(source).evaluate(makeContext()));
    expect(failure.reason).toBe("ExpressionValueEvaluationFailure");
    expect(failure.message).toContain(`Expression evaluation failed. ${message}`);
    expect((failure.cause as Error).message).toContain(place);
  });

  function failureOf(run: () => unknown): PolicyFailure {
    try {
      run();
    } catch (error) {
      if (error instanceof PolicyFailure) return error;
      throw error;
    }
    throw new Error("nothing failed");
  }
});
