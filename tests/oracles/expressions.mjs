// Reads [{text, context}…] on standard input; prints what GitHub's own evaluator makes of each.
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { readFileSync } from "node:fs";

function wrap(value) {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "string") return new data.StringData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(wrap));
  return new data.Dictionary(...Object.entries(value).map(([key, item]) => ({ key, value: wrap(item) })));
}

const answers = JSON.parse(readFileSync(0, "utf8")).map(({ text, context }) => {
  const { tokens } = new Lexer(text).lex();
  const tree = new Parser(tokens, Object.keys(context), []).parse();
  return new Evaluator(tree, wrap(context)).evaluate().coerceString();
});
process.stdout.write(JSON.stringify(answers));
