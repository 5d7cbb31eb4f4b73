/**
 * Length limits as a ratchet. What is longer than the limit is listed with its length in ratchet.json; the list may only
 * shrink: `npm run tidy -- --update` lowers lengths and drops entries, and never raises or adds one.
 */
import ts from 'typescript';

const limits = { files: 300, functions: 60 };

/** How long a file and its functions are: `{ files: { path: lines }, functions: { 'path#name': lines } }`, only what is over the limit. */
export function measure(file, text) {
  const fileLines = text.replace(/\n$/, '').split('\n').length;
  const functions = {};
  if (fileLines > limits.functions) {
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    visit(source, (node) => {
      const length = lineOf(source, node.end) - lineOf(source, node.getStart(source)) + 1;
      if (length <= limits.functions || holdsTests(node)) return;
      const key = `${file}#${nameOf(node)}`;
      functions[key] = Math.max(length, functions[key] ?? 0);
    });
  }
  return { files: fileLines > limits.files ? { [file]: fileLines } : {}, functions };
}

const lineOf = (source, position) => source.getLineAndCharacterOfPosition(position).line;

function visit(node, onFunction) {
  if (ts.isFunctionLike(node) && node.body) onFunction(node);
  ts.forEachChild(node, (child) => visit(child, onFunction));
}

/** A function that declares tests is a chapter of scenarios, not one thing to hold in mind. */
function holdsTests(node) {
  let found = false;
  const look = (child) => {
    if (ts.isCallExpression(child) && /^(?:it|test|describe)\b/.test(child.expression.getText())) found = true;
    if (!found) ts.forEachChild(child, look);
  };
  look(node.body);
  return found;
}

function nameOf(node) {
  const own = node.name?.getText() ?? (ts.isConstructorDeclaration(node) ? 'constructor' : undefined);
  const { parent } = node;
  if (own) return parent && ts.isClassLike(parent) && parent.name ? `${parent.name.getText()}.${own}` : own;
  if (parent && (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent))) return parent.name.getText();
  if (parent && ts.isCallExpression(parent)) return `callback of ${parent.expression.getText().split('\n')[0].slice(0, 40)}`;
  return 'anonymous';
}

/** Compares what was measured with what the ratchet allows; the findings say how to mend. */
export function compareWithRatchet(measured, ratchet) {
  return ['files', 'functions'].flatMap((kind) => {
    const now = measured[kind];
    const before = ratchet[kind] ?? {};
    const limit = limits[kind];
    const grown = Object.entries(now)
      .filter(([key, length]) => length > (before[key] ?? limit))
      .map(([key, length]) => `${key}: ${length} lines, ${before[key] ?? limit} are allowed; split it by what it does`);
    const shrunk = Object.entries(before)
      .filter(([key, length]) => (now[key] ?? 0) < length)
      .map(([key, length]) => `${key}: was ${length} lines, is ${now[key] ?? `at most ${limit}`}; well done, now run \`npm run tidy -- --update\``);
    return [...grown, ...shrunk];
  });
}

/** The ratchet after an update: lengths go down, entries go away, nothing comes in. */
export function lowered(measured, ratchet) {
  const lower = (kind) =>
    Object.fromEntries(
      Object.entries(ratchet[kind] ?? {})
        .filter(([key]) => measured[kind][key])
        .map(([key, length]) => [key, Math.min(length, measured[kind][key])]),
    );
  return { files: lower('files'), functions: lower('functions') };
}
