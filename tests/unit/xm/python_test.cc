// Guest files that are programs: what they can use, what is carried over from Python 2, how they fail, and the limits
// that they run under (spec guest-config 2, 3, 12).
#include "xm/guest_config/python_process.h"

#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/printer.h"
#include "tests/unit/xm/python_files.h"
#include "xm/error.h"
#include "xm/guest_config/errors.h"
#include "xm/guest_config/file.h"
#include "xm/guest_config/python_answer.h"

namespace xm::guest_config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

struct Example {
  std::string source, x;
};

// The value of `x` after running the source with Python; its Python type in front.
std::string x_of(const std::string& source, const Namespace& script_variables = {}) {
  std::string printed;
  const Namespace names =
      parse_python_answer(run_python(runner_of_source_tree(), "./f", source, script_variables, printed));
  const Value& x = names.at("x");
  return x.type_name() + " " + sxp::to_string(x.to_sxp());
}

std::string error_of(const std::string& source, PythonRunner runner = runner_of_source_tree()) {
  try {
    run_file("./f", source, {}, runner);
    return "no error";
  } catch (const Error& e) {
    return e.what();
  } catch (const Exit& e) {
    return "exit " + std::to_string(e.status);
  }
}

class Programs : public testing::TestWithParam<Example> {};

TEST_P(Programs, Run) {
  NEEDS_PYTHON3();
  EXPECT_EQ(x_of(GetParam().source), GetParam().x) << GetParam().source;
}

INSTANTIATE_TEST_SUITE_P(Spelling, Programs,
                         testing::ValuesIn(std::vector<Example>{
                             {"print 'a', 1\nprint\nprint 'b',\nprint >>sys.stderr\nprint ('c'), 'd'\nx = 1", "int 1"},
                             {"print('a')\nprint('b', file=sys.stdout)\nx = 1", "int 1"},
                             {"from __future__ import print_function\nprint('a', end='')\nx = 1", "int 1"},
                             {"try:\n  raise ValueError, 'no'\nexcept ValueError, e:\n  x = str(e)", "str no"},
                             {"try:\n  raise KeyError, 'k'\nexcept (KeyError, TypeError), e: x = e.args[0]", "str k"},
                             {"x = 0755 + 0x10", "int 509"},
                             {"x = 10L * 2", "int 20"},
                             {"x = 10L; y = len('')", "long 'None'"},
                             {"x = 1 <> 2", "bool True"},
                             {"a = [1]\nx = `a`", "str '[1]'"},
                             {"x = len('a') and ur'\\d'", "unicode '\\\\d'"},
                             {"if len('a'):\n\ty = 1\n        x = 2", "int 2"},
                             {"exec 'x = 7 / 2'", "int 3"},
                             {"d = {}\nexec 'y = 1' in d\nx = d['y']", "int 1"},
                             {"f = lambda: 1\nx = f()", "int 1"},
                             {"x = 'a\\u0041\\N{DASH}\\501' + str(1)", "str 'a\\\\u0041\\\\N{DASH}A1'"}}),
                         [](const auto& example) { return "Number" + std::to_string(example.index); });

INSTANTIATE_TEST_SUITE_P(
    Meaning, Programs,
    testing::ValuesIn(std::vector<Example>{
        {"x = 7 / 2", "int 3"},
        {"x = 7 / 2.0", "float 3.5"},
        {"x = 7\nx /= 2", "int 3"},
        {"from __future__ import division\nx = 7 / 2", "float 3.5"},
        {"x = 1.5 * 1024", "float 1536.0"},
        {"x = {'a': 1}.has_key('a') and {'a': 1}.keys()[0]", "str a"},
        {"x = [k + v for k, v in {'a': 'b'}.iteritems()]", "list (ab)"},
        {"x = map(lambda n: n * 2, range(3))", "list (0 2 4)"},
        {"x = map(None, 'ab', 'cd')", "list ((a c) (b d))"},
        {"x = filter(lambda c: c != 'b', 'abc')", "str ac"},
        {"x = reduce(lambda a, b: a + b, zip([1], [2])[0])", "int 3"},
        {"x = len('\xc3\xa9') , '\xc3\xa9'", "tuple (2 '\\xc3\\xa9')"},
        {"x = u'a' + 'b'", "unicode ab"},
        {"x = unicode('a')", "unicode a"},
        {"x = 2 ** 70", "long 'None'"},
        {"x = {}", "dict 'None'"},
        {"x = isinstance('a', basestring) and cmp(1, 2)", "int -1"},
        {"import string\nx = string.join(['a', 'b'], '-')", "str a-b"},
        {"import commands\nx = commands.getoutput('echo a; echo b')", "str 'a\\nb'"},
        {"import urllib, urllib2\nx = urllib.quote('a b') + urllib2.Request('http://h/').get_method()",
         "str 'a%20bGET'"},
        {"from StringIO import StringIO\nimport ConfigParser\nx = StringIO('a').read()", "str a"},
        {"import subprocess\nx = subprocess.Popen(['echo', 'a'], stdout=subprocess.PIPE).communicate()[0]",
         "str 'a\\n'"},
        {"def f(): return y\ny = 5\nx = f()", "int 5"},
        {"x = [a for a in [1] if [b for b in [a]]]", "list (1)"}}),
    [](const auto& example) { return "Number" + std::to_string(example.index); });

INSTANTIATE_TEST_SUITE_P(
    Namespace, Programs,
    testing::ValuesIn(std::vector<Example>{
        {"x = xm_file + str(xm_help)", "str ./f0"},
        {"x = [m.__name__ for m in (sys, os, re, socket, struct, errno)]", "list (sys os re socket struct errno)"},
        {"x = add_offset_to_ip('192.0.2.255', 1)", "str 192.0.3.0"},
        {"x = [inet_aton('0.0.1.1'), inet_ntoa(257), check_subnet('10.1.2.3', '10.0.0.0', '255.0.0.0')]",
         "list (257 0.0.1.1 1)"},
        {"x = get_current_ipaddr('lo'), get_current_ipmask('lo')", "tuple (127.0.0.1 255.0.0.0)"},
        {"x = get_current_ipaddr('none9')", "NoneType 'None'"},
        {"x = len(get_defaultroute())", "int 2"},
        {"from xen.util.ip import inet_ntoa as f\nimport xen.util.ip\nx = f(xen.util.ip.inet_aton('1.2.3.4'))",
         "str 1.2.3.4"},
        {"xm_vars.var('a', use='a number', check=lambda name, value: value or name + '!')\nxm_vars.check()\nx = a",
         "str 'a!'"},
        {"xm_vars.env['a-b'] = 'c'\nx = xm_vars.env['a-b'] + xm_vars.name", "str c./f"}}),
    [](const auto& example) { return "Number" + std::to_string(example.index); });

// In the style of the second classic example: a number from the command line, checked, in names and devices.
TEST(Python, RunsFilesWithAVmid) {
  NEEDS_PYTHON3();
  const std::string source = R"(
def vmid_check(var, val):
    val = int(val)
    if val <= 0:
        raise ValueError
    return val

xm_vars.var('vmid', use="Number of the guest, from 1.", check=vmid_check)
xm_vars.check()
x = ['vm%d' % vmid, 'phy:sda%d,sda1,w' % (7 + vmid)]
)";
  EXPECT_EQ(x_of(source, {{"vmid", "3"}}), "list (vm3 'phy:sda10,sda1,w')");
  EXPECT_THROW(x_of(source, {{"vmid", "0"}}), EvaluationError);
  try {
    x_of(source, {{"vmid", "0"}});
  } catch (const EvaluationError& e) {
    EXPECT_STREQ(e.what(), "vmid - ");
  }
}

TEST(Python, KeepsTheBytesOfScriptVariables) {
  NEEDS_PYTHON3();
  EXPECT_EQ(x_of("x = xm_vars.env['a-b'] + str(len(c))", {{"a-b", "\xe9'\n"}, {"c", ""}}), "str \"\\xe9'\\n0\"");
}

TEST(Python, FailsWithTheWordsOfTheOriginal) {
  NEEDS_PYTHON3();
  EXPECT_EQ(error_of("x = len(foo)"), "name 'foo' is not defined");
  EXPECT_EQ(error_of("x = open('/nonexistent')"), "[Errno 2] No such file or directory: '/nonexistent'");
  EXPECT_EQ(error_of("x = int('a')"), "invalid literal for int() with base 10: 'a'");
  EXPECT_EQ(error_of("x = 1 / 0"), "integer division or modulo by zero");
  EXPECT_EQ(error_of("a = 1\nfor x in y z\n"), "Errors were found at line 2 while processing ./f:\n\tfor x in y z");
  EXPECT_EQ(error_of("x = len('')\nreturn 5"), "Errors were found at line 2 while processing ./f:\n\treturn 5");
  EXPECT_EQ(error_of("sys.exit(3)"), "exit 3");
  EXPECT_EQ(error_of("sys.exit()"), "exit 0");
  EXPECT_EQ(error_of("d = {}\nd['a'] = []\nx = d['a']\nx.append(x)"), "a list is nested more than 100 deep");
}

TEST(Python, ShowsWhereAnErrorOfNoUsualKindComesFrom) {
  NEEDS_PYTHON3();
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(error_of("raise Exception, 'no device model'"), "exit 1");
  std::fflush(stdout);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              StartsWith("Unexpected error: <type 'exceptions.Exception'>\n\n"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("line 1, in <module>"));
}

TEST(Python, PrintsWhatTheFilePrintsAlsoWhenItFails) {
  NEEDS_PYTHON3();
  testing::internal::CaptureStdout();
  EXPECT_EQ(error_of("print 'a', 1\nos.system('echo b')\nprint 'c'\nx = int('')"),
            "invalid literal for int() with base 10: ''");
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "a 1\nb\nc\n");
}

TEST(Python, NeedsPython) {
  PythonRunner runner = runner_of_source_tree();
  runner.python = "";
  EXPECT_EQ(
      error_of("a = 1\nx = len('a')", runner),
      "./f, line 2: a function call needs Python, and there is no python3: install the Debian package python3, or "
      "write values only:\n\tx = len('a')");
  EXPECT_EQ(error_of("x = 1", runner), "no error");
  runner = runner_of_source_tree();
  runner.script = "/nonexistent/run";
  EXPECT_THAT(error_of("x = len('a')", runner),
              StartsWith("/nonexistent/run is needed for ./f and cannot be read: No such"));
  runner.python = runner.script = "/dev/null";
  EXPECT_THAT(error_of("x = len('a')", runner), HasSubstr("without an answer"));
}

// ---- limits ----

PythonRunner impatient() {
  PythonRunner runner = runner_of_source_tree();
  runner.time_limit = 1s;
  return runner;
}

TEST(PythonLimits, Time) {
  NEEDS_PYTHON3();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of("while 1: pass", impatient()),
            "./f was still running after 1 seconds and has been ended: it has a loop without an end, or waits for "
            "something.");
  EXPECT_THAT(
      error_of("import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)", impatient()),
      HasSubstr("still running"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 8s);
}

TEST(PythonLimits, WhatItHasStartedEndsWithIt) {
  NEEDS_PYTHON3();
  const std::string pid_file = testing::TempDir() + "/started";
  EXPECT_THAT(error_of("os.system('sleep 60 & echo $! >" + pid_file + "; wait')", impatient()),
              HasSubstr("still running"));
  pid_t pid = 0;
  std::ifstream(pid_file) >> pid;
  ASSERT_GT(pid, 0);
  for (int tries = 0; kill(pid, 0) == 0 && tries < 100; ++tries) usleep(50'000);  // until init has waited for it
  std::ifstream state("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(state), {}};
  EXPECT_TRUE(text.empty() || text.find(" Z ") != std::string::npos) << text;
}

TEST(PythonLimits, NobodyWaitsForWhatItLeavesBehind) {
  NEEDS_PYTHON3();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of("os.system('sleep 5 &')"), "no error");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
}

TEST(PythonLimits, MemoryOutputAndDepth) {
  NEEDS_PYTHON3();
  EXPECT_EQ(error_of("x = ['a' * 10 ** 9]"), "./f needs more memory than a guest file may use");
  testing::internal::CaptureStdout();
  EXPECT_EQ(error_of("while 1: print 'again and again'"), "./f prints more than 1 MiB.");
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout().size(), 1024u * 1024);
  EXPECT_EQ(error_of("x = 'a' * 5000000"), "./f sets more than 4 MiB of variables.");
  EXPECT_EQ(error_of("x = len('')" + std::string(5000, '+') + "1"),
            "Errors were found at line 1 while processing ./f:\n\tx = len('')" + std::string(489, '+') + "...");
}

TEST(PythonLimits, DiesByASignal) {
  NEEDS_PYTHON3();
  EXPECT_THAT(error_of("os.kill(os.getpid(), 11)"), HasSubstr("ended with signal 11 while it ran ./f"));
  EXPECT_THAT(error_of("os._exit(4)"), HasSubstr("ended with status 4 and without an answer"));
}

// It has run somebody's program: its answer is nothing to rely on.
TEST(PythonAnswer, IsReadStrictly) {
  for (const char* answer : {"",
                             "(",
                             "variables",
                             "(variables x)",
                             "(variables (x))",
                             "(variables (x (i)))",
                             "(variables (x (i 5x)))",
                             "(variables (x (i 99999999999999999999)))",
                             "(variables (x (f one)))",
                             "(variables (x (s a b)))",
                             "(variables (x (n n)))",
                             "(variables (x (z 1)))",
                             "(variables (x (l 5)))",
                             "(variables ((x) (i 5)))",
                             "(syntax 5)",
                             "(syntax -1 text)",
                             "(exit)",
                             "(exit now)",
                             "(exception)",
                             "(unexpected a)",
                             "(other 5)"}) {
    try {
      parse_python_answer(answer);
      ADD_FAILURE() << answer;
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(), StartsWith("run_guest_file.py gave a malformed answer")) << answer;
    }
  }
}

}  // namespace
}  // namespace xm::guest_config
