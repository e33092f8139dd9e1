// The compiler transform of the kit: `asc --transform lunatic-as/transform`, or through lunatic-as/asconfig.json.
//
//   messages.js   writes the encoding of classes marked @message
//   entry.js      decides which top-level code runs in which process, and exports where spawned processes begin
//   standard.js   gives the standard library's Date, console, performance and crypto a host that has WASI only
//
// The nodes and flags below are those of the compiler's own syntax tree (the package `assemblyscript`).

import { enterOnce, prepareEntry } from './entry.js';
import { addMessageMethods } from './messages.js';
import { bindStandardLibrary } from './standard.js';
import { programFiles } from './syntax.js';

/** Parsers that have been served: the transform may be named both in a configuration and on the command line. */
const served = new WeakSet();

export default class LunaticTransform {
  entries = [];

  afterParse(parser) {
    if (served.has(parser)) return;
    served.add(parser);
    bindStandardLibrary(parser);
    addMessageMethods(parser);
    const files = programFiles(parser);
    this.entries = files.map((file, index) => prepareEntry(parser, file, index));
  }

  afterCompile(module) {
    if (this.entries.length > 0) enterOnce(module, this.binaryen, this.entries);
  }
}
