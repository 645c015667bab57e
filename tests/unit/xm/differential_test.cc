// What xm understands by itself must come out as it does with Python: the same names, types and values.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "tests/unit/xm/python_files.h"
#include "xm/guest_config/predefined.h"
#include "xm/guest_config/python_answer.h"

namespace xm::guest_config {
namespace {

std::string description(const Value& value);

std::string descriptions(const List& items) {
  std::string text;
  for (const Value& item : items) text += description(item) + " ";
  return text;
}

std::string description(const Value& value) {
  if (const List* list = value.as_list()) return "list " + descriptions(*list);
  if (const Tuple* tuple = value.as_tuple()) return "tuple " + descriptions(tuple->items);
  if (const double* d = value.as_double()) return fmt::format("float {}", *d);
  return value.type_name() + " " + value.to_sxp().text();
}

// Neither side may have a name that the other has not.
void expect_the_same(const std::string& source) {
  const Namespace own = evaluate(source, {{"vmid", "3"}});
  std::string printed;
  Namespace pythons = parse_python_answer(run_python(runner_of_source_tree(), "./f", source, {{"vmid", "3"}}, printed));
  for (const auto& [name, value] : own) {
    ASSERT_TRUE(pythons.contains(name)) << name << " in\n" << source;
    EXPECT_EQ(description(value), description(pythons[name])) << name << " in\n" << source;
    pythons.erase(name);
  }
  std::erase_if(pythons, [](const auto& variable) {
    return is_predefined(variable.first) || variable.first == "xm_file" || variable.first == "xm_help";
  });
  for (const auto& [name, value] : pythons) ADD_FAILURE() << name << " is missing in\n" << source;
}

class Snippets : public testing::TestWithParam<const char*> {};

TEST_P(Snippets, MeanTheSameToPython) {
  NEEDS_PYTHON3();
  expect_the_same(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    All, Snippets,
    testing::Values(
        // numbers
        "a = 0\nb = 00\nc = 07\nd = 0755\ne = 0o17\nf = 0xfF\ng = 0XA\nh = 0b101\ni = -5\nj = +5\nk = --5\nl = -+-5\n"
        "m = 9223372036854775807\nn = 9223372036854775808\no = 99999999999999999999999\np = 10L\nq = 0x10l\nr = 0777L",
        "a = 1.5\nb = .5\nc = 5.\nd = 1e3\ne = 1E-3\nf = 1.e+2\ng = -0.0\nh = 010.5\ni = 09.5\nj = 1e400\nk = 0.1\n"
        "l = 123456789.123456789\nm = 1e16\nn = 5e-324",
        // texts
        "a = ''\nb = \"\"\nc = 'it\\'s'\nd = \"it's\"\ne = 'say \"x\"'\nf = ''''a'b''c'''\ng = \"\"\"a\n\"b\" \"\"\"\n"
        "h = r'\\n\\''\ni = R\"\\d\"\nj = b'x'\nk = br'\\x'\nl = 'a' 'b' \"c\"\nm = ('a'\n  'b')",
        R"py(a = '\a\b\f\n\r\t\v\\\'\"'
b = '\x41\x7f\xe9\xff'
c = '\0\7\12\101\377\1011'
d = '\q\d\.\8'
e = 'a\
b'
f = '\u0041\U00000041\N{DASH}'
g = '''a\
b
c'''
h = r'a\
b'
i = '\501')py",
        "a = b'\xc3\xa9' 'x' B\"\\x41\"\nb = 'x' + br'\\\xc3\xa9' + b'\\u0041'",
        "a = 'caf\xc3\xa9' # caf\xc3\xa9\nb = '\xe9\xff\x80'\nc = 'tab\there'\nd = u'x'\ne = U'\\x41'",
        // lists, tuples, truth values
        "a = []\nb = [1]\nc = [1, 'a', [2.5, []], None, True]\nd = [ 'a', # first\n\n\t'b',\n# none\n]\ne = [(1, 2), "
        "()]\n"
        "f = ()\ng = (1)\nh = (1,)\ni = (1, 2)\nj = 1,\nk = 1, 2\nl = 1, 2,\nm = ((1))\nn = None\no = True\np = False\n"
        "q = ['a' 'b'\n'c']",
        // names and sums
        "a = 5\nb = a\nc = a + b + 1\nd = a + 0.5\ne = 'x' + vmid\nf = [1] + [] + ['a']\ng = f + f\nh = 'a' 'b' + 'c'\n"
        "i = -a\nj = -a + -b\nk = l = m = 3\nn = (a + b)\no = 1 + (2 + 3)\np = 'n' + ('a' + 'b')\nq = [a, [b + 1]]",
        "a = 9223372036854775807\nb = a + 1\nc = -9223372036854775807 + -1\nd = 0.1 + 0.2\ne = 1 + 2.5 + 3",
        // lines
        "a = 1; b = 2;\nc = \\\n  3\n\n   # blank\n\t\nd = 4 # last",
        "a = 1\r\nb = '''x\r\ny'''\r\nc = [\r\n1,\r\n]\r\n", "a = 1\rb = 2\r",
        "\xef\xbb\xbf"
        "a = 1",
        "# nothing", "", "'''What this is.'''\n5\n'a', 'b'\npass\na = 1; pass", "a = 1\na = 'x'\nb = a\na = 2",
        // the preamble
        "import os, re\nimport sys\narch = os.uname()[4]\nif re.search('64', arch):\n    arch_libdir = 'lib64'\nelse:\n"
        "    arch_libdir = 'lib'\ndevice_model = '/usr/' + arch_libdir + '/xen/bin/qemu-dm'",
        "if re.search('a', 'bab'): x = 1; y = 2\nelse: x = 3\nif re.search('', ''):\n\tz = 1\nif re.search('q', "
        "'a'):\n  pass\n"
        "else:\n  if re.search('a', 'a'):\n      w = 1\n  else:\n      w = 2\n  v = 3\nu = os.uname()[0] + "
        "os.uname()[1]",
        "if re.search(\"x\", 'y'):\n  a = 1\n# between\n\nelse:\n  # inside\n  a = 2\nb = a"),
    [](const auto& snippet) { return "Number" + std::to_string(snippet.index); });

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Differential, WorkedExamplesMeanTheSameToPython) {
  NEEDS_PYTHON3();
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(__FILE__).parent_path() / "guest_files")) {
    if (entry.path().extension() != ".cfg") continue;
    expect_the_same(text_of(entry.path()));
    ++files;
  }
  EXPECT_GE(files, 8);
}

}  // namespace
}  // namespace xm::guest_config
