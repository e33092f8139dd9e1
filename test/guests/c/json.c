// A JSON reader and printer with its values in an arena, and errors passed by longjmp's poor relation: a flag.

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { NONE, WORD, NUMBER, TEXT, LIST, DICT } kind;

typedef struct value {
  kind kind;
  char *name; // in a dictionary
  char *text;
  double number;
  struct value *first, *next;
} value;

typedef struct {
  const char *start, *at;
  const char *problem;
} reader;

static char arena[1 << 16];
static size_t used = 0;

static void *allocate(size_t size) {
  size = (size + 7) & ~(size_t)7;
  if (used + size > sizeof arena) abort();
  void *block = arena + used;
  used += size;
  return memset(block, 0, size);
}

static value *fail(reader *r, const char *problem) {
  if (r->problem == NULL) r->problem = problem;
  return NULL;
}

static void blank(reader *r) {
  while (*r->at != 0 && isspace((unsigned char)*r->at)) r->at++;
}

static char *read_text(reader *r) {
  char *text = allocate(strlen(r->at));
  char *end = text;
  for (r->at++; *r->at != '"'; r->at++) {
    if (*r->at == 0) {
      fail(r, "unfinished string");
      return NULL;
    }
    if (*r->at == '\\') {
      r->at++;
      *end++ = *r->at == 'n' ? '\n' : *r->at;
    } else {
      *end++ = *r->at;
    }
  }
  r->at++;
  return text;
}

static value *read_value(reader *r);

static value *read_members(reader *r, kind kind, char close) {
  value *all = allocate(sizeof *all);
  value **tail = &all->first;
  all->kind = kind;
  r->at++;
  blank(r);
  if (*r->at == close) {
    r->at++;
    return all;
  }
  for (;;) {
    char *name = NULL;
    if (kind == DICT) {
      blank(r);
      if (*r->at != '"') return fail(r, "name expected");
      name = read_text(r);
      if (name == NULL) return NULL;
      blank(r);
      if (*r->at++ != ':') return fail(r, "colon expected");
    }
    value *member = read_value(r);
    if (member == NULL) return NULL;
    member->name = name;
    *tail = member;
    tail = &member->next;
    blank(r);
    char c = *r->at++;
    if (c == close) return all;
    if (c != ',') return fail(r, "comma expected");
  }
}

static value *read_value(reader *r) {
  blank(r);
  if (*r->at == '{') return read_members(r, DICT, '}');
  if (*r->at == '[') return read_members(r, LIST, ']');
  value *v = allocate(sizeof *v);
  if (*r->at == '"') {
    v->kind = TEXT;
    v->text = read_text(r);
    return v->text == NULL ? NULL : v;
  }
  static const char *words[] = {"true", "false", "null"};
  for (int i = 0; i < 3; i++) {
    if (strncmp(r->at, words[i], strlen(words[i])) == 0) {
      r->at += strlen(words[i]);
      v->kind = WORD;
      v->text = (char *)words[i];
      return v;
    }
  }
  char *end;
  v->kind = NUMBER;
  v->number = strtod(r->at, &end);
  if (end == r->at) return fail(r, "no value");
  r->at = end;
  return v;
}

static void print_value(const value *v, int indent) {
  switch (v->kind) {
    case NONE: break;
    case WORD: printf("%s", v->text); break;
    case NUMBER: printf("%g", v->number); break;
    case TEXT: printf("\"%s\"", v->text); break;
    case LIST:
    case DICT:
      printf("%c", v->kind == LIST ? '[' : '{');
      for (const value *m = v->first; m != NULL; m = m->next) {
        printf("\n%*s", indent + 2, "");
        if (m->name != NULL) printf("\"%s\": ", m->name);
        print_value(m, indent + 2);
        printf("%s", m->next != NULL ? "," : "");
      }
      if (v->first != NULL) printf("\n%*s", indent, "");
      printf("%c", v->kind == LIST ? ']' : '}');
      break;
  }
}

static void show(const char *text) {
  used = 0;
  reader r = {text, text, NULL};
  value *v = read_value(&r);
  blank(&r);
  if (v != NULL && *r.at != 0) v = fail(&r, "text after the value");
  if (v == NULL) {
    printf("error: %s at %d\n", r.problem, (int)(r.at - r.start));
  } else {
    print_value(v, 0);
    printf("\n");
  }
}

int main(void) {
  show(" { \"name\" : \"Ada\", \"born\":1815, \"tags\": [\"a\", true, null, -1.5e3], \"empty\": {}, \"none\": [] } ");
  show("[1, 2");
  show("{\"a\" 1}");
  show("[1] 2");
  show("wrong");
  show("\"open");
  static char deep[401];
  memset(deep, '[', 200);
  memset(deep + 200, ']', 200);
  show(deep);
}
