"""Programs written for Python 2, run by Python 3: meanings and names that differ, as far as guest files use them."""
import ast
import functools
import importlib
import string
import sys
import types

from guest_file_spelling import Translation


def as_text(data):
    return data.decode("utf-8", "surrogateescape")


def as_bytes(text):
    return text.encode("utf-8", "surrogateescape")


# ---- meaning ---------------------------------------------------------------------------------------------------------

def bytes_as_characters(text):
    """Bytes above 127 in the form that Python 3 gives them in file names and the environment."""
    return "".join(chr(0xdc00 + ord(c)) if 0x80 <= ord(c) <= 0xff else c for c in text)


def call(name, *arguments):
    return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=list(arguments), keywords=[])


class Meaning(ast.NodeTransformer):
    LAZY = {"iterkeys": "keys", "itervalues": "values", "iteritems": "items"}

    def __init__(self, true_division):
        self.true_division = true_division

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            node.value = bytes_as_characters(node.value)
            if node.kind == "u":
                node.kind = None
                return ast.copy_location(call("unicode", node), node)
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Div) and not self.true_division:
            return ast.copy_location(call("__divided__", node.left, node.right), node)
        return node

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Div) and not self.true_division and isinstance(node.target, ast.Name):
            value = call("__divided__", ast.Name(id=node.target.id, ctx=ast.Load()), node.value)
            return ast.copy_location(ast.Assign(targets=[node.target], value=value), node)
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute) or node.keywords:
            return node
        method = node.func
        if method.attr == "has_key" and len(node.args) == 1:
            return ast.copy_location(ast.Compare(left=node.args[0], ops=[ast.In()], comparators=[method.value]), node)
        if not node.args and method.attr in self.LAZY:
            method.attr = self.LAZY[method.attr]
        elif not node.args and method.attr in self.LAZY.values():
            return ast.copy_location(call("__listed__", node), node)
        return node


def compiled(source, path):
    """The code of `source`, a character for each byte. Raises SyntaxError and what else compile() raises."""
    translation = Translation(source.replace("\r\n", "\n").replace("\r", "\n"))
    tree = Meaning("division" in translation.future).visit(ast.parse(translation.text(), path))
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


# ---- names that Python 2 had ----------------------------------------------------------------------------------------

class StandardError(Exception):
    pass


STANDARD_ERRORS = (StandardError, ArithmeticError, AssertionError, AttributeError, BufferError, EOFError, OSError,
                   ImportError, LookupError, MemoryError, NameError, ReferenceError, RuntimeError, SyntaxError,
                   SystemError, TypeError, ValueError)


class long(int):
    pass


class unicode(str):
    def __new__(cls, value="", encoding=None, errors="strict"):
        if encoding is not None:
            value = as_bytes(value).decode(encoding, errors)
        return str.__new__(cls, value)

    def __add__(self, other):
        return unicode(str.__add__(self, other))

    def __radd__(self, other):
        return unicode(str.__add__(other, self))


def divided(a, b):
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise ZeroDivisionError("integer division or modulo by zero")
        return a // b
    return a / b


def raised(kind, value):
    if isinstance(kind, BaseException) or isinstance(value, kind):
        return value if isinstance(value, BaseException) else kind
    if value is None:
        return kind()
    return kind(*value) if isinstance(value, tuple) else kind(value)


def listed(value):
    return list(value) if isinstance(value, (type({}.keys()), type({}.values()), type({}.items()))) else value


def as_list(function):
    return lambda *arguments: list(function(*arguments))


def old_map(function, *lists):
    if function is None:
        return list(zip(*lists)) if len(lists) > 1 else list(lists[0])
    return list(map(function, *lists))


def old_filter(function, items):
    kept = filter(function, items)
    if isinstance(items, str):
        return "".join(kept)
    return tuple(kept) if isinstance(items, tuple) else list(kept)


def old_open(name, mode="r", buffering=-1):
    """Files are text: bytes are characters."""
    text_mode = mode.replace("U", "").replace("b", "") or "r"
    return open(name, text_mode, buffering, encoding="utf-8", errors="surrogateescape", newline="\n")


def execute(code, names=None, local_names=None):
    frame = sys._getframe(1)
    if names is None:
        names, local_names = frame.f_globals, frame.f_locals
    names.setdefault("__builtins__", BUILTINS)
    if isinstance(code, str):
        code = compiled(as_bytes(code).decode("latin-1"), "<string>")
    exec(code, names, names if local_names is None else local_names)


def execute_file(path, names=None, local_names=None):
    frame = sys._getframe(1)
    if names is None:
        names, local_names = frame.f_globals, frame.f_locals
    with open(path, "rb") as file:
        execute(compiled(file.read().decode("latin-1"), path), names, local_names)


def import_module(name, names=None, local_names=None, wanted=(), level=0):
    if name in OLD_MODULES:
        return OLD_MODULES[name]()
    return __import__(name, names, local_names, wanted, level)


def old_builtins():
    import builtins
    names = dict(vars(builtins))
    names.update({
        "__import__": import_module, "__name__": "__builtin__", "StandardError": StandardError, "long": long,
        "unicode": unicode, "unichr": lambda n: unicode(chr(n)), "basestring": str, "xrange": range,
        "range": as_list(range), "zip": as_list(zip), "map": old_map, "filter": old_filter, "raw_input": input,
        "open": old_open, "file": old_open, "reduce": functools.reduce, "cmp": lambda a, b: (a > b) - (a < b),
        "apply": lambda function, arguments=(), keywords={}: function(*arguments, **keywords), "exec": execute,
        "execfile": execute_file, "__raised__": raised, "__divided__": divided, "__listed__": listed})
    return names


class Download:
    """What urllib2.urlopen gave: an answer that is read as text."""

    def __init__(self, response):
        self.response = response

    def read(self, *size):
        return as_text(self.response.read(*size))

    def readline(self):
        return as_text(self.response.readline())

    def readlines(self):
        return [as_text(line) for line in self.response.readlines()]

    def __getattr__(self, name):
        return getattr(self.response, name)


def url_open(url, data=None, *more):
    from urllib.request import urlopen
    return Download(urlopen(url, as_bytes(data) if isinstance(data, str) else data, *more))


@functools.cache
def url_module(name):
    request = importlib.import_module("urllib.request")
    module = types.ModuleType(name)
    for source in ("urllib.parse", "urllib.error", "urllib.request"):
        vars(module).update({k: v for k, v in vars(importlib.import_module(source)).items() if not k.startswith("__")})
    module.urlopen, module.build_opener = url_open, request.build_opener
    return module


@functools.cache
def commands_module():
    import subprocess
    module = types.ModuleType("commands")
    module.getoutput, module.getstatusoutput = subprocess.getoutput, subprocess.getstatusoutput
    return module


@functools.cache
def string_module():
    module = types.ModuleType("string")
    vars(module).update(vars(string))
    for name in ("lower", "upper", "strip", "lstrip", "rstrip", "split", "rsplit", "replace", "find", "rfind", "index",
                 "count", "zfill", "capitalize", "ljust", "rjust", "center", "expandtabs"):
        setattr(module, name, getattr(str, name))
    module.join = module.joinfields = lambda words, separator=" ": separator.join(words)
    module.atoi, module.atol, module.atof = int, int, float
    module.letters, module.lowercase, module.uppercase = (string.ascii_letters, string.ascii_lowercase,
                                                          string.ascii_uppercase)
    return module


@functools.cache
def subprocess_module():
    """subprocess with programs that write and read text."""
    import subprocess

    class Popen(subprocess.Popen):
        def __init__(self, *arguments, **options):
            options.setdefault("encoding", "utf-8")
            options.setdefault("errors", "surrogateescape")
            super().__init__(*arguments, **options)

    subprocess.Popen = Popen
    return subprocess


OLD_MODULES = {"commands": commands_module, "string": string_module, "subprocess": subprocess_module,
               "urllib": lambda: url_module("urllib"), "urllib2": lambda: url_module("urllib2"),
               "ConfigParser": lambda: importlib.import_module("configparser"),
               "StringIO": lambda: importlib.import_module("io"),
               "cStringIO": lambda: importlib.import_module("io")}
BUILTINS = old_builtins()
