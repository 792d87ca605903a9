// Calls operations with AWS's SDK for JavaScript: [["ListFindings", {…}], …] on standard input, an answer or error each out.
import * as inspector from "@aws-sdk/client-inspector2";
import { readFileSync } from "node:fs";

const client = new inspector.Inspector2Client({ maxAttempts: 1 });
const answers = [];
for (const [operation, input] of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    const { $metadata, ...answer } = await client.send(new inspector[operation + "Command"](input));
    answers.push({ status: $metadata.httpStatusCode, answer });
  } catch (error) {
    answers.push({ status: error.$metadata?.httpStatusCode, error: error.name, message: error.message, fields: error.fields });
  }
}
// Dates show that the SDK understood them: numbers on the wire, dates here.
Date.prototype.toJSON = undefined;
const tagged = (_, value) => (value instanceof Date ? { date: value.getTime() / 1000 } : value);
console.log(JSON.stringify(answers, tagged));
