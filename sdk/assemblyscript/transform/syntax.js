// Reading and making pieces of AssemblyScript's syntax tree.

import { NodeKind } from 'assemblyscript';

const SOURCE_USER_ENTRY = 1;
const LIBRARY = '~lib/';

/** The files named on the command line; the runtime is an entry file too, but not the program's. */
export function programFiles(parser) {
  return parser.sources.filter(
    (source) => source.sourceKind === SOURCE_USER_ENTRY && !source.internalPath.startsWith(LIBRARY),
  );
}

/**
 * Parses `text` as if it stood in `source`, and returns its statements. Files that it imports are queued for parsing.
 * A fresh parser of the running compiler's own class is used, so no second copy of the compiler gets involved.
 */
export function parseInto(parser, source, text) {
  const Parser = parser.constructor;
  const fresh = new Parser(parser.diagnostics);
  fresh.parseFile(text, source.normalizedPath, false);
  for (const path of fresh.backlog) {
    if (parser.seenlog.has(path)) continue;
    parser.seenlog.add(path);
    parser.backlog.push(path);
    parser.dependees.set(path, fresh.dependees.get(path));
  }
  return fresh.sources[0].statements;
}

function isNode(value) {
  return typeof value === 'object' && value !== null && typeof value.kind === 'number' && 'range' in value;
}

/** Calls `visit` with every direct child of a node. */
export function eachChild(node, visit) {
  for (const value of Object.values(node)) {
    if (isNode(value)) visit(value);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) visit(item);
  }
}

/** All class declarations of a file, also those inside namespaces. */
export function classesOf(source) {
  const found = [];
  const search = (statements) => {
    for (const statement of statements) {
      if (statement.kind === NodeKind.ClassDeclaration) found.push(statement);
      else if (statement.kind === NodeKind.NamespaceDeclaration) search(statement.members);
    }
  };
  search(source.statements);
  return found;
}

/** The names that a piece of code uses and does not declare itself. Adds them to `free`. */
export function collectFreeNames(node, free, scope = new Set()) {
  switch (node.kind) {
    case NodeKind.Identifier:
      if (!scope.has(node.text)) free.add(node.text);
      return;
    case NodeKind.PropertyAccess:
      collectFreeNames(node.expression, free, scope);
      return;
    case NodeKind.FunctionDeclaration:
    case NodeKind.MethodDeclaration: {
      const inner = new Set(scope);
      for (const parameter of node.signature.parameters) {
        if (parameter.initializer) collectFreeNames(parameter.initializer, free, inner);
        inner.add(parameter.name.text);
      }
      if (node.body) collectFreeNames(node.body, free, inner);
      return;
    }
    case NodeKind.VariableDeclaration:
    case NodeKind.FieldDeclaration:
      if (node.initializer) collectFreeNames(node.initializer, free, scope);
      if (node.kind === NodeKind.VariableDeclaration) scope.add(node.name.text);
      return;
    case NodeKind.ClassDeclaration:
      for (const member of node.members) collectFreeNames(member, free, new Set(scope));
      return;
    case NodeKind.Block:
    case NodeKind.For:
    case NodeKind.ForOf:
    case NodeKind.Switch:
    case NodeKind.Try: {
      const inner = new Set(scope);
      eachChild(node, (child) => collectFreeNames(child, free, inner));
      return;
    }
    default:
      eachChild(node, (child) => collectFreeNames(child, free, scope));
  }
}
