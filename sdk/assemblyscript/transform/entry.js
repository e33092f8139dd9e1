// Which process runs what.
//
// The compiler gathers all top-level code of a program into one function, exported as `_start`, and the VM calls `_start` in the main process
// only. Another process enters through `_lunatic_spawn_by_index` or any other export, in an instance where nothing has run yet.
// The rules:
//
//   - The main process runs all top-level code in its order, then `main()` if the program exports it and does not call it itself.
//   - Every other process first runs the top level of imported files, and of the program's own file
//     the initialisers of static fields and of those variables that functions refer to, in their order. Nothing else of it.
//
// So a function finds the variables it uses, and `const worker = Process.spawn(...)` is not repeated by the worker. (If a function
// uses `worker`, its initialiser does run everywhere; the kit then spawns nothing, and leaves a handle that must not be used.)
//
// In the syntax tree (prepareEntry) the program's file becomes
//
//   imports; if (__lunatic_is_spawned()) return; its statements; main();
//   export function __lunatic_begin_0()        to tell the kit what is going on
//   export function __lunatic_initialise_0()   x = ...; y = ...;
//
// In the compiled module (enterOnce) every export but `_start` is wrapped, to call on first entry begin, start, initialise. The compiler
// initialises @lazy variables of other files (the garbage collector's among them) wherever in the top level it meets their first use: what it
// put behind the guard is moved before it (initialiseLazyFirst).

import { CommonFlags, LiteralKind, NodeKind } from 'assemblyscript';
import { collectFreeNames, parseInto } from './syntax.js';

const START = '~start';
const STARTED = '~started';
const ENTER = '~enter';
const STACK_POINTER = '~lib/memory/__stack_pointer';

export function prepareEntry(parser, source, index) {
  const program = source.statements;
  const hoisted = program.filter(runsFirst);
  const rest = program.filter((statement) => !runsFirst(statement));
  const initialisers = neededInitialisers(rest);
  const made = parseInto(
    parser,
    source,
    [
      `import "lunatic-as/assembly/system"; ${usesChannels(parser) ? 'import "lunatic-as/assembly/finalize";' : ''}`,
      'export { _lunatic_spawn_by_index } from "lunatic-as/assembly/process";',
      'if (__lunatic_is_spawned()) {}',
      `export function __lunatic_begin_${index}(): void { __lunatic_begin_spawned(); }`,
      `export function __lunatic_initialise_${index}(): void {`,
      ...initialisers.map(({ target }) => `${target} = 0;`),
      '__lunatic_end_spawned();',
      '}',
      'function __lunatic_return(): void { return; }',
      callOfMain(rest),
    ].join('\n'),
  );
  const imports = made.filter((statement) => statement.kind === NodeKind.Import);
  const [spawn, guard, begin, initialise, donor, ...mainCall] = made.slice(imports.length);
  // A `return` at top level is not in the language, but means what is needed here: leave the file's start function.
  guard.ifTrue.statements.push(donor.body.statements[0]);
  initialisers.forEach(({ declaration }, at) => {
    initialise.body.statements[at].expression.right = declaration.initializer;
    declaration.flags = (declaration.flags & ~(CommonFlags.Const | CommonFlags.Readonly)) | CommonFlags.Let;
  });
  const exportsTrampoline = index === 0 ? [spawn] : [];
  source.statements = [...imports, ...exportsTrampoline, ...hoisted, guard, ...rest, ...mainCall, begin, initialise];
  return source.internalPath;
}

/** The kit's own files mention them all, but are no part of the program unless a file of the program asks for them. */
function usesChannels(parser) {
  return parser.sources.some((source) => !source.internalPath.startsWith('~lib/') && source.text.includes('Channel'));
}

/** Imports are hoisted, as in JavaScript. Namespaces and enums initialise in every process, so they come before the guard. */
function runsFirst(statement) {
  switch (statement.kind) {
    case NodeKind.Import:
    case NodeKind.NamespaceDeclaration:
    case NodeKind.EnumDeclaration:
      return true;
    case NodeKind.Export:
      return statement.path !== null;
    default:
      return false;
  }
}

function callOfMain(statements) {
  const main = statements.find(
    (statement) =>
      statement.kind === NodeKind.FunctionDeclaration &&
      statement.name.text === 'main' &&
      statement.flags & CommonFlags.Export,
  );
  if (main === undefined || statements.some(callsMain)) return '';
  const result = main.signature.returnType.name?.identifier.text;
  return result === 'void' ? 'main();' : '__lunatic_exit(main());';
}

function callsMain(statement) {
  if (statement.kind !== NodeKind.Expression) return false;
  const { expression } = statement;
  return expression.kind === NodeKind.Call && expression.expression.text === 'main';
}

/** What a spawned process has to initialise: `target = declaration.initializer`, in the program's order. */
function neededInitialisers(statements) {
  const variables = [];
  const used = new Set();
  for (const statement of statements) {
    if (statement.kind === NodeKind.Variable) {
      for (const declaration of statement.declarations) {
        variables.push({ target: declaration.name.text, declaration });
        if (declaration.flags & CommonFlags.Export) used.add(declaration.name.text);
      }
    } else if (statement.kind === NodeKind.ClassDeclaration && !statement.typeParameters?.length) {
      for (const member of statement.members) {
        if (member.kind !== NodeKind.FieldDeclaration || !(member.flags & CommonFlags.Static)) continue;
        member.flags &= ~(CommonFlags.Private | CommonFlags.Protected);
        variables.push({ target: `${statement.name.text}.${member.name.text}`, declaration: member, always: true });
      }
    }
    collectFunctionNames(statement, used);
  }
  spreadUse(variables, used);
  return variables.filter(
    ({ target, declaration, always }) =>
      (always || used.has(target)) &&
      declaration.initializer !== null &&
      !declaration.decorators?.some((decorator) => decorator.name.text === 'inline') &&
      !isConstant(declaration.initializer),
  );
}

/** Names used inside functions, wherever in the statement these stand; and names in `export { ... }`. */
function collectFunctionNames(node, used) {
  switch (node.kind) {
    case NodeKind.FunctionDeclaration:
    case NodeKind.MethodDeclaration:
    case NodeKind.ClassDeclaration:
      collectFreeNames(node, used);
      return;
    case NodeKind.ExportMember:
      used.add(node.localName.text);
      return;
    default:
      for (const value of Object.values(node)) {
        for (const child of Array.isArray(value) ? value : [value]) {
          if (child !== null && typeof child === 'object' && typeof child.kind === 'number')
            collectFunctionNames(child, used);
        }
      }
  }
}

/** A variable that the initialiser of a used one refers to is used as well. */
function spreadUse(variables, used) {
  for (let grown = -1; grown !== used.size; ) {
    grown = used.size;
    for (const { target, declaration, always } of variables) {
      if ((always || used.has(target)) && declaration.initializer !== null)
        collectFreeNames(declaration.initializer, used);
    }
  }
}

/** Constants are part of the module: the compiler puts them where every instance has them. */
function isConstant(expression) {
  switch (expression.kind) {
    case NodeKind.True:
    case NodeKind.False:
    case NodeKind.Null:
      return true;
    case NodeKind.Literal:
      return [LiteralKind.Integer, LiteralKind.Float, LiteralKind.String].includes(expression.literalKind);
    case NodeKind.UnaryPrefix:
      return isConstant(expression.operand);
    default:
      return false;
  }
}

/** Wraps the exports of the compiled module. `paths` are what `prepareEntry` returned. */
export function enterOnce(module, binaryen, paths) {
  for (const path of paths) initialiseLazyFirst(module, binaryen, path);
  const exports = Array.from({ length: module.getNumExports() }, (_, at) =>
    binaryen.getExportInfo(module.getExportByIndex(at)),
  );
  const functions = exports.filter(({ kind }) => kind === binaryen.ExternalFunction);
  const own = (name) => functions.find((exported) => exported.name === name).value;
  const call = (name) => module.call(name, [], binaryen.none);
  const body = [
    ...paths.map((_, index) => call(own(`__lunatic_begin_${index}`))),
    call(START),
    ...paths.map((_, index) => call(own(`__lunatic_initialise_${index}`))),
  ];
  module.addFunction(
    ENTER,
    binaryen.none,
    binaryen.none,
    [],
    module.if(module.i32.eqz(module.global.get(STARTED, binaryen.i32)), module.block(null, body)),
  );
  for (const { name, value } of functions) {
    if (name === '_start') continue;
    module.removeExport(name);
    if (/^__lunatic_(begin|initialise)_\d+$/.test(name)) continue;
    const { params, results } = binaryen.getFunctionInfo(module.getFunction(value));
    const args = binaryen.expandType(params).map((type, at) => module.local.get(at, type));
    const wrapper = `${value}~entered`;
    module.addFunction(
      wrapper,
      params,
      results,
      [],
      module.block(null, [call(ENTER), module.call(value, args, results)], results),
    );
    module.addFunctionExport(wrapper, name);
  }
}

function initialiseLazyFirst(module, binaryen, path) {
  const start = module.getFunction(`start:${path}`);
  const body = flatten(binaryen, binaryen.getFunctionInfo(start).body);
  const guardAt = body.findIndex((expression) => isGuard(binaryen, binaryen.getExpressionInfo(expression)));
  if (guardAt < 0)
    throw new Error(`lunatic-as does not understand the start function that this compiler made for ${path}`);
  const isForeign = (expression) => {
    const info = binaryen.getExpressionInfo(expression);
    return info.id === binaryen.GlobalSetId && info.name !== STACK_POINTER && !info.name.startsWith(`${path}/`);
  };
  const before = body.slice(0, guardAt);
  const after = body.slice(guardAt);
  const ordered = [...before, ...after.filter(isForeign), ...after.filter((expression) => !isForeign(expression))];
  binaryen.Function.setBody(start, module.block(null, ordered));
}

function flatten(binaryen, expression) {
  const info = binaryen.getExpressionInfo(expression);
  if (info.id !== binaryen.BlockId || info.name) return [expression];
  return info.children.flatMap((child) => flatten(binaryen, child));
}

function isGuard(binaryen, info) {
  if (info.id !== binaryen.IfId) return false;
  const condition = binaryen.getExpressionInfo(info.condition);
  return condition.id === binaryen.CallId && condition.target.endsWith('/__lunatic_is_spawned');
}
