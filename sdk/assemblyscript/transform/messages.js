// Classes marked @message: writes the methods by which assembly/codec.ts encodes and decodes them.
//
//   @message class Put extends Command { key: string; value: i32[]; }
//
// gets
//
//   __lunatic_encode(writer) { super.__lunatic_encode(writer); put(writer, this.key); put(writer, this.value); }
//   __lunatic_decode(reader) { super.__lunatic_decode(reader); this.key = get<string>(reader); this.value = get<i32[]>(reader); }
//   __lunatic_size()         { return offsetof<this>(); }     only where several marked classes form a family

import { CommonFlags, NodeKind } from 'assemblyscript';
import { classesOf, parseInto } from './syntax.js';

const IMPORTS = `import {
  encode as __lunatic_put, decode as __lunatic_get, decodeLike as __lunatic_get_like, storeField as __lunatic_store,
  Writer as __lunatic_Writer, Reader as __lunatic_Reader
} from "lunatic-as/assembly/codec";`;

export function addMessageMethods(parser) {
  const classes = parser.sources.flatMap((source) => classesOf(source).map((declaration) => ({ source, declaration })));
  const marked = classes.filter(({ declaration }) => isMarked(declaration));
  if (marked.length === 0) return;
  const markedNames = new Set(marked.map(({ declaration }) => declaration.name.text));
  const families = new Set();
  for (const { declaration } of marked) {
    const base = baseName(declaration);
    if (base === undefined) continue;
    if (!markedNames.has(base)) {
      throw new Error(`class ${declaration.name.text} is marked @message, its base class ${base} is not: mark it too`);
    }
    families.add(base);
    families.add(declaration.name.text);
  }
  for (const source of new Set(marked.map((entry) => entry.source))) {
    source.statements.unshift(...parseInto(parser, source, IMPORTS));
  }
  for (const { source, declaration } of marked)
    addMethods(parser, source, declaration, families.has(declaration.name.text));
}

function isMarked(declaration) {
  return (declaration.decorators ?? []).some((decorator) => decorator.name.text === 'message');
}

function baseName(declaration) {
  return declaration.extendsType?.name.identifier.text;
}

function addMethods(parser, source, declaration, inFamily) {
  const fields = declaration.members.filter(
    (member) => member.kind === NodeKind.FieldDeclaration && !(member.flags & CommonFlags.Static),
  );
  const base = baseName(declaration);
  const text = [
    `class ${declaration.name.text}${base === undefined ? '' : ` extends ${base}`} {`,
    '__lunatic_encode(writer: __lunatic_Writer): void {',
    base === undefined ? '' : 'super.__lunatic_encode(writer);',
    ...fields.map((field) => `__lunatic_put(writer, this.${field.name.text});`),
    '}',
    '__lunatic_decode(reader: __lunatic_Reader): void {',
    base === undefined ? '' : 'super.__lunatic_decode(reader);',
    ...fields.map(decodeField),
    '}',
    inFamily ? '__lunatic_size(): usize { return offsetof<this>(); }' : '',
    '}',
  ].join('\n');
  const made = parseInto(parser, source, text).find((statement) => statement.kind === NodeKind.ClassDeclaration);
  const decode = made.members[1].body.statements.slice(base === undefined ? 0 : 1);
  decode.forEach((statement, index) => {
    // The text has no room for the written type of a field; the compiler is given the very node.
    const call = decodeCall(statement.expression);
    if (fields[index].type !== null) call.typeArguments[0] = fields[index].type;
  });
  declaration.members.push(...made.members);
}

/** A field cannot be assigned outside of the constructor if it is readonly. */
function decodeField(field) {
  const name = field.name.text;
  const value = field.type === null ? `__lunatic_get_like(reader, this.${name})` : '__lunatic_get<i32>(reader)';
  if (!(field.flags & CommonFlags.Readonly)) return `this.${name} = ${value};`;
  return `__lunatic_store(changetype<usize>(this), offsetof<this>("${name}"), ${value});`;
}

function decodeCall(expression) {
  return expression.kind === NodeKind.Binary ? expression.right : expression.args[2];
}
