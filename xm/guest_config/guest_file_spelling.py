"""The text of a Python 2 program with the spellings that Python 3 does not have replaced, line for line: the old forms of
print, raise, except and exec, `x`, <>, 0755, 10L, ur'', tabs and blanks mixed.
"""
import re

TOKEN = re.compile(r"""
    (?P<blank>[ \t\f]+)
  | (?P<comment>\#[^\n]*)
  | (?P<newline>\n)
  | (?P<joined>\\\n)
  | (?P<string>[bBuU]?[rR]?(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"
                             |'(?:\\.|[^\\'\n])*'|"(?:\\.|[^\\"\n])*"))
  | (?P<number>0[xX][0-9a-fA-F]+[lL]?|0[bB][01]+[lL]?|0[oO][0-7]+[lL]?
             |(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[jJ]?|[0-9]+[eE][+-]?[0-9]+[jJ]?|[0-9]+[lLjJ]?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<operator><>|<<=|>>=|\*\*=|//=|<<|>>|\*\*|//|[-+*/%&|^=!<>]=|.)
""", re.VERBOSE | re.DOTALL)
UNSEEN = ("blank", "comment", "joined", "newline")


class Token:
    def __init__(self, kind, text):
        self.kind, self.text = kind, text

    def is_operator(self, *texts):
        return self.kind == "operator" and self.text in texts

    def is_name(self, *texts):
        return self.kind == "name" and self.text in texts


def tokens_of(source):
    backquotes = 0
    for match in TOKEN.finditer(source):
        token = Token(match.lastgroup, match.group())
        if token.kind == "number":
            token.text = number(token.text)
        elif token.kind == "string":
            token.text = string(token.text)
        elif token.is_operator("<>"):
            token.text = "!="
        elif token.is_operator("`"):
            backquotes += 1
            token = Token("operator", "repr((" if backquotes % 2 else "))")
        yield token


def number(text):
    if text[-1] in "lL":
        return "long(%s)" % number(text[:-1])
    if re.fullmatch("0[0-7]+", text) and int(text):
        return "0o" + text[1:]
    return text


def string(text):
    prefix = re.match("[a-zA-Z]*", text)[0]
    kind, rest = prefix.lower(), text[len(prefix):]
    if kind == "ur":
        return "unicode(r%s)" % rest
    if kind == "u":
        return "u" + rest  # U'' counts as another kind of text
    if "r" in kind:
        return "r" + rest
    return re.sub(r"\\([0-7]{1,3}|.)", escape, rest, flags=re.DOTALL)  # b'' is the same as ''


def escape(match):
    """Texts of bytes have no \\u, \\U and \\N, and an octal escape is one byte."""
    what = match[1]
    if what in ("u", "U", "N"):
        return "\\" + match[0]
    return "\\x%02x" % (int(what, 8) & 0xff) if what.isdigit() and what[0] in "01234567" else match[0]


def split(tokens, wanted):
    """The pieces of `tokens` between those for which wanted(token) holds, brackets being passed over."""
    pieces, depth = [[]], 0
    for token in tokens:
        depth += nesting(token)
        if depth == 0 and wanted(token):
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


def nesting(token):
    if token.kind != "operator":
        return 0
    opening = token.text.count("(") + token.text.count("[") + token.text.count("{")
    return opening - token.text.count(")") - token.text.count("]") - token.text.count("}")


def text_of(tokens):
    return "".join(token.text for token in tokens)


def is_comma(token):
    return token.is_operator(",")


class Translation:
    """The text of a program with the spellings of Python 2 replaced by those of Python 3, line for line."""

    def __init__(self, source):
        self.tokens = list(tokens_of(source))
        imported = re.findall(r"^from\s+__future__\s+import\s+(.*)", source, re.MULTILINE)
        self.future = set(re.findall(r"\w+", " ".join(imported)))
        self.out = []

    def text(self):
        statement, depth, lambdas, line_start = [], 0, 0, True
        for token in self.tokens:
            if line_start and token.kind == "blank":
                token.text = token.text.expandtabs(8)
            line_start = False
            depth = max(0, depth + nesting(token))
            if token.is_name("lambda"):
                lambdas += 1
            ends = depth == 0 and (token.kind == "newline" or token.is_operator(";", ":"))
            if ends and token.text == ":" and lambdas > 0:
                lambdas -= 1
                ends = False
            if not ends:
                statement.append(token)
                continue
            self.add(statement)
            self.out.append(token.text)
            line_start = token.kind == "newline"
            statement, lambdas = [], 0
        self.add(statement)
        return "".join(self.out)

    def add(self, statement):
        start, end = 0, len(statement)
        while start < end and statement[start].kind in UNSEEN:
            start += 1
        while end > start and statement[end - 1].kind in UNSEEN:
            end -= 1
        middle = statement[start:end]
        self.out.append(text_of(statement[:start]) + self.translated(middle) + text_of(statement[end:]))

    def translated(self, tokens):
        word = tokens[0].text if tokens and tokens[0].kind == "name" else None
        rest = tokens[1:]
        if word == "print" and "print_function" not in self.future:
            return print_statement(rest)
        if word == "exec":
            return exec_statement(rest)
        if word == "raise":
            return raise_statement(rest)
        if word == "except":
            return except_clause(rest)
        return text_of(tokens)


def in_one_bracket(tokens):
    """The tokens inside when all of `tokens` is one pair of brackets; otherwise None."""
    seen = [token for token in tokens if token.kind not in UNSEEN]
    if not seen or not seen[0].is_operator("(") or not seen[-1].is_operator(")"):
        return None
    depth = 0
    for token in seen[:-1]:
        depth += nesting(token)
        if depth == 0:
            return None
    return seen[1:-1]


def print_statement(rest):
    inside = in_one_bracket(rest)
    if inside is not None:
        for part in split(inside, is_comma):  # Python 3 already: print(x, file=y)
            if len(part) > 1 and part[0].is_name("file", "end", "sep", "flush") and part[1].is_operator("="):
                return "print" + text_of(rest)
    seen = [token for token in rest if token.kind not in UNSEEN]
    if not seen:
        return "print()" + text_of(rest)
    options = ""
    parts = split(rest, is_comma)
    if seen[0].is_operator(">>"):
        target = text_of(parts.pop(0)).strip()[2:]
        options = ", file=(%s)" % target
    if parts and not text_of(parts[-1]).strip():
        parts.pop()
        options += ", end=' '"
    return "print(" + ",".join("(%s)" % text_of(part) for part in parts) + (options if parts else options[2:]) + ")"


def exec_statement(rest):
    if in_one_bracket(rest) is not None:
        return "exec" + text_of(rest)
    parts = split(rest, lambda token: token.is_name("in"))
    return "exec(" + ",".join(text_of(part) for part in parts) + ")"


def raise_statement(rest):
    parts = [text_of(part) for part in split(rest, is_comma)]
    if len(parts) == 1:
        return "raise" + parts[0]
    traceback = ".with_traceback(%s)" % parts[2] if len(parts) > 2 else ""
    return "raise __raised__(%s,%s)%s" % (parts[0], parts[1], traceback)


def except_clause(rest):
    parts = [text_of(part) for part in split(rest, is_comma)]
    return "except" + (" as".join(parts) if len(parts) == 2 else text_of(rest))
