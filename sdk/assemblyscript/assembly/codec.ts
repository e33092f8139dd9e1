// The binary form of values in messages and channels. Compact, little-endian, without names or padding:
//
//   bool, integers, floats    their bytes
//   length, class number      unsigned LEB128
//   string                    length in bytes, UTF-8
//   T[], typed array, StaticArray, Set, Map
//                             number of elements, elements (Map: key, value, key, value ...)
//   ArrayBuffer               number of bytes, bytes
//   nullable reference        0, or 1 and the value
//   class marked @message     its fields in order of declaration, those of the base class first
//   class with marked subclasses or a marked base
//                             class number, then as above: the receiver gets the class that was sent
//
// `encode<T>` and `decode<T>` choose by static checks, so each type costs only its own code. The methods of marked
// classes are written by the transform (transform/messages.js); a class may also define both by hand:
//   __lunatic_encode(writer: Writer): void
//   __lunatic_decode(reader: Reader): void      `this` is zeroed memory: no constructor has run
//
// Class numbers are the compiler's and mean the same only in processes of one module.
// Input is not trusted: what does not fit, names a foreign class or ends early aborts the receiver.

/** Bytes before the first object field: the runtime's header of a managed object. */
const OBJECT_HEADER: usize = 20;
const CLASS_NUMBER_AT: usize = 8;

const FIRST_CAPACITY: usize = 256;
/** A buffer above this is given back after each message, so that one big message does not swell the process for good. */
const KEPT_CAPACITY: usize = 4096;

/** Builds the bytes of a value. One exists per process; the kit hands it out. */
@final @unmanaged
export class Writer {
  private start: usize;
  private at: usize;
  private end: usize;

  /** Byte offset of the first byte written. Valid until the next write. */
  get pointer(): usize { return this.start; }

  /** Number of bytes written. */
  get length(): u32 { return <u32>(this.at - this.start); }

  /** Makes room for `size` bytes and returns where they go. */
  claim(size: usize): usize {
    const at = this.at;
    if (this.end - at < size) return this.grow(size);
    this.at = at + size;
    return at;
  }

  private grow(size: usize): usize {
    const used = this.at - this.start;
    const needed = used + size;
    if (needed < used) abort("this message is larger than the memory of a process");
    const doubled = (this.end - this.start) * 2;
    const capacity = max(max(doubled, needed), FIRST_CAPACITY);
    const start = this.start ? heap.realloc(this.start, capacity) : heap.alloc(capacity);
    this.start = start;
    this.end = start + capacity;
    this.at = start + needed;
    return start + used;
  }

  /** Forgets what was written. */
  reset(): void {
    if (this.end - this.start > KEPT_CAPACITY) {
      heap.free(this.start);
      this.start = 0;
      this.end = 0;
    }
    this.at = this.start;
  }

  /** Writes a number in its own size. */
  @inline number<T>(value: T): void {
    store<T>(this.claim(sizeof<T>()), value);
  }

  /** Writes a length or another small unsigned number. */
  varint(value: u32): void {
    while (value >= 0x80) {
      this.number<u8>(<u8>(value | 0x80));
      value >>>= 7;
    }
    this.number<u8>(<u8>value);
  }

  /** Writes `size` bytes found at `source`. */
  bytes(source: usize, size: usize): void {
    memory.copy(this.claim(size), source, size);
  }

  /** Writes the UTF-8 of a string, without its length. */
  text(value: string): void {
    const size = <usize>String.UTF8.byteLength(value);
    String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, this.claim(size));
  }

  string(value: string): void {
    this.varint(String.UTF8.byteLength(value));
    this.text(value);
  }
}

/** Reads values back from bytes; aborts when they end early. */
@final @unmanaged
export class Reader {
  private at: usize;
  private end: usize;

  /** Starts at `pointer`; the bytes must stay in place until reading has ended. */
  open(pointer: usize, length: usize): void {
    this.at = pointer;
    this.end = pointer + length;
  }

  /** Number of bytes not yet read. */
  get remaining(): usize { return this.end - this.at; }

  /** Passes over `size` bytes and returns where they are. */
  take(size: usize): usize {
    const at = this.at;
    if (this.end - at < size) abort("a message ends early: sender and receiver disagree about its type");
    this.at = at + size;
    return at;
  }

  @inline number<T>(): T {
    return load<T>(this.take(sizeof<T>()));
  }

  varint(): u32 {
    let value: u32 = 0;
    for (let shift: u32 = 0; shift < 35; shift += 7) {
      const byte = <u32>this.number<u8>();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    abort("a message is malformed: sender and receiver disagree about its type");
    return 0;
  }

  string(): string {
    const size = <usize>this.varint();
    return String.UTF8.decodeUnsafe(this.take(size), size);
  }
}

/** The one writer of this process: every message is built in it and copied out before the next one starts. */
export function sharedWriter(): Writer {
  return changetype<Writer>(memory.data(12)); // static memory: zeroed, no start code, no allocation
}

/** The one reader of this process. */
export function sharedReader(): Reader {
  return changetype<Reader>(memory.data(8));
}

/** Appends `value` in the form described above. */
export function encode<T>(writer: Writer, value: T): void {
  if (isNullable<T>()) {
    if (changetype<usize>(value) == 0) {
      writer.number<u8>(0);
    } else {
      writer.number<u8>(1);
      encode<NonNullable<T>>(writer, changetype<NonNullable<T>>(changetype<usize>(value)));
    }
  } else if (isInteger<T>() || isFloat<T>()) {
    writer.number<T>(value);
  } else if (isString<T>()) {
    writer.string(value as string);
  } else if (isDefined(value.__lunatic_size)) {
    writer.varint(classNumber(changetype<usize>(value)));
    value.__lunatic_encode(writer);
  } else if (isDefined(value.__lunatic_encode)) {
    value.__lunatic_encode(writer);
  } else if (value instanceof Map) {
    encodeMap(writer, value);
  } else if (value instanceof Set) {
    encodeSet(writer, value);
  } else if (value instanceof ArrayBuffer) {
    writer.varint(value.byteLength);
    writer.bytes(changetype<usize>(value), value.byteLength);
  } else if (isArrayLike<T>()) {
    encodeElements<T, valueof<T>>(writer, value);
  } else {
    ERROR("this type cannot travel in a message: mark its class with @message");
  }
}

/** Reads back what `encode<T>` wrote. */
export function decode<T>(reader: Reader): T {
  if (isNullable<T>()) {
    return reader.number<u8>() ? changetype<T>(decode<NonNullable<T>>(reader)) : changetype<T>(0);
  } else if (isInteger<T>() || isFloat<T>()) {
    return reader.number<T>();
  } else if (isString<T>()) {
    return changetype<T>(reader.string());
  } else if (isDefined(changetype<T>(0).__lunatic_size)) {
    return decodeFamily<T>(reader);
  } else if (isDefined(changetype<T>(0).__lunatic_decode)) {
    const object = changetype<T>(__new(offsetof<T>(), idof<T>()));
    object.__lunatic_decode(reader);
    return object;
  } else if (changetype<T>(0) instanceof Map) {
    return changetype<T>(decodeMap(reader, changetype<T>(0)));
  } else if (changetype<T>(0) instanceof Set) {
    return changetype<T>(decodeSet(reader, changetype<T>(0)));
  } else if (changetype<T>(0) instanceof ArrayBuffer) {
    const size = <usize>reader.varint();
    const source = reader.take(size);
    const buffer = new ArrayBuffer(<i32>size);
    memory.copy(changetype<usize>(buffer), source, size);
    return changetype<T>(buffer);
  } else if (isArrayLike<T>()) {
    return decodeElements<T, valueof<T>>(reader);
  } else {
    ERROR("this type cannot travel in a message: mark its class with @message");
  }
}

/** The type of the field that it is given: for marked fields without a written type. */
export function decodeLike<T>(reader: Reader, _field: T): T {
  return decode<T>(reader);
}

/** Assigns a field that is readonly to all others. */
export function storeField<T>(object: usize, offset: usize, value: T): void {
  store<T>(object + offset, value);
  if (isManaged<T>()) __link(object, changetype<usize>(value), false);
}

function encodeElements<A, E>(writer: Writer, elements: A): void {
  const length = elements.length;
  writer.varint(length);
  if (isInteger<E>() || isFloat<E>()) {
    writer.bytes(elementsStart<A>(elements), <usize>length * sizeof<E>());
  } else {
    for (let i = 0; i < length; i++) encode<E>(writer, unchecked(elements[i]));
  }
}

function decodeElements<A, E>(reader: Reader): A {
  const length = reader.varint();
  if (isInteger<E>() || isFloat<E>()) {
    // The bytes are there before memory is taken for them: a wrong length cannot make the receiver allocate without end.
    if (<u64>length * sizeof<E>() > <u64>reader.remaining) abort("a message ends early: sender and receiver disagree about its type");
    const size = <usize>length * sizeof<E>();
    const source = reader.take(size);
    const elements = instantiate<A>(<i32>length);
    memory.copy(elementsStart<A>(elements), source, size);
    return elements;
  } else if (isArray<A>()) {
    const elements = instantiate<A>(0);
    for (let i: u32 = 0; i < length; i++) elements.push(decode<E>(reader));
    return elements;
  } else {
    const elements = instantiate<A>(<i32>min<u32>(length, <u32>reader.remaining));
    for (let i = 0; i < <i32>length; i++) elements[i] = decode<E>(reader);
    return elements;
  }
}

/** Where the elements lie: in a buffer of their own, or (StaticArray) in the object itself. */
function elementsStart<A>(elements: A): usize {
  if (isDefined(elements.dataStart)) return elements.dataStart;
  return changetype<usize>(elements);
}

function encodeMap<K, V>(writer: Writer, map: Map<K, V>): void {
  const keys = map.keys();
  writer.varint(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = unchecked(keys[i]);
    encode<K>(writer, key);
    encode<V>(writer, map.get(key));
  }
}

function decodeMap<K, V>(reader: Reader, _type: Map<K, V>): Map<K, V> {
  const map = new Map<K, V>();
  const length = reader.varint();
  for (let i: u32 = 0; i < length; i++) {
    const key = decode<K>(reader);
    map.set(key, decode<V>(reader));
  }
  return map;
}

function encodeSet<V>(writer: Writer, set: Set<V>): void {
  const values = set.values();
  writer.varint(values.length);
  for (let i = 0; i < values.length; i++) encode<V>(writer, unchecked(values[i]));
}

function decodeSet<V>(reader: Reader, _type: Set<V>): Set<V> {
  const set = new Set<V>();
  const length = reader.varint();
  for (let i: u32 = 0; i < length; i++) set.add(decode<V>(reader));
  return set;
}

function classNumber(object: usize): u32 {
  return load<u32>(object - CLASS_NUMBER_AT);
}

/** Reads an object of class T or of one below it. */
function decodeFamily<T>(reader: Reader): T {
  const id = reader.varint();
  // The class and its size are asked of an empty object in static memory, so a number that is not one of the family's is
  // refused before anything of it is used.
  const probe = memory.data(<i32>OBJECT_HEADER) + OBJECT_HEADER;
  store<u32>(probe - CLASS_NUMBER_AT, id);
  const kind = changetype<T>(probe);
  if (!isOf<T>(kind)) abort("a message holds an object of another class than its receiver expects");
  const object = changetype<T>(__new(kind.__lunatic_size(), id));
  object.__lunatic_decode(reader);
  return object;
}

function isOf<T>(object: Object): bool {
  return object instanceof T;
}
