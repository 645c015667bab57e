"""Runs a guest file that is more than xm understands by itself, as the classic tool did: a Python 2 program with some
names set. Used by xm only:

    python3 -I -B run_guest_file.py <REQUEST 3>ANSWER

REQUEST is a sequence of texts, each as LENGTH:BYTES: the path, the source, then name and value of every variable that
is there from the start. ANSWER is one S-expression:

    (variables (NAME VALUE) ...)    the file ran; VALUE is (s TEXT) (i N) (f N) (l VALUE ...) (t VALUE ...) (u TEXT)
                                    (b 0|1) (n) or, for anything else, (o TYPE)
    (syntax LINE TEXT)              it is no program
    (exception TEXT)                it failed with an error of the kind that programs handle
    (unexpected TYPE TRACEBACK)     it failed with another one
    (exit STATUS)                   it called sys.exit

What the file prints goes to stdout. A byte above 127 of the file is one character, as it was in Python 2, and leaves as
the same byte.
"""
import errno
import fcntl
import os
import re
import socket
import struct
import sys
import types

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # an isolated interpreter does not look there
from guest_file_python2 import BUILTINS, STANDARD_ERRORS, StandardError, as_bytes, as_text, compiled, unicode
del sys.path[0]

ANSWER = 3
DEEPEST = 100  # lists in lists; as for files that xm understands by itself


# ---- addresses of this host -----------------------------------------------------------------------------------------

def get_defaultroute():
    try:
        with open("/proc/net/route") as table:
            for row in table.readlines()[1:]:
                device, destination, gateway, flags = row.split()[:4]
                if int(destination, 16) == 0 and int(flags, 16) & 2:
                    return [socket.inet_ntoa(struct.pack("=I", int(gateway, 16))), device]
    except OSError:
        pass
    return [None, None]


def interface_address(device, request):
    if device == "defaultroute":
        device = get_defaultroute()[1]
    if not device:
        return None
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            answer = fcntl.ioctl(s, request, struct.pack("256s", os.fsencode(device)[:15]))
        return socket.inet_ntoa(answer[20:24])
    except OSError:
        return None


def get_current_ipaddr(dev="defaultroute"):
    return interface_address(dev, 0x8915)  # SIOCGIFADDR


def get_current_ipmask(dev="defaultroute"):
    return interface_address(dev, 0x891b)  # SIOCGIFNETMASK


def get_current_ipgw(dev="defaultroute"):
    gateway, device = get_defaultroute()
    return gateway if dev in ("defaultroute", device) else None


def inet_aton(text):
    return struct.unpack("!I", socket.inet_aton(text))[0]


def inet_ntoa(n):
    return socket.inet_ntoa(struct.pack("!I", n))


def add_offset_to_ip(ip, offset):
    return inet_ntoa((inet_aton(ip) + offset) & 0xffffffff)


def check_subnet(ip, network, netmask):
    return int(inet_aton(ip) & inet_aton(netmask) == inet_aton(network) & inet_aton(netmask))


ADDRESSES = (get_defaultroute, get_current_ipaddr, get_current_ipmask, get_current_ipgw, inet_aton, inet_ntoa,
             add_offset_to_ip, check_subnet)


def address_names():
    names = {module.__name__: module for module in (os, re, socket, struct, errno)}
    names.update({function.__name__: function for function in ADDRESSES})
    return names


def address_module():
    module = types.ModuleType("xen.util.ip")
    vars(module).update(address_names())
    return module


def xen_packages():
    """import xen.util.ip binds `xen`; from xen.util.ip import x looks for the whole name."""
    for name in ("xen", "xen.util"):
        sys.modules.setdefault(name, types.ModuleType(name)).__path__ = []
    sys.modules["xen"].util = sys.modules["xen.util"]
    sys.modules["xen.util"].ip = sys.modules.setdefault("xen.util.ip", address_module())


# ---- xm_vars --------------------------------------------------------------------------------------------------------

class Var:
    def __init__(self, name, use, check):
        self.name, self.use = name, use
        self.check = check or (lambda _, value: value)


class Vars:
    """The variables that a file expects from the command line."""

    def __init__(self, name, help, env):
        self.name, self.help, self.env, self.vars = name, help, env, []

    def var(self, name, use=None, check=None):
        self.vars.append(Var(name, use, check))

    def check(self):
        for var in self.vars:
            try:
                self.env[var.name] = var.check(var.name, self.env.get(var.name))
            except STANDARD_ERRORS as e:
                raise StandardError("%s - %s" % (var.name, e)) from None


# ---- request and answer ---------------------------------------------------------------------------------------------

def read_request():
    data = sys.stdin.buffer.read()
    texts = []
    while data:
        length, _, data = data.partition(b":")
        texts.append(data[:int(length)])
        data = data[int(length):]
    path, source, *pairs = texts
    variables = {as_text(name): as_text(value) for name, value in zip(pairs[::2], pairs[1::2])}
    return as_text(path), source, variables


def quoted(text):
    return "'" + re.sub(rb"[^ -&(-\[\]-~]", lambda m: b"\\x%02x" % m[0][0], as_bytes(text)).decode("ascii") + "'"


def value_text(value, depth=0):
    if depth > DEEPEST:
        raise StandardError("a list is nested more than %d deep" % DEEPEST)
    kind = type(value)
    if value is None:
        return "(n)"
    if kind is bool:
        return "(b %d)" % value
    if kind is str:
        return "(s %s)" % quoted(value)
    if kind is unicode:
        return "(u %s)" % quoted(value)
    if kind is int and -2**63 <= value < 2**63:
        return "(i %d)" % value
    if kind is float:
        return "(f %r)" % value
    if kind is list or kind is tuple:
        return "(%s %s)" % (kind.__name__[0], " ".join(value_text(item, depth + 1) for item in value))
    return "(o %s)" % quoted("long" if kind is int else kind.__name__)


def variables_text(names):
    pairs = ["(%s %s)" % (quoted(name), value_text(value)) for name, value in names.items() if isinstance(name, str)]
    return "(variables %s)" % " ".join(pairs)


def exit_text(code):
    if isinstance(code, int):
        return "(exit %d)" % (code & 0xff)
    if code is not None:
        print(code, file=sys.stderr)
    return "(exit %d)" % (0 if code is None else 1)


def unexpected_text(error, path, source):
    import linecache
    import traceback
    linecache.cache[path] = (len(source), None, source.splitlines(True), path)
    kind = type(error)
    name = "<type 'exceptions.%s'>" if kind.__module__ == "builtins" else "<class '%s'>"
    trace = error.__traceback__.tb_next.tb_next  # the part that is the file's
    text = "".join(traceback.format_exception(kind, error, trace))
    return "(unexpected %s %s)" % (quoted(name % kind.__name__), quoted(text))


def namespace(path, variables):
    names = dict(variables)
    names.update({"sys": sys, "os": os})
    names.update(address_names())
    names.update({"Vars": Vars, "xm_file": path, "xm_help": 0, "__builtins__": BUILTINS})
    names["xm_vars"] = Vars(path, 0, names)
    return names


def run(code, names):
    exec(code, names)


def answer_to(path, source, variables):
    text = source.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    try:
        code = compiled(text, path)
    except SyntaxError as e:
        return "(syntax %d %s)" % (e.lineno or 1, quoted(str(e.msg)))
    except (ValueError, RecursionError, MemoryError) as e:
        line = text.count("\n", 0, text.find("\0")) + 1 if "\0" in text else 1
        return "(syntax %d %s)" % (line, quoted(str(e) or "too complex"))
    try:
        names = namespace(path, variables)
        run(code, names)
        del names["__builtins__"]
        return variables_text(names)
    except SystemExit as e:
        return exit_text(e.code)
    except MemoryError:
        return "(exception %s)" % quoted("%s needs more memory than a guest file may use" % path)
    except STANDARD_ERRORS as e:
        return "(exception %s)" % quoted(str(e))
    except BaseException as e:
        return unexpected_text(e, path, text)


def main():
    path, source, variables = read_request()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.set_inheritable(ANSWER, False)  # programs that the file starts have no part in it
    sys.stdout.reconfigure(errors="surrogateescape", line_buffering=True)
    sys.stderr.reconfigure(errors="surrogateescape")
    sys.argv = ["xm"]
    xen_packages()
    answer = answer_to(path, source, variables)
    sys.stdout.flush()
    sys.stderr.flush()
    with open(ANSWER, "wb") as out:
        out.write(answer.encode("ascii"))
    os._exit(0)  # without what the file may have left to be done at the end


main()
