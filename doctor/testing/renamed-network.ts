import { type Answer, type Certificate, type Network, network } from "../network.ts";

/** What something is really called, and what the doctor is to know it as. */
export type Renaming = readonly (readonly [real: string, shown: string])[];

const CERTIFICATE: Certificate = {
  fault: undefined,
  subject: "mcp.brightwater.example",
  issuer: "Example CA",
  validTo: Date.now() + 90 * 86_400_000,
  protocol: "TLSv1.3",
};

/** A network in which a twin on loopback looks as if it were deployed: its origins have other names, in everything. */
export function renamedNetwork(renaming: Renaming): Network {
  const toReal = (text: string) =>
    replaced(
      text,
      renaming.map(([real, shown]) => [shown, real]),
    );
  const toShown = (text: string) => replaced(text, renaming);
  return {
    fetch: network.fetch,
    certificate: async () => CERTIFICATE,
    async ask(url, question = {}): Promise<Answer> {
      const answer = await network.ask(toReal(url), {
        ...question,
        headers: mapValues(question.headers ?? {}, toReal),
        ...(question.body === undefined ? {} : { body: toReal(question.body) }),
      });
      const headers = new Headers(
        [...answer.headers].map(([name, value]) => [name, toShown(value)] as [string, string]),
      );
      return { url, status: answer.status, headers, body: toShown(answer.body) };
    },
  };
}

/** Also where it is percent-encoded, as in a query. */
function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce(
    (rest, [from, to]) =>
      rest.replaceAll(from, to).replaceAll(encodeURIComponent(from), encodeURIComponent(to)),
    text,
  );
}

function mapValues(
  record: Readonly<Record<string, string>>,
  change: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
