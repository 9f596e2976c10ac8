import { describe, expect, it } from "vitest";
import { answerParameterIn, withoutAnswerParameters } from "./answer-parameters.ts";

const CALLBACK = "http://localhost:33990/callback";

const NAMES = [
  ...["code", "state", "iss", "error", "error_description", "error_uri", "response", "id_token"],
  ...["access_token", "token_type", "expires_in", "scope", "session_state"],
];

const SPELLINGS: readonly (readonly [query: string, parameter: string])[] = [
  ["iss", "iss"],
  ["iss=", "iss"],
  ["a=b&iss=x", "iss"],
  ["iss=x&a=b", "iss"],
  ["&&iss=x", "iss"],
  ["%69ss=x", "iss"],
  ["%69%73%73=x", "iss"],
  ["%2569ss=x", "iss"],
  ["%252569ss=x", "iss"],
  ["ISS=x", "iss"],
  ["Iss=x", "iss"],
  ["%49SS=x", "iss"],
  ["iss[]=x", "iss"],
  ["iss[0]=x", "iss"],
  ["iss%5B%5D=x", "iss"],
  ["iss.value=x", "iss"],
  ["+iss=x", "iss"],
  ["%20iss=x", "iss"],
  ["iss%00=x", "iss"],
  ["iss%00y[]=x&ISS", "iss"],
  ["a=b;iss=x", "iss"],
  ["a=b?iss=x", "iss"],
  ["?iss=x", "iss"],
  ["%EF%BD%89ss=x", "iss"],
  ["i%C5%BFs=x", "iss"],
  ["error.description=x", "error_description"],
  ["error+description=x", "error_description"],
  ["error%20uri=x", "error_uri"],
  ["error[uri=x", "error_uri"],
  ["Session-State=x", "session_state"],
  ["EXPIRES_IN=3600", "expires_in"],
];

const OTHERS = [
  "",
  "?",
  "?a=b",
  "?tenant=a&next=%2Fhome",
  "?package_name=Extension",
  "?server_id=65aebdca-613a-4b60-97d3-92548673bd03",
  "?code_type=x",
  "?issuer=x",
  "?estate=x",
  "?next=iss",
  "?next=%2Fhome%3Fstate%3D1%26code%3D2",
  "?a=iss=x",
  "?scopes=x",
  "?%zz=x&%=y",
];

describe("answerParameterIn", () => {
  it.each(NAMES)("CLI-9 finds %s in a query", (name) => {
    expect(answerParameterIn(`${CALLBACK}?${name}=x`)).toBe(name);
    expect(answerParameterIn(`com.example.app:cb?a=b&${name.toUpperCase()}=x`)).toBe(name);
  });

  it.each(SPELLINGS)("CLI-9 finds it as it is spelled in ?%s", (query, parameter) => {
    expect(answerParameterIn(`${CALLBACK}?${query}`)).toBe(parameter);
  });

  it.each(OTHERS)("CLI-9 finds none in %j", (query) => {
    expect(answerParameterIn(`${CALLBACK}${query}`)).toBeUndefined();
  });

  it("CLI-9 finds none in a path or a host", () => {
    expect(answerParameterIn("https://iss.example/code/state;scope=x")).toBeUndefined();
  });
});

describe("withoutAnswerParameters", () => {
  it.each(OTHERS)("CLI-9 leaves %j as it is written", (query) => {
    expect(withoutAnswerParameters(`${CALLBACK}${query}`)).toBe(`${CALLBACK}${query}`);
  });

  it.each([
    ["?iss=x", ""],
    ["?iss=x&code=y", ""],
    ["?a=%62&iss=x&c", "?a=%62&c"],
    ["?%69ss=x&a=b", "?a=b"],
    ["?a=b;ISS[]=x;c=d", "?a=b&c=d"],
  ])("CLI-9 makes %j %j", (query, kept) => {
    expect(withoutAnswerParameters(`${CALLBACK}${query}`)).toBe(`${CALLBACK}${kept}`);
  });

  it.each(SPELLINGS)("CLI-9 takes ?%s away", (query) => {
    expect(answerParameterIn(withoutAnswerParameters(`${CALLBACK}?${query}`))).toBeUndefined();
  });
});
